using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>
/// A band of its own for each group, such as a product or a machine, so that the promise holds for each of them and not only on the whole (Vovk et
/// al. 2005, ch. 4.5). A group with too few rows, or one never seen, has the band of all.
/// </summary>
/// <param name="All">The band of all rows.</param>
/// <param name="Groups">The bands of groups with rows enough.</param>
public sealed record MondrianBands(ConformalBand All, IReadOnlyDictionary<string, ConformalBand> Groups)
{
    private const int MostGroups = 100_000;

    /// <param name="groups">The group of each row.</param>
    public static MondrianBands Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions, IReadOnlyList<string> groups, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(groups.Count, truth.Length);
        var (known, all) = (truth.ToArray(), predictions.ToArray());
        var bands = new Dictionary<string, ConformalBand>(StringComparer.Ordinal);
        foreach (var group in Enumerable.Range(0, groups.Count).GroupBy(row => groups[row], StringComparer.Ordinal))
        {
            var band = ConformalBand.Of([.. group.Select(row => known[row])], [.. group.Select(row => all[row])], level);
            if (band.Split.IsKnown)
                bands[group.Key] = band;
        }
        return new MondrianBands(ConformalBand.Of(truth, predictions, level), bands);
    }

    public PredictionInterval Around(double prediction, string group) => (Groups.TryGetValue(group, out var own) ? own : All).Around(prediction);

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["all"] = All.Split.ToJson(),
        ["groups"] = new JsonObject(Groups.Select(group => KeyValuePair.Create(group.Key, (JsonNode?)group.Value.Split.ToJson()))),
    });

    /// <exception cref="ProblemException">The bytes are no bands.</exception>
    public static MondrianBands Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var groups = text["groups"]!.AsObject();
            ModelFile.Must(groups.Count <= MostGroups, "it has too many groups");
            return new MondrianBands(Band(text["all"]), groups.ToDictionary(group => group.Key, group => Band(group.Value), StringComparer.Ordinal));
        });
    }

    private static ConformalBand Band(JsonNode? split) => new(BandShape.Constant, SplitConformal.Read(split!.AsObject()), 0);
}
