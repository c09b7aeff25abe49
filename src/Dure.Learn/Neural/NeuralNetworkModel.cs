using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Neural;

/// <summary>A network over a table's encoded rows, or over windows of them.</summary>
public sealed class NeuralNetworkModel : TableModel
{
    /// <summary>Rows that one thread runs at once.</summary>
    private const int Block = 256;

    private readonly LearningTask task;
    private readonly string[] features;
    private readonly TableEncoding encoding;
    private readonly Network network;
    private readonly ConcurrentBag<Workspace> idle = [];

    /// <param name="encoding">Of each row of a window.</param>
    internal NeuralNetworkModel(string kind, LearningTask task, string[] features, TableEncoding encoding, Network network) =>
        (Kind, this.task, this.features, this.encoding, this.network) = (kind, task, features, encoding, network);

    public override string Kind { get; }

    public override LearningTask Task => task;

    public override IReadOnlyList<string> Features => features;

    /// <summary>Rows that each row holds; 1: itself.</summary>
    private int Window => features.Length / encoding.Features.Count;

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction)
    {
        if (!idle.TryTake(out var workspace))
            workspace = new Workspace(network);
        NetworkOfRows.Encode(encoding, row, workspace.Prepare(1));
        Finish(workspace.Forward(), prediction);
        idle.Add(workspace);
    }

    public override double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default)
    {
        var outputs = task.Outputs;
        var predictions = new double[(long)table.Rows * outputs];
        var most = Math.Max(1, Block / Window);
        InParallel.For((table.Rows + most - 1) / most, block =>
        {
            if (!idle.TryTake(out var workspace))
                workspace = new Workspace(network);
            var (first, count) = (block * most, Math.Min(most, table.Rows - block * most));
            var row = new float[table.Columns.Count];
            var inputs = workspace.Prepare(count);
            for (var i = 0; i < count; i++)
            {
                table.CopyRow(first + i, row);
                NetworkOfRows.Encode(encoding, row, inputs.Slice(i * network.Input.Size, network.Input.Size));
            }
            Finish(workspace.Forward(), predictions.AsSpan(first * outputs, count * outputs));
            idle.Add(workspace);
        }, cancel, threads);
        return predictions;
    }

    private void Finish(ReadOnlySpan<float> outputs, Span<double> predictions)
    {
        for (var i = 0; i < outputs.Length; i++)
            predictions[i] = outputs[i];
        for (var at = 0; at < predictions.Length; at += task.Outputs)
            task.Loss().Transform(predictions.Slice(at, task.Outputs));
    }

    public override byte[] Write()
    {
        var file = new JsonObject { ["encoding"] = encoding.ToJson(), ["network"] = NetworkFile.Write(network) };
        if (Window > 1)
            file["features"] = new JsonArray([.. features.Select(name => JsonValue.Create(name))]);
        return ModelFile.Write(task, file);
    }

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        // [n, columns of all rows of the window] to [n x window, columns], and as numbers to [n, window, numbers].
        var single = Window == 1 ? rows : graph.Reshape(rows, -1, encoding.Features.Count);
        var numbers = encoding.Width > 0 ? encoding.AddTo(graph, single) : TableEncoding.Nothing(graph, single);
        var outputs = network.AddTo(graph, network.Input.Rank == 1 ? numbers : graph.Reshape(numbers, [-1, .. network.Input.Dims]));
        return task switch
        {
            { IsClassification: false } => outputs,
            { Outputs: 1 } => graph.Node("Sigmoid", [outputs]),
            _ => graph.Node("Softmax", [outputs], [OnnxAttribute.Of("axis", 1L)]),
        };
    }

    internal static TableModel Read(string kind, ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            var encoding = TableEncoding.FromJson(model["encoding"]!.AsObject());
            var network = NetworkFile.Read(model["network"]!.AsObject());
            string[] features = model["features"] is JsonArray names ? [.. names.Select(name => name!.GetValue<string>())] : [.. encoding.Features];
            ModelFile.Must(features.Length % encoding.Features.Count == 0 && features.Length <= FeatureTable.MaxColumns, "its columns are no windows of those it encodes");
            var (window, width) = (features.Length / encoding.Features.Count, Math.Max(1, encoding.Width));
            ModelFile.Must(network.Input == (network.Input.Rank == 1 && window == 1 ? Shape.Row(width) : Shape.Window(window, width)) && network.Output == Shape.Row(task.Outputs), "its network does not fit its columns and task");
            return new NeuralNetworkModel(kind, task, features, encoding, network);
        });
    }
}
