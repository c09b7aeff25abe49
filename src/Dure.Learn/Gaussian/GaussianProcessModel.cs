using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Optimize.Gaussian;

namespace Dure.Learn.Gaussian;

/// <summary>A Gaussian process over a table's rows. Its prediction is the mean; <see cref="At"/> says how sure it is.</summary>
public sealed class GaussianProcessModel : TableModel
{
    private const int MostCentres = 3000;

    private readonly TableEncoding encoding;
    private readonly GaussianProcess process;

    internal GaussianProcessModel(TableEncoding encoding, GaussianProcess process) => (this.encoding, this.process) = (encoding, process);

    public override string Kind => GaussianProcessLearner.Name;

    public override LearningTask Task => LearningTask.Regression;

    public override IReadOnlyList<string> Features => encoding.Features;

    public GaussianProcess Process => process;

    /// <summary>The row as the process has it.</summary>
    private double[] Encoded(ReadOnlySpan<float> row)
    {
        var point = new double[process.State.Lengths.Length];
        encoding.Encode(row, point);
        return point;
    }

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction) => prediction[0] = process.Mean(Encoded(row));

    /// <summary>Mean and variance of the label without noise; what is measured has <see cref="GaussianProcess.Noise"/> besides.</summary>
    public Belief At(ReadOnlySpan<float> row) => process.At(Encoded(row));

    public override byte[] Write()
    {
        var state = process.State;
        return ModelFile.Write(Task, new JsonObject
        {
            ["encoding"] = encoding.ToJson(),
            ["covariance"] = state.Covariance == Covariance.Rbf ? "rbf" : "matern52",
            ["lengths"] = ModelFile.Numbers(state.Lengths),
            ["scales"] = ModelFile.Numbers([state.Deviation, state.Noise, state.Offset, state.Scale]),
            ["centres"] = ModelFile.Numbers(state.Centres),
            ["weights"] = ModelFile.Numbers(state.Weights),
            ["precisions"] = state.Precisions is null ? null : ModelFile.Numbers(state.Precisions),
            ["correction"] = state.Correction is null ? null : ModelFile.Numbers(state.Correction),
        });
    }

    internal static TableModel Read(ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            ModelFile.Must(!task.IsClassification, "it is for classes");
            var encoding = TableEncoding.FromJson(model["encoding"]!.AsObject());
            double[]? optional(string name) => model[name] is { } list ? ModelFile.Numbers(list) : null;
            var (lengths, scales, centres, weights) = (ModelFile.Numbers(model["lengths"]), ModelFile.Numbers(model["scales"]), ModelFile.Numbers(model["centres"]), ModelFile.Numbers(model["weights"]));
            var (precisions, correction) = (optional("precisions"), optional("correction"));
            ModelFile.Must(lengths.Length == Math.Max(1, encoding.Width) && lengths.All(length => length > 0), "its lengths do not fit its columns");
            ModelFile.Must(scales.Length == 4 && scales[0] > 0 && scales[1] > 0 && scales[3] > 0, "its scales make no sense");
            ModelFile.Must(weights.Length is > 0 and <= MostCentres && centres.Length == weights.Length * lengths.Length, "its centres and weights differ in number");
            ModelFile.Must(precisions is null || (precisions.Length == weights.Length && precisions.All(precision => precision > 0)), "its rows' precisions make no sense");
            ModelFile.Must(correction is null || correction.Length == weights.Length * weights.Length, "its correction does not fit its centres");
            var state = new GaussianState(GaussianProcessLearner.KindOf(model["covariance"]!.GetValue<string>()), lengths, scales[0], scales[1], scales[2], scales[3], centres, weights, precisions, correction);
            return new GaussianProcessModel(encoding, new GaussianProcess(state));
        });
    }

    /// <summary>Correlations with all centres and their weighted sum, in doubles: weights are large and of both signs.</summary>
    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        var state = process.State;
        var (count, width) = (state.Weights.Length, state.Lengths.Length);
        // Squared distances are |a|² + |b|² - 2 a·b, in lengths.
        var inverse = Array.ConvertAll(state.Lengths, length => 1 / length);
        var (turned, squares) = (new double[width * count], new double[count]);
        for (var i = 0; i < count; i++)
            for (var j = 0; j < width; j++)
            {
                turned[j * count + i] = state.Centres[i * width + j] * inverse[j];
                squares[i] += turned[j * count + i] * turned[j * count + i];
            }
        var encoded = encoding.Width > 0 ? encoding.AddTo(graph, rows) : TableEncoding.Nothing(graph, rows);
        var scaled = graph.Mul(graph.Cast(encoded, OnnxType.Double), graph.Constant<double>("inverse_lengths", inverse, width));
        var own = graph.ReduceSum(graph.Mul(scaled, scaled), [1]);
        var products = graph.Mul(graph.MatMul(scaled, graph.Constant<double>("centres", turned, width, count)), graph.Scalar("minus_two", -2.0));
        var distances = graph.Node("Max", [graph.Add(graph.Add(products, own), graph.Constant<double>("centre_squares", squares, count)), graph.Scalar("zero_distance", 0.0)]);
        var sum = graph.MatMul(Correlations(graph, distances), graph.Constant<double>("weights", [.. state.Weights.Select(weight => weight * state.Scale)], count, 1));
        return graph.Cast(graph.Add(sum, graph.Scalar("offset", state.Offset)), OnnxType.Float);
    }

    private GraphValue Correlations(GraphBuilder graph, GraphValue distances)
    {
        if (process.State.Covariance == Covariance.Rbf)
            return graph.Node("Exp", [graph.Mul(distances, graph.Scalar("minus_half", -0.5))]);
        var s = graph.Node("Sqrt", [graph.Mul(distances, graph.Scalar("five", 5.0))]);
        var polynomial = graph.Add(graph.Add(s, graph.Scalar("one", 1.0)), graph.Mul(graph.Mul(s, s), graph.Scalar("third", 1.0 / 3)));
        return graph.Mul(polynomial, graph.Node("Exp", [graph.Node("Neg", [s])]));
    }
}
