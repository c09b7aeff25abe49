using System.Globalization;
using Dure.Learn.Tables;

namespace Dure.Anchors.Learn;

/// <summary>
/// Energy of a steel works in quarter hours over the year 2018 (Sathishkumar et al. 2021, UCI 851), as a table to forecast from: what was known when
/// the forecast was made, and the calendar of the quarter hour that is asked for.
/// </summary>
internal static class SteelEnergy
{
    private const int Day = 96, Week = 7 * Day;

    /// <summary>Rows in order of time, the first weeks left out for their lags.</summary>
    /// <param name="ahead">How many quarter hours ahead is forecast; a day at most.</param>
    public static (FeatureTable Table, float[] Labels) Forecast(int ahead)
    {
        // The row of 00:00 carries the date of the day that ends: rows are in order all the same.
        var lines = File.ReadLines(Shared.Path("data/learning/steel_industry_energy/Steel_industry_data.csv")).Skip(1).Select(line => line.Split(',')).ToArray();
        float[] usage = [.. lines.Select(line => float.Parse(line[1], CultureInfo.InvariantCulture))];
        var (first, last) = (Week + Day, usage.Length);
        var rows = Enumerable.Range(first, last - first).ToArray();
        FeatureColumn column(string name, Func<int, float> of, bool isCategorical = false) => new() { Name = name, Values = [.. rows.Select(of)], IsCategorical = isCategorical };
        var columns = new List<FeatureColumn>
        {
            column("quarter", row => row % Day),
            column("weekday", row => (row + 1) / Day % 7, isCategorical: true),
            column("same quarter yesterday", row => usage[row - Day]),
            column("same quarter last week", row => usage[row - Week]),
        };
        foreach (var back in (int[])[0, 1, 2, 3, 4, 8, 12])
            columns.Add(column($"{back} before", row => usage[row - ahead - back]));
        foreach (var span in (int[])[4, 16, Day])
            columns.Add(column($"mean of {span}", row => usage.AsSpan(row - ahead - span + 1, span).ToArray().Average()));
        return (new FeatureTable(columns), [.. rows.Select(row => usage[row])]);
    }
}
