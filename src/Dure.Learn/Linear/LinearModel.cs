using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Optimize.Numerics;

namespace Dure.Learn.Linear;

/// <summary>Weighted sums of a row's numbers: a number, or behind a sigmoid or softmax how probable classes are.</summary>
public sealed class LinearModel : TableModel
{
    private readonly string kind;
    private readonly LearningTask task;
    private readonly TableEncoding encoding;
    private readonly double[] intercepts;
    private readonly double[] weights;

    /// <param name="weights">For each output the weights of all places of the encoding.</param>
    internal LinearModel(string kind, LearningTask task, TableEncoding encoding, double[] intercepts, double[] weights, double penalty) =>
        (this.kind, this.task, this.encoding, this.intercepts, this.weights, Penalty) = (kind, task, encoding, intercepts, weights, penalty);

    public override string Kind => kind;

    public override LearningTask Task => task;

    public override IReadOnlyList<string> Features => encoding.Features;

    /// <summary>The penalty that was given or chosen.</summary>
    public double Penalty { get; }

    /// <summary>The weights of all outputs; those of values are per standard deviation of the column.</summary>
    public IReadOnlyList<double> Weights => weights;

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction)
    {
        Span<double> numbers = stackalloc double[encoding.Width];
        encoding.Encode(row, numbers);
        for (var output = 0; output < intercepts.Length; output++)
            prediction[output] = intercepts[output] + Vectors.Dot(numbers, weights.AsSpan(output * numbers.Length, numbers.Length));
        task.Loss().Transform(prediction);
    }

    /// <summary>Each column's terms less what they usually are: for a sum these are its Shapley values.</summary>
    public override ExactParts? Explain(ReadOnlySpan<float> row, FeatureTable usual)
    {
        var (numbers, means, one) = (new double[encoding.Width], new double[encoding.Width], new float[usual.Columns.Count]);
        for (var at = 0; at < usual.Rows; at++)
        {
            usual.CopyRow(at, one);
            encoding.Encode(one, numbers);
            for (var place = 0; place < means.Length; place++)
                means[place] += numbers[place] / usual.Rows;
        }
        encoding.Encode(row, numbers);
        var (said, parts, columns) = (intercepts.ToArray(), new double[intercepts.Length * Features.Count], encoding.ColumnOf);
        for (var output = 0; output < intercepts.Length; output++)
            for (var place = 0; place < means.Length; place++)
            {
                var weight = weights[output * means.Length + place];
                said[output] += weight * means[place];
                parts[output * Features.Count + columns[place]] += weight * (numbers[place] - means[place]);
            }
        return new(task.Loss().Scale, said, parts);
    }

    public override byte[] Write() => ModelFile.Write(task, new JsonObject
    {
        ["kind"] = kind,
        ["encoding"] = encoding.ToJson(),
        ["penalty"] = Penalty,
        ["intercepts"] = ModelFile.Numbers(intercepts),
        ["weights"] = ModelFile.Numbers(weights),
    });

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        var sums = encoding.Width == 0 ? TableEncoding.Nothing(graph, rows) // whatever a row holds, the intercepts remain
            : graph.MatMul(encoding.AddTo(graph, rows), graph.Constant<float>("weights", ByPlace(), encoding.Width, intercepts.Length));
        var scores = graph.Add(sums, graph.Constant<float>("intercepts", Array.ConvertAll(intercepts, value => (float)value), intercepts.Length));
        return task switch
        {
            { IsClassification: false } => scores,
            { Outputs: 1 } => graph.Node("Sigmoid", [scores]),
            _ => graph.Node("Softmax", [scores], [OnnxAttribute.Of("axis", 1L)]),
        };
    }

    internal static TableModel Read(string kind, ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            ModelFile.Must(model["kind"]!.GetValue<string>() == kind, "another learner made it");
            var encoding = TableEncoding.FromJson(model["encoding"]!.AsObject());
            var (intercepts, weights) = (ModelFile.Numbers(model["intercepts"]), ModelFile.Numbers(model["weights"]));
            ModelFile.Must(intercepts.Length == task.Outputs && weights.Length == task.Outputs * encoding.Width, "its weights do not fit its columns and task");
            return new LinearModel(kind, task, encoding, intercepts, weights, model["penalty"]!.GetValue<double>());
        });
    }

    private float[] ByPlace()
    {
        var turned = new float[weights.Length];
        for (var output = 0; output < intercepts.Length; output++)
            for (var place = 0; place < encoding.Width; place++)
                turned[place * intercepts.Length + output] = (float)weights[output * encoding.Width + place];
        return turned;
    }
}
