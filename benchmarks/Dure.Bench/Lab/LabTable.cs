using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Bench.Lab;

/// <summary>
/// A table of experiments that were really made, as a campaign that may only try its rows: repeats are grouped by the mean of the distinct values of a
/// setting (the rule of Liang et al. 2021), values are turned so that more is better.
/// </summary>
internal sealed class LabTable
{
    // What grew in the vials of vapdiff_crystal, from nothing to the best.
    private static readonly string[] Ranks = ["clear_solution", "fine_powder", "small_crystallites", "large_crystallites"];

    private LabTable(string name, IReadOnlyList<Factor> factors, double[][] rows, double[] values)
    {
        (Name, Rows, Values) = (name, rows, values);
        Problem = new CampaignProblem(new SearchSpace(factors, null, rows), [new Outcome("value", "1", Aim.More)]);
    }

    public string Name { get; }

    public double[][] Rows { get; }

    public double[] Values { get; }

    public CampaignProblem Problem { get; }

    /// <summary>The rows that belong to the best share, with all that equal the last of them.</summary>
    public HashSet<int> Top(double share)
    {
        var least = Values.OrderDescending().ElementAt((int)Math.Ceiling(share * Values.Length) - 1);
        return [.. Enumerable.Range(0, Values.Length).Where(row => Values[row] >= least)];
    }

    public static IEnumerable<LabTable> All(string folder) =>
        Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(file => Load(folder, Path.GetFileNameWithoutExtension(file)));

    /// <param name="isOneHot">Whether a category stands as a column of 0 and 1 for each option, as BoTorch's users put it, and one that is written as numbers remains a category.</param>
    public static LabTable Load(string folder, string name, bool isOneHot = false)
    {
        var meta = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name + ".json")))!;
        var parameters = meta["parameters"]!.AsArray();
        var inputs = parameters.Select(parameter => (string)parameter!["name"]!).ToArray();
        var goal = meta["goal"] is JsonArray several ? (string)several[0]! : (string)meta["goal"]!;
        var lines = File.ReadLines(Path.Combine(folder, name + ".csv")).Where(line => line.Length > 0).Select(line => line.Split(',')).ToArray();
        var columns = inputs.Append((string)meta["measurements"]![0]!).Select(column => Array.IndexOf(lines[0], column)).ToArray();
        var settings = lines.Skip(1).GroupBy(cells => string.Join('\t', columns[..^1].Select(column => cells[column])), StringComparer.Ordinal)
            .Select(group => (Cells: group.Key.Split('\t'), Value: group.Select(cells => Measured(cells[columns[^1]])).Distinct().Average() * (goal == "minimize" ? -1 : 1))).ToArray();
        var (factors, entries) = (new List<Factor>(), new List<double[]>());
        for (var i = 0; i < inputs.Length; i++)
            Add(inputs[i], (string)parameters[i]!["type"]! == "categorical", [.. settings.Select(setting => setting.Cells[i])], isOneHot, factors, entries);
        return new LabTable(name, factors, [.. settings.Select((_, row) => entries.Select(entry => entry[row]).ToArray())], [.. settings.Select(setting => setting.Value)]);
    }

    private static void Add(string name, bool isDeclaredCategory, string[] cells, bool isOneHot, List<Factor> factors, List<double[]> entries)
    {
        var isNumber = Array.TrueForAll(cells, cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        string[] options = [.. cells.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (isNumber && !(isOneHot && isDeclaredCategory))
        {
            var numbers = Array.ConvertAll(cells, cell => double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture));
            factors.Add(Factor.Number(name, "1", numbers.Min(), numbers.Max()));
            entries.Add(numbers);
        }
        else if (!isOneHot)
        {
            factors.Add(Factor.Choice(name, options));
            entries.Add(Array.ConvertAll(cells, cell => (double)Array.IndexOf(options, cell)));
        }
        else
            foreach (var option in options)
            {
                factors.Add(Factor.Number($"{name} {option}", "1", 0, 1));
                entries.Add(Array.ConvertAll(cells, cell => cell == option ? 1.0 : 0));
            }
    }

    private static double Measured(string cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : Array.IndexOf(Ranks, cell) is var rank and >= 0 ? rank : throw new InvalidDataException($"'{cell}' is no measured value.");
}
