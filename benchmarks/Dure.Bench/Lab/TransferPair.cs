using System.Globalization;
using Dure.Optimize.Surrogates;

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

/// <summary>Rows that were really tried, coded alike on both sides of a pair; repeats are grouped by the mean of the distinct values.</summary>
internal sealed record TransferRows(TrialTable Points, double[] Values)
{
    /// <summary>What a row of the top hundredth reaches.</summary>
    public double Bar => Values.OrderDescending().ElementAt((int)Math.Ceiling(0.01 * Values.Length) - 1);
}

/// <summary>An earlier campaign's rows and a new one's, over the same inputs.</summary>
internal sealed record TransferPair(string Name, TransferRows Earlier, TransferRows New)
{
    public static TransferPair Load(string folder, TransferSide earlier, TransferSide now)
    {
        var sides = new[] { earlier, now }.Select(side => Read(folder, side)).ToArray();
        var inputs = sides[0].Inputs;
        var (isCode, codes) = (new bool[inputs.Length], new Func<string, double>[inputs.Length]);
        for (var i = 0; i < inputs.Length; i++)
        {
            var at = i;
            string[] levels = [.. sides.SelectMany(side => side.Rows).Select(row => row.Cells[at]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            isCode[i] = !Array.TrueForAll(levels, level => double.TryParse(level, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
            if (isCode[i])
                codes[i] = cell => Array.IndexOf(levels, cell);
            else
            {
                var numbers = Array.ConvertAll(levels, Number);
                var (low, high) = (numbers.Min(), numbers.Max());
                codes[i] = cell => high > low ? (Number(cell) - low) / (high - low) : 0;
            }
        }
        var coding = new PointCoding([.. Enumerable.Range(0, inputs.Length)], isCode);
        return new TransferPair($"{earlier} -> {now}", Coded(sides[0].Rows, coding, codes), Coded(sides[1].Rows, coding, codes));
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

    private static TransferRows Coded((string[] Cells, double Value)[] rows, PointCoding coding, Func<string, double>[] codes)
    {
        var points = new TrialTable(coding, rows.Length);
        foreach (var (cells, _) in rows)
            points.Add([.. cells.Select((cell, i) => codes[i](cell))]);
        return new TransferRows(points, [.. rows.Select(row => row.Value)]);
    }

    private static double Number(string cell) => double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
