using System.Globalization;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Bench.Lab;

/// <summary>One outcome over a table's rows, those with one level of one input, or all.</summary>
/// <param name="Table">The file's name.</param>
/// <param name="Split">An input of which only one level's rows are taken, and which is then no input any more; null: all rows.</param>
/// <param name="Level">The number of that level, in ascending order.</param>
/// <param name="Sign">1 where more is better, -1 where less is.</param>
internal readonly record struct TransferSide(string Table, string Outcome, int Sign = 1, string? Split = null, int Level = 0)
{
    public override string ToString() => Split is null ? $"{Table} {Outcome}" : $"{Table} {Split}#{Level}";
}

/// <summary>Rows that were really tried, as a space of candidates with the same factors on both sides of a pair; repeats are grouped by the mean of the distinct values.</summary>
internal sealed class TransferRows(IReadOnlyList<Factor> factors, double[][] points, double[] values)
{
    private readonly Dictionary<double[], int> rowOf = points.Select((point, row) => (point, row)).ToDictionary(each => each.point, each => each.row, new SamePoint());

    public double[][] Points => points;

    public double[] Values => values;

    public CampaignProblem Problem { get; } = new(new SearchSpace(factors, null, points), [new Outcome("value", "1", Aim.More)]);

    /// <summary>What a row of the top hundredth reaches.</summary>
    public double Bar => values.OrderDescending().ElementAt((int)Math.Ceiling(0.01 * values.Length) - 1);

    /// <summary>What comes of a trial.</summary>
    public CampaignTrial Made(Suggestion suggestion) => suggestion.AsTrial() with { State = TrialState.Measured, Values = [values[RowOf(suggestion.Point)]] };

    public int RowOf(double[] point) => rowOf[point];

    private sealed class SamePoint : IEqualityComparer<double[]>
    {
        public bool Equals(double[]? one, double[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode(double[] point) => point.Aggregate(17, (hash, number) => unchecked(31 * hash + number.GetHashCode()));
    }
}

/// <summary>An earlier campaign's rows and a new one's, over the same inputs.</summary>
internal sealed record TransferPair(string Name, TransferRows Earlier, TransferRows New)
{
    public static TransferPair Load(string folder, TransferSide earlier, TransferSide now)
    {
        var sides = new[] { earlier, now }.Select(side => Read(folder, side)).ToArray();
        var inputs = sides[0].Inputs;
        var (factors, codes) = (new Factor[inputs.Length], new Func<string, double>[inputs.Length]);
        for (var i = 0; i < inputs.Length; i++)
        {
            var at = i;
            string[] levels = [.. sides.SelectMany(side => side.Rows).Select(row => row.Cells[at]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            if (Array.TrueForAll(levels, level => double.TryParse(level, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
                (factors[i], codes[i]) = (Factor.Number(inputs[i], "1", levels.Min(Number), levels.Max(Number)), Number);
            else
                (factors[i], codes[i]) = (Factor.Choice(inputs[i], levels), cell => Array.IndexOf(levels, cell));
        }
        return new TransferPair($"{earlier} -> {now}", Coded(sides[0].Rows, factors, codes), Coded(sides[1].Rows, factors, codes));
    }

    private static (string[] Inputs, (string[] Cells, double Value)[] Rows) Read(string folder, TransferSide side)
    {
        var lines = File.ReadLines(Path.Combine(folder, side.Table + ".csv")).Where(line => line.Length > 0).Select(line => line.Split(',')).ToArray();
        var head = lines[0];
        var rows = lines.AsEnumerable().Skip(1);
        var split = side.Split is null ? -1 : Array.IndexOf(head, side.Split);
        if (split >= 0)
        {
            string[] levels = [.. rows.Select(row => row[split]).Distinct(StringComparer.Ordinal).OrderBy(level => double.TryParse(level, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0).ThenBy(level => level, StringComparer.Ordinal)];
            rows = rows.Where(row => row[split] == levels[side.Level]);
        }
        var outcomes = Outcomes(folder, side.Table);
        int[] inputs = [.. Enumerable.Range(0, head.Length).Where(column => column != split && !outcomes.Contains(head[column]))];
        var value = Array.IndexOf(head, side.Outcome);
        return ([.. inputs.Select(column => head[column])], [.. rows.GroupBy(row => string.Join('\t', inputs.Select(column => row[column])), StringComparer.Ordinal)
            .Select(group => (group.Key.Split('\t'), side.Sign * group.Select(row => Number(row[value])).Distinct().Average()))]);
    }

    private static HashSet<string> Outcomes(string folder, string table) =>
        [.. System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(folder, table + ".json")))!["measurements"]!.AsArray().Select(name => (string)name!)];

    private static TransferRows Coded((string[] Cells, double Value)[] rows, Factor[] factors, Func<string, double>[] codes) =>
        new(factors, Array.ConvertAll(rows, row => row.Cells.Select((cell, i) => codes[i](cell)).ToArray()), Array.ConvertAll(rows, row => row.Value));

    private static double Number(string cell) => double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
