using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Neural;

/// <summary>A network over a table's encoded rows.</summary>
public sealed class NeuralNetworkModel : TableModel
{
    /// <summary>Rows that one thread runs at once.</summary>
    private const int Block = 256;

    private readonly LearningTask task;
    private readonly TableEncoding encoding;
    private readonly Network network;
    private readonly ConcurrentBag<Workspace> idle = [];

    internal NeuralNetworkModel(LearningTask task, TableEncoding encoding, Network network) => (this.task, this.encoding, this.network) = (task, encoding, network);

    public override string Kind => NeuralNetworkLearner.Name;

    public override LearningTask Task => task;

    public override IReadOnlyList<string> Features => encoding.Features;

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction)
    {
        if (!idle.TryTake(out var workspace))
            workspace = new Workspace(network);
        Encode(row, workspace.Prepare(1));
        Finish(workspace.Forward(), prediction);
        idle.Add(workspace);
    }

    public override double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default)
    {
        var outputs = task.Outputs;
        var predictions = new double[(long)table.Rows * outputs];
        InParallel.For((table.Rows + Block - 1) / Block, block =>
        {
            if (!idle.TryTake(out var workspace))
                workspace = new Workspace(network);
            var (first, count) = (block * Block, Math.Min(Block, table.Rows - block * Block));
            var row = new float[table.Columns.Count];
            var inputs = workspace.Prepare(count);
            for (var i = 0; i < count; i++)
            {
                table.CopyRow(first + i, row);
                Encode(row, inputs.Slice(i * network.Input.Size, network.Input.Size));
            }
            Finish(workspace.Forward(), predictions.AsSpan(first * outputs, count * outputs));
            idle.Add(workspace);
        }, cancel, threads);
        return predictions;
    }

    private void Encode(ReadOnlySpan<float> row, Span<float> into)
    {
        Span<double> encoded = stackalloc double[encoding.Width];
        encoding.Encode(row, encoded);
        into.Clear();
        for (var i = 0; i < encoded.Length; i++)
            into[i] = (float)encoded[i];
    }

    private void Finish(ReadOnlySpan<float> outputs, Span<double> predictions)
    {
        for (var i = 0; i < outputs.Length; i++)
            predictions[i] = outputs[i];
        for (var at = 0; at < predictions.Length; at += task.Outputs)
            task.Loss().Transform(predictions.Slice(at, task.Outputs));
    }

    public override byte[] Write() => ModelFile.Write(task, new JsonObject
    {
        ["encoding"] = encoding.ToJson(),
        ["network"] = NetworkFile.Write(network),
    });

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        var numbers = encoding.Width > 0 ? encoding.AddTo(graph, rows) : Zeros(graph, rows);
        var outputs = network.AddTo(graph, numbers);
        return task switch
        {
            { IsClassification: false } => outputs,
            { Outputs: 1 } => graph.Node("Sigmoid", [outputs]),
            _ => graph.Node("Softmax", [outputs], [OnnxAttribute.Of("axis", 1L)]),
        };
    }

    /// <summary>A 0 for each row, whatever it holds: no column says anything.</summary>
    private static GraphValue Zeros(GraphBuilder graph, GraphValue rows)
    {
        var any = graph.Node("Gather", [rows, graph.Constant<long>("any_column", [0], 1)], [OnnxAttribute.Of("axis", 1L)]);
        return graph.Mul(graph.Cast(graph.IsNaN(any), OnnxType.Float), graph.Scalar("zero", 0f));
    }

    internal static TableModel Read(ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            var encoding = TableEncoding.FromJson(model["encoding"]!.AsObject());
            var network = NetworkFile.Read(model["network"]!.AsObject());
            ModelFile.Must(network.Input == Shape.Row(Math.Max(1, encoding.Width)) && network.Output == Shape.Row(task.Outputs), "its network does not fit its columns and task");
            return new NeuralNetworkModel(task, encoding, network);
        });
    }
}
