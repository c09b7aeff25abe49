using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Neural;

/// <summary>
/// A network that says something of windows of signals, or of images: see <see cref="WindowTask"/>. The same windows, options and seed give the same
/// model, byte by byte, on any number of threads, also when the training was cut off in between.
/// </summary>
public sealed class WindowNetwork
{
    private const string Format = "dure-windows-1";
    private const int Block = 128;

    private readonly Network network;
    private readonly WindowScale scale;

    internal WindowNetwork(WindowTask task, WindowShape shape, Network network, WindowScale scale, double[] limits) =>
        (Task, Shape, this.network, this.scale, Limits) = (task, shape, network, scale, limits);

    public WindowTask Task { get; }

    public WindowShape Shape { get; }

    /// <summary>Numbers of a prediction.</summary>
    public int Outputs => Task.OutputsFor(Shape);

    /// <summary>Of windows that are rebuilt, for each signal the error above which it is not healthy; else empty.</summary>
    public IReadOnlyList<double> Limits { get; }

    /// <param name="targets">For each window the numbers to forecast, the life that is left, or the class's number; empty where windows are rebuilt.</param>
    /// <param name="validation">Windows and targets by which it stops early, and of healthy ones the limits; null: the last windows.</param>
    /// <exception cref="ProblemException">The windows do not suit the task, or hold nothing to learn from.</exception>
    public static WindowNetwork Train(WindowTask task, WindowSource windows, float[] targets, (WindowSource Windows, float[] Targets)? validation, WindowTraining options, LearningContext context)
    {
        task.Check();
        options.Check();
        CheckTargets(task, windows, targets);
        var held = validation ?? HoldBack(task, ref windows, ref targets);
        if (held.Windows.Shape != windows.Shape)
            throw Bad($"The validation windows are {held.Windows.Shape}, the others {windows.Shape}.", "Give windows of one shape.");
        CheckTargets(task, held.Windows, held.Targets);
        var scale = WindowScale.Of(task, windows, targets, context.Cancel);
        var network = WindowLayers.Build(task, windows.Shape, options, context.Seed);
        // A limit must not rest on the windows by which the training stopped: of two halves one is for each.
        var half = task is WindowTask.Rebuild ? held.Windows.Count / 2 : held.Windows.Count;
        var trainer = new NetworkTrainer(network, task.Loss, new ScaledWindows(task, scale, windows, targets), new ScaledWindows(task, scale, new SomeWindows(held.Windows, 0, half), held.Targets), options.ForSeed(context.Seed), context.Threads);
        trainer.Run(context.Progress, context.Checkpoint, context.Cancel, context.Finish);
        var free = new WindowNetwork(task, windows.Shape, network, scale, []);
        return task is not WindowTask.Rebuild ? free
            : new WindowNetwork(task, windows.Shape, network, scale, free.LimitsOf(new SomeWindows(held.Windows, half, held.Windows.Count - half), options.FalseAlarms, context));
    }

    /// <summary>The predictions, window by window.</summary>
    /// <param name="threads">Threads at most; 0: one for each core.</param>
    public float[] Predict(WindowSource windows, int threads = 0, CancellationToken cancel = default)
    {
        if (windows.Shape != Shape)
            throw Bad($"The windows are {windows.Shape}; the network takes {Shape}.", "Give windows of the shape it was trained on.");
        var outputs = Outputs;
        var predictions = new float[checked(windows.Count * outputs)];
        InParallel.For((windows.Count + Block - 1) / Block, block =>
        {
            var (first, count) = (block * Block, Math.Min(Block, windows.Count - block * Block));
            var (workspace, window) = (new Workspace(network), new float[Shape.Size]);
            var inputs = workspace.Prepare(count);
            for (var i = 0; i < count; i++)
            {
                windows.Copy(first + i, window);
                scale.Scale(window, inputs.Slice(i * Shape.Size, Shape.Size));
            }
            var found = workspace.Forward();
            for (var i = 0; i < count; i++)
                Finish(found.Slice(i * network.Output.Size, network.Output.Size), inputs.Slice(i * Shape.Size, Shape.Size), predictions.AsSpan((first + i) * outputs, outputs));
        }, cancel, threads);
        return predictions;
    }

