using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Drift;

/// <summary>
/// How the rows were that a model learnt from: each column's distribution, and a few whole rows for what columns do together. Stored with the
/// model; references of parts merge into that of all.
/// </summary>
public sealed class DriftReference
{
    public const int MostRows = 500;

    private readonly List<(ulong Key, float[] Row)> sample;

    private DriftReference(ColumnReference[] columns, List<(ulong, float[])> sample) => (Columns, this.sample) = (columns, sample);

    public IReadOnlyList<ColumnReference> Columns { get; }

    /// <summary>Some of the rows, drawn by chance.</summary>
    public IReadOnlyList<float[]> Rows => [.. sample.Select(pair => pair.Row)];

    /// <summary>Those rows as a table: how rows usually are.</summary>
    public FeatureTable Usual => new([.. Columns.Select((column, i) => new FeatureColumn { Name = column.Name, IsCategorical = column.IsCategorical, Values = [.. sample.Select(pair => pair.Row[i])] })]);

    public static DriftReference Of(FeatureTable table, int seed = 0)
    {
        var columns = table.Columns.Select(column => ColumnReference.Of(column, seed)).ToArray();
        // The rows with the lowest keys: so two samples merge into a sample of both.
        var random = new Random(seed);
        var keys = Enumerable.Range(0, table.Rows).Select(row => (Key: (ulong)random.NextInt64(), Row: row)).OrderBy(pair => pair.Key).Take(MostRows);
        return new(columns, [.. keys.Select(pair =>
        {
            var row = new float[columns.Length];
            table.CopyRow(pair.Row, row);
            return (pair.Key, row);
        })]);
    }

    /// <summary>The reference of both; parts are to be given different seeds.</summary>
    /// <exception cref="ProblemException">They are of different columns.</exception>
    public void Merge(DriftReference other)
    {
        if (other.Columns.Count != Columns.Count)
            throw DriftProblem.Of($"One has {Columns.Count} columns, the other {other.Columns.Count}.", "drift reference", "Merge references of the same columns in the same order.");
        for (var i = 0; i < Columns.Count; i++)
            Columns[i].Merge(other.Columns[i]);
        var both = sample.Concat(other.sample).OrderBy(pair => pair.Key).Take(MostRows).ToList();
        sample.Clear();
        sample.AddRange(both);
    }

    /// <summary>The same reference gives the same bytes.</summary>
    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["columns"] = new JsonArray([.. Columns.Select(column => (JsonNode)column.ToJson())]),
        ["rows"] = new JsonArray([.. sample.Select(pair => (JsonNode)new JsonArray([JsonValue.Create(pair.Key.ToString("x16", System.Globalization.CultureInfo.InvariantCulture)), .. pair.Row.Select(value => float.IsNaN(value) ? null : JsonValue.Create(value))]))]),
    });

    /// <exception cref="ProblemException">The bytes are no reference.</exception>
    public static DriftReference Read(ReadOnlyMemory<byte> file) => ModelFile.Checked(() =>
    {
        var text = JsonNode.Parse(file.Span)!.AsObject();
        ColumnReference[] columns = [.. text["columns"]!.AsArray().Select(column => ColumnReference.Read(column!.AsObject()))];
        var rows = text["rows"]!.AsArray().Select(row => row!.AsArray()).ToList();
        ModelFile.Must(columns.Length is > 0 and <= FeatureTable.MaxColumns && rows.Count is > 0 and <= MostRows && rows.TrueForAll(row => row.Count == columns.Length + 1), "its rows do not fit its columns");
        return new DriftReference(columns, rows.ConvertAll(row => (ulong.Parse(row[0]!.GetValue<string>(), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture), row.Skip(1).Select(value => value?.GetValue<float>() ?? float.NaN).ToArray())));
    });
}
