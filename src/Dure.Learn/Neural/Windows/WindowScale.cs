using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Neural;

/// <summary>What windows and targets are brought to mean 0 and spread 1 by; a missing value becomes the mean.</summary>
internal sealed class WindowScale(float[] means, float[] factors, float[] targetMeans, float[] targetSpreads)
{
    /// <exception cref="ProblemException">No signal changes, or a value is infinite.</exception>
    public static WindowScale Of(WindowTask task, WindowSource windows, float[] targets, CancellationToken cancel)
    {
        var (channels, window) = (windows.Shape.Channels, new float[windows.Shape.Size]);
        var (counts, sums, squares) = (new long[channels], new double[channels], new double[channels]);
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < windows.Count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                windows.Copy(i, window);
                for (var at = 0; at < window.Length; at++)
                {
                    var (channel, value) = (at / (window.Length / channels), window[at]);
                    if (float.IsInfinity(value))
                        throw new ProblemException("urn:dure:learn:bad-windows", $"Window {i} holds an infinite value.", $"channel {channel}", "Leave it out, or mark it missing (NaN).");
                    if (float.IsNaN(value))
                        continue;
                    if (pass == 0)
                        (counts[channel], sums[channel]) = (counts[channel] + 1, sums[channel] + value);
                    else
                        squares[channel] += Math.Pow(value - sums[channel] / counts[channel], 2);
                }
            }
        }
        var means = new float[channels];
        var factors = new float[channels];
        for (var channel = 0; channel < channels; channel++)
        {
            means[channel] = counts[channel] > 0 ? (float)(sums[channel] / counts[channel]) : 0;
            var spread = counts[channel] > 0 ? Math.Sqrt(squares[channel] / counts[channel]) : 0;
            factors[channel] = spread > 1e-7 * Math.Abs(means[channel]) && float.IsFinite((float)(1 / spread)) ? (float)(1 / spread) : 0; // what never changes says nothing
        }
        if (Array.TrueForAll(factors, factor => factor == 0))
            throw new ProblemException("urn:dure:learn:bad-windows", "No signal changes in any window.", "windows", "Give signals that move.");
        return task switch
        {
            WindowTask.Forecast forecast => OfTargets(means, factors, targets, forecast.Outputs),
            WindowTask.RemainingLife life => new WindowScale(means, factors, [(float)(life.Cap / 2)], [(float)(life.Cap / 2)]),
            _ => new WindowScale(means, factors, [], []),
        };
    }

    private static WindowScale OfTargets(float[] means, float[] factors, float[] targets, int outputs)
    {
        var (targetMeans, spreads) = (new float[outputs], new float[outputs]);
        for (var output = 0; output < outputs; output++)
        {
            var each = Enumerable.Range(0, targets.Length / outputs).Select(i => (double)targets[i * outputs + output]);
            var mean = each.Average();
            var spread = Math.Sqrt(each.Average(target => (target - mean) * (target - mean)));
            (targetMeans[output], spreads[output]) = ((float)mean, spread > 1e-7 * Math.Abs(mean) ? (float)spread : 1);
        }
        return new WindowScale(means, factors, targetMeans, spreads);
    }

    /// <summary>From [channels, positions] to scaled [positions, channels].</summary>
    public void Scale(ReadOnlySpan<float> window, Span<float> into)
    {
        var (channels, positions) = (means.Length, window.Length / means.Length);
        for (var channel = 0; channel < channels; channel++)
            for (var at = 0; at < positions; at++)
                into[at * channels + channel] = window[channel * positions + at] is var value && float.IsNaN(value) ? 0 : (value - means[channel]) * factors[channel];
    }

    /// <summary>The target of an example, as the network is to give it.</summary>
    public void ScaleTarget(WindowTask task, ReadOnlySpan<float> target, Span<float> into)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var value = task is WindowTask.RemainingLife life ? Math.Clamp(target[i], 0, (float)life.Cap) : target[i];
            into[i] = targetMeans.Length == 0 ? value : (value - targetMeans[i]) / targetSpreads[i];
        }
    }

    public void Unscale(ReadOnlySpan<float> found, Span<float> into)
    {
        for (var i = 0; i < found.Length; i++)
            into[i] = found[i] * targetSpreads[i] + targetMeans[i];
    }

    public GraphValue Unscale(GraphBuilder graph, GraphValue found) => graph.Add(
        graph.Mul(found, graph.Constant<float>("target_spreads", targetSpreads, targetSpreads.Length)), graph.Constant<float>("target_means", targetMeans, targetMeans.Length));

    /// <summary>From [n, channels, …] to scaled [n, …, channels].</summary>
    public GraphValue AddTo(GraphBuilder graph, GraphValue x, WindowShape shape)
    {
        var last = graph.Node("Transpose", [x], [OnnxAttribute.Of("perm", (long[])(shape.IsImage ? [0, 2, 3, 1] : [0, 2, 1]))]);
        var mean = graph.Constant<float>("means", means, means.Length);
        var present = graph.Where(graph.IsNaN(last), mean, last);
        return graph.Mul(graph.Sub(present, mean), graph.Constant<float>("factors", factors, factors.Length));
    }

    public bool Fits(WindowTask task, WindowShape shape) => means.Length == shape.Channels && factors.Length == shape.Channels && targetMeans.Length == targetSpreads.Length
        && targetMeans.Length == (task is WindowTask.Forecast or WindowTask.RemainingLife ? task.OutputsFor(shape) : 0);

    public JsonObject ToJson()
    {
        JsonArray list(float[] values) => ModelFile.Numbers(values.Select(value => (double)value));
        return new() { ["means"] = list(means), ["factors"] = list(factors), ["targetMeans"] = list(targetMeans), ["targetSpreads"] = list(targetSpreads) };
    }

    public static WindowScale FromJson(JsonObject text)
    {
        float[] list(string name) => Array.ConvertAll(ModelFile.Numbers(text[name]), value => (float)value is var number && float.IsFinite(number) ? number : throw new FormatException("too large"));
        return new WindowScale(list("means"), list("factors"), list("targetMeans"), list("targetSpreads"));
    }
}

/// <summary>Windows as a network is trained on them.</summary>
internal sealed class ScaledWindows(WindowTask task, WindowScale scale, WindowSource windows, float[] targets) : ExampleSet
{
    [ThreadStatic]
    private static float[]? room;

    private readonly int size = task is WindowTask.Rebuild ? 0 : targets.Length / Math.Max(1, windows.Count);

    public override int Count => windows.Count;

    public override float Copy(int example, Span<float> input, Span<float> target)
    {
        if (room is null || room.Length < windows.Shape.Size)
            room = new float[windows.Shape.Size];
        var window = room.AsSpan(0, windows.Shape.Size);
        windows.Copy(example, window);
        scale.Scale(window, input);
        if (size == 0)
            input.CopyTo(target);
        else
            scale.ScaleTarget(task, targets.AsSpan(example * size, size), target);
        return 1;
    }
}
