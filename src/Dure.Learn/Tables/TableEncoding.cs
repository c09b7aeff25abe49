using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Tables;

/// <summary>
/// A table's rows as numbers that a weighted sum or a distance can use: values less their mean over their spread, missing ones as the mean with
/// a mark beside it, and a 0 or 1 for each category. What says nothing (a constant, a column without values) has no place; a category that was
/// never seen is none of the known ones. First stand all values, then all marks, then the categories column by column.
/// </summary>
internal sealed class TableEncoding
{
    /// <summary>Places of a row at most.</summary>
    public const int MostWidth = 2048;

    /// <summary>Categories of a column at most, the most frequent; the others count as never seen.</summary>
    public const int MostCategories = 256;

    private readonly Number[] numbers;
    private readonly int[] marks;
    private readonly Category[] categories;

    private TableEncoding(IReadOnlyList<string> features, Number[] numbers, int[] marks, Category[] categories)
    {
        (Features, this.numbers, this.marks, this.categories) = (features, numbers, marks, categories);
        Width = numbers.Length + marks.Length + categories.Sum(category => category.Codes.Length);
    }

    /// <summary>A column of numbers; mean and factor are floats, so that an export computes with the very same.</summary>
    private readonly record struct Number(int Column, float Mean, float Factor);

    /// <summary>A column of categories and the codes that have a place, rising.</summary>
    private readonly record struct Category(int Column, float[] Codes);

    public IReadOnlyList<string> Features { get; }

    /// <summary>Numbers that a row becomes; 0 when no column says anything.</summary>
    public int Width { get; }

    /// <summary>How many of them, the first ones, are values with mean 0 and spread 1.</summary>
    public int Numbers => numbers.Length;

    /// <summary>The column behind each place of a row's numbers.</summary>
    public int[] ColumnOf => [.. numbers.Select(number => number.Column), .. marks, .. categories.SelectMany(category => category.Codes.Select(_ => category.Column))];

