using System.Text.Json.Nodes;
using Dure.Edge.Onnx;

namespace Dure.Learn.Calibration;

/// <summary>
/// A band of its own for each equal part of what may be predicted, so that the promise is kept near each of them and not only on the whole: a machine near its
/// end is told better than one that is hardly worn (Mondrian by the prediction; Vovk et al. 2005, ch. 4.5).
/// </summary>
/// <param name="Most">Predictions lie between 0 and this.</param>
/// <param name="Bands">From the smallest predictions to the largest; all of them known.</param>
public sealed record BandsByPrediction(double Most, IReadOnlyList<SplitConformal> Bands)
{
    private const int MostBands = 100;

    /// <summary>Each group counts as one in each band (<see cref="SplitConformal.OfGroups"/>). A band that too few groups come by has that of all.</summary>
    /// <param name="scores">Residuals without sign of rows that were not learnt from.</param>
    /// <param name="groups">For each score the group of its row.</param>
    /// <param name="all">The band of all rows; known.</param>
    internal static BandsByPrediction OfGroups(double[] scores, double[] predictions, int[] groups, double most, int bands, SplitConformal all)
    {
        var rows = Enumerable.Range(0, scores.Length).ToLookup(row => PartOf(predictions[row], most, bands));
        return new(most, [.. Enumerable.Range(0, bands).Select(band => SplitConformal.OfGroups([.. rows[band].Select(row => scores[row])], [.. rows[band].Select(row => groups[row])], all.Level) is { IsKnown: true } own ? own : all)]);
    }

    /// <summary>How far the true value is from a prediction at most.</summary>
    public double RadiusAt(double prediction) => Bands[PartOf(prediction, Most, Bands.Count)].Radius;

    /// <summary>Adds the distance of <see cref="RadiusAt"/> to a graph.</summary>
    /// <param name="prediction">[n, 1] of floats.</param>
    public GraphValue AddTo(GraphBuilder graph, GraphValue prediction)
    {
        GraphValue scalar(double value) => graph.Scalar(graph.Fresh("band"), (float)value);
        var radius = scalar(Bands[^1].Radius);
        for (var band = Bands.Count - 2; band >= 0; band--)
            radius = graph.Where(graph.Node("Less", [prediction, scalar(Most * (band + 1) / Bands.Count)]), scalar(Bands[band].Radius), radius);
        return radius;
    }

    public JsonObject ToJson() => new() { ["most"] = Most, ["bands"] = new JsonArray([.. Bands.Select(band => band.ToJson())]) };

    /// <exception cref="Dure.Kernel.ProblemException">It is not of this form.</exception>
    public static BandsByPrediction Read(JsonObject text) => Learners.ModelFile.Checked(() =>
    {
        var read = new BandsByPrediction(text["most"]!.GetValue<double>(), [.. text["bands"]!.AsArray().Take(MostBands + 1).Select(band => SplitConformal.Read(band!.AsObject()))]);
        Learners.ModelFile.Must(read is { Most: > 0, Bands.Count: > 0 and <= MostBands } && double.IsFinite(read.Most) && read.Bands.All(band => band.IsKnown), "its bands make no sense");
        return read;
    });

    private static int PartOf(double prediction, double most, int parts) => Math.Clamp((int)(prediction / most * parts), 0, parts - 1);
}