    /// <summary>Of errors of rebuilding one window the score: above 1 a signal is beyond its limit.</summary>
    public double Score(ReadOnlySpan<float> errors)
    {
        var score = 0.0;
        for (var i = 0; i < errors.Length; i++)
            score = Math.Max(score, errors[i] / Limits[i]);
        return score;
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["format"] = Format,
        ["task"] = Task.ToJson(),
        ["shape"] = new JsonArray(Shape.Channels, Shape.Length, Shape.Height),
        ["scale"] = scale.ToJson(),
        ["limits"] = ModelFile.Numbers(Limits),
        ["network"] = NetworkFile.Write(network),
    });

    /// <summary>Reads what <see cref="Write"/> gave, as a stranger's.</summary>
    /// <exception cref="ProblemException">The bytes are no model.</exception>
    public static WindowNetwork Read(ReadOnlyMemory<byte> file) => ModelFile.Checked(() =>
    {
        var whole = JsonNode.Parse(file.Span, documentOptions: new System.Text.Json.JsonDocumentOptions { MaxDepth = 32 })!.AsObject();
        ModelFile.Must(whole["format"]!.GetValue<string>() == Format, "its format is another");
        var (task, sizes) = (WindowTask.FromJson(whole["task"]!.AsObject()), whole["shape"]!.AsArray());
        task.Check();
        var shape = new WindowShape(sizes[0]!.GetValue<int>(), sizes[1]!.GetValue<int>(), sizes[2]!.GetValue<int>());
        var (network, scale, limits) = (NetworkFile.Read(whole["network"]!.AsObject()), WindowScale.FromJson(whole["scale"]!.AsObject()), ModelFile.Numbers(whole["limits"]));
        ModelFile.Must(network.Input == shape.Inside && network.Output.Size == (task is WindowTask.Rebuild ? shape.Size : task.OutputsFor(shape)), "its network does not fit its task");
        ModelFile.Must(scale.Fits(task, shape) && limits.Length == (task is WindowTask.Rebuild ? shape.Channels : 0), "its scale does not fit its task");
        return new WindowNetwork(task, shape, network, scale, limits);
    });

    /// <summary>The model as ONNX: <c>x</c> [n, channels, (height,) length] in, <c>prediction</c> [n, outputs] out.</summary>
    public OnnxModel ToOnnx(string name)
    {
        var graph = new GraphBuilder(name);
        var n = new OnnxDimension(null, "windows");
        var x = Shape.IsImage ? graph.Input("x", OnnxType.Float, n, Shape.Channels, Shape.Height, Shape.Length) : graph.Input("x", OnnxType.Float, n, Shape.Channels, Shape.Length);
        var inputs = scale.AddTo(graph, x, Shape);
        var found = network.AddTo(graph, inputs);
        if (Task is WindowTask.Rebuild)
        {
            var error = graph.Sub(found, inputs);
            found = graph.Node("ReduceMean", [graph.Mul(error, error)], [OnnxAttribute.Of("axes", (long[])[1]), OnnxAttribute.Of("keepdims", 0L)]);
        }
        var prediction = Task switch
        {
            WindowTask.Rebuild => found,
            WindowTask.Classes when Outputs == 1 => graph.Node("Sigmoid", [found]),
            WindowTask.Classes => graph.Node("Softmax", [found], [OnnxAttribute.Of("axis", 1L)]),
            WindowTask.RemainingLife life => graph.Clip(scale.Unscale(graph, found), graph.Scalar("none_left", 0f), graph.Scalar("cap", (float)life.Cap)),
            _ => scale.Unscale(graph, found),
        };
        return graph.Output("prediction", prediction, OnnxType.Float, n, Outputs).Describe("dure.learner", "windows").Build();
    }

    private void Finish(ReadOnlySpan<float> found, ReadOnlySpan<float> input, Span<float> prediction)
    {
        switch (Task)
        {
            case WindowTask.Rebuild:
                prediction.Clear();
                for (var i = 0; i < found.Length; i++)
                    prediction[i % Shape.Channels] += (found[i] - input[i]) * (found[i] - input[i]) / Shape.Length;
                break;
            case WindowTask.Classes classes:
                Span<double> scores = new double[found.Length];
                for (var i = 0; i < found.Length; i++)
                    scores[i] = found[i];
                LearningTask.Classification(classes.Names).Loss().Transform(scores);
                for (var i = 0; i < found.Length; i++)
                    prediction[i] = (float)scores[i];
                break;
            default:
                scale.Unscale(found, prediction);
                if (Task is WindowTask.RemainingLife life)
                    prediction[0] = Math.Clamp(prediction[0], 0, (float)life.Cap);
                break;
        }
    }

    /// <summary>Limits in one proportion to the signals' usual errors, so high that the share of healthy windows above any of them is as asked.</summary>
    private double[] LimitsOf(WindowSource healthy, double falseAlarms, LearningContext context)
    {
        var errors = Predict(healthy, context.Threads, context.Cancel);
        var count = errors.Length / Shape.Channels;
        double quantile(IEnumerable<double> values, double share) => values.Order().ElementAt(Math.Min(count - 1, (int)Math.Ceiling(share * (count + 1)) - 1));
        double[] usual = [.. Enumerable.Range(0, Shape.Channels).Select(channel => Math.Max(1e-12, quantile(Enumerable.Range(0, count).Select(i => (double)errors[i * Shape.Channels + channel]), 0.9)))];
        var common = quantile(Enumerable.Range(0, count).Select(i => Enumerable.Range(0, Shape.Channels).Max(channel => errors[i * Shape.Channels + channel] / usual[channel])), 1 - falseAlarms);
        return [.. usual.Select(each => each * Math.Max(1e-6, common))];
    }

    /// <summary>The last fifth (of windows that are rebuilt, three tenths), in time order; what overlaps the rest should be left out by the caller.</summary>
    private static (WindowSource Windows, float[] Targets) HoldBack(WindowTask task, ref WindowSource windows, ref float[] targets)
    {
        var kept = windows.Count - (int)(windows.Count * (task is WindowTask.Rebuild ? 0.3 : 0.2));
        if (kept < 2 || windows.Count - kept < 2)
            throw Bad($"{windows.Count} windows are too few to hold some back.", "Give more windows, or validation windows.");
        var size = targets.Length / windows.Count;
        var held = ((WindowSource)new SomeWindows(windows, kept, windows.Count - kept), targets[(kept * size)..]);
        (windows, targets) = (new SomeWindows(windows, 0, kept), targets[..(kept * size)]);
        return held;
    }

    private static void CheckTargets(WindowTask task, WindowSource windows, float[] targets)
    {
        var size = task switch { WindowTask.Rebuild => 0, WindowTask.Forecast forecast => forecast.Outputs, _ => 1 };
        if (windows.Count < 2 || (long)windows.Count * size != targets.Length)
            throw Bad($"{targets.Length} targets meet {windows.Count} windows.", $"Give two windows at least, and {size} target(s) for each.");
        foreach (var target in targets)
        {
            if (!float.IsFinite(target) || (task is WindowTask.Classes classes && (target != (int)target || target < 0 || target >= classes.Names.Count)))
                throw new ProblemException("urn:dure:learn:bad-target", $"A target is {target}.", "targets", "Give a number for each window; of classes their numbers 0, 1, …");
        }
    }

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-windows", what, "windows", mend);
}