    /// <param name="weights">What each row counts; null: all alike.</param>
    /// <exception cref="ProblemException">The rows would become wider than <see cref="MostWidth"/>.</exception>
    public static TableEncoding Of(FeatureTable table, float[]? weights)
    {
        var (numbers, marks, categories) = (new List<Number>(), new List<int>(), new List<Category>());
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            var missing = column.Values.Count(float.IsNaN);
            if (missing > 0 && missing < table.Rows)
                marks.Add(i);
            if (column.IsCategorical)
                categories.Add(new Category(i, Codes(column.Values)));
            else if (Scale(column.Values, weights) is { } scale)
                numbers.Add(new Number(i, scale.Mean, scale.Factor));
        }
        var made = new TableEncoding([.. table.Columns.Select(column => column.Name)], [.. numbers], [.. marks], [.. categories.Where(category => category.Codes.Length > 1)]);
        return made.Width <= MostWidth ? made : throw new ProblemException("urn:dure:learn:too-wide", $"Its columns and their categories become {made.Width} numbers a row.", "the table", $"Leave out columns, or join categories, until there are at most {MostWidth}; or use boosted trees.");
    }

    /// <summary>A row as numbers.</summary>
    /// <param name="into">As many as <see cref="Width"/>.</param>
    public void Encode(ReadOnlySpan<float> row, Span<double> into)
    {
        var at = 0;
        foreach (ref readonly var number in numbers.AsSpan())
            into[at++] = float.IsNaN(row[number.Column]) ? 0 : ((double)row[number.Column] - number.Mean) * number.Factor;
        foreach (var column in marks)
            into[at++] = float.IsNaN(row[column]) ? 1 : 0;
        foreach (ref readonly var category in categories.AsSpan())
            foreach (var code in category.Codes)
                into[at++] = row[category.Column] == code ? 1 : 0;
    }

    /// <summary>Some rows of a table as numbers, row by row, each <paramref name="stride"/> apart.</summary>
    public void Encode(FeatureTable table, int first, int count, Span<double> into, int stride)
    {
        var row = new float[table.Columns.Count];
        for (var i = 0; i < count; i++)
        {
            table.CopyRow(first + i, row);
            Encode(row, into.Slice(i * stride, Width));
        }
    }

    public JsonObject ToJson() => new()
    {
        ["features"] = new JsonArray([.. Features.Select(name => JsonValue.Create(name))]),
        ["numbers"] = new JsonArray([.. numbers.Select(number => (JsonNode)new JsonArray(number.Column, (double)number.Mean, (double)number.Factor))]),
        ["marks"] = new JsonArray([.. marks.Select(column => JsonValue.Create(column))]),
        ["categories"] = new JsonArray([.. categories.Select(category => (JsonNode)new JsonArray([JsonValue.Create(category.Column), .. category.Codes.Select(code => JsonValue.Create((int)code))]))]),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote, as a stranger's.</summary>
    public static TableEncoding FromJson(JsonObject file)
    {
        string[] features = [.. file["features"]!.AsArray().Select(name => name!.GetValue<string>())];
        ModelFile.Must(features.Length is > 0 and <= FeatureTable.MaxColumns, "it has no columns, or too many");
        int column(JsonNode? node) => node!.GetValue<int>() is var number && number >= 0 && number < features.Length ? number : throw new FormatException("no such column");
        Number[] numbers = [.. file["numbers"]!.AsArray().Select(each => new Number(column(each![0]), (float)each[1]!.GetValue<double>(), (float)each[2]!.GetValue<double>()))];
        ModelFile.Must(numbers.All(number => float.IsFinite(number.Mean) && float.IsFinite(number.Factor)), "a scale is no number");
        int[] marks = [.. file["marks"]!.AsArray().Select(column)];
        Category[] categories = [.. file["categories"]!.AsArray().Select(each => new Category(column(each![0]), [.. each.AsArray().Skip(1).Select(code => (float)code!.GetValue<int>())]))];
        var made = new TableEncoding(features, numbers, marks, categories);
        ModelFile.Must(made.Width <= MostWidth, "its rows are too wide");
        return made;
    }

    /// <summary>Adds the encoding to a graph.</summary>
    /// <param name="rows">[n, columns] of floats.</param>
    /// <returns>[n, <see cref="Width"/>] of floats. There must be a place at least.</returns>
    public GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        var parts = new List<GraphValue>();
        GraphValue columns(string name, IEnumerable<int> which) =>
            graph.Node("Gather", [rows, graph.Constant<long>(name, [.. which.Select(column => (long)column)], which.Count())], [OnnxAttribute.Of("axis", 1L)]);
        if (numbers.Length > 0)
        {
            var values = columns("number_columns", numbers.Select(number => number.Column));
            var means = graph.Constant<float>("means", [.. numbers.Select(number => number.Mean)], numbers.Length);
            var present = graph.Where(graph.IsNaN(values), means, values);
            parts.Add(graph.Mul(graph.Sub(present, means), graph.Constant<float>("factors", [.. numbers.Select(number => number.Factor)], numbers.Length)));
        }
        if (marks.Length > 0)
            parts.Add(graph.Cast(graph.IsNaN(columns("mark_columns", marks)), OnnxType.Float));
        foreach (var category in categories)
        {
            var codes = graph.Constant<float>($"codes_{category.Column}", category.Codes, 1, category.Codes.Length);
            parts.Add(graph.Cast(graph.Node("Equal", [columns($"category_column_{category.Column}", [category.Column]), codes]), OnnxType.Float));
        }
        return parts.Count == 1 ? parts[0] : graph.Node("Concat", [.. parts], [OnnxAttribute.Of("axis", 1L)]);
    }

    /// <summary>A 0 for each row: what stands for a table that says nothing.</summary>
    /// <returns>[n, 1] of floats.</returns>
    public static GraphValue Nothing(GraphBuilder graph, GraphValue rows)
    {
        var any = graph.Node("Gather", [rows, graph.Constant<long>("any_column", [0], 1)], [OnnxAttribute.Of("axis", 1L)]);
        return graph.Mul(graph.Cast(graph.IsNaN(any), OnnxType.Float), graph.Scalar("nothing", 0f));
    }

    private static float[] Codes(float[] values)
    {
        var counts = new Dictionary<float, int>();
        foreach (var value in values)
            if (!float.IsNaN(value))
                counts[value] = counts.GetValueOrDefault(value) + 1;
        return [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(MostCategories).Select(pair => pair.Key).Order()];
    }

    /// <summary>Mean and 1 / standard deviation of what is there; null where all values are alike.</summary>
    private static (float Mean, float Factor)? Scale(float[] values, float[]? weights)
    {
        var (weight, sum, low, high) = (0.0, 0.0, float.PositiveInfinity, float.NegativeInfinity);
        for (var row = 0; row < values.Length; row++)
        {
            if (float.IsNaN(values[row]))
                continue;
            var counts = weights?[row] ?? 1;
            (weight, sum) = (weight + counts, sum + counts * (double)values[row]);
            (low, high) = (Math.Min(low, values[row]), Math.Max(high, values[row]));
        }
        if (!(low < high))
            return null;
        var (mean, squares) = (sum / weight, 0.0);
        for (var row = 0; row < values.Length; row++)
            if (!float.IsNaN(values[row]))
                squares += (weights?[row] ?? 1) * ((double)values[row] - mean) * ((double)values[row] - mean);
        var factor = (float)(1 / Math.Sqrt(squares / weight));
        return float.IsFinite(factor) ? ((float)mean, factor) : null;
    }
}
