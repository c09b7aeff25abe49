using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>
/// Several heads of scaled dot-product attention over the positions of windows: softmax(Q K' / sqrt(d)) V, Vaswani et al. (2017), eq. 1. Takes queries,
/// keys and values, which dense layers make; <see cref="AddMultiHead"/> adds all of it.
/// </summary>
internal sealed record Attention(int Heads) : Layer
{
    private const int Shares = 0, DShares = 1;

    public override string Kind => "attention";

    /// <summary>Queries, keys and values of a window from the window itself, attention, and a dense layer behind it.</summary>
    /// <returns>The number of the last layer.</returns>
    public static int AddMultiHead(NetworkBuilder builder, int from, int heads)
    {
        var channels = builder.ShapeOf(from).Channels;
        var (queries, keys, values) = (builder.Add(new Dense(channels), from), builder.Add(new Dense(channels), from), builder.Add(new Dense(channels), from));
        return builder.Add(new Dense(channels), builder.Add(new Attention(heads), queries, keys, values));
    }

    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs.Count == 3 && inputs[0].Rank == 2 && inputs[1] == inputs[2] && inputs[0].Rank == inputs[1].Rank && inputs[0].Channels == inputs[1].Channels && Heads >= 1 && inputs[0].Channels % Heads == 0
        ? inputs[0]
        : throw Shape.Bad($"{Heads} heads do not fit queries, keys and values of {string.Join("; ", inputs)}.", Kind);

    public override unsafe void Forward(Site site)
    {
        var (queries, keys, channels) = (site.Shape.Width, site.ShapeOf(1).Width, site.Shape.Channels);
        var size = channels / Heads;
        var shares = site.Keep(Shares, site.Rows * Heads * queries * keys);
        var scale = 1 / MathF.Sqrt(size);
        for (var each = 0; each < site.Rows * Heads; each++)
        {
            var (row, head) = (each / Heads, each % Heads * size);
            var at = site.KeepAt(Shares, 0) + (long)each * queries * keys;
            var turned = site.Scratch(0).PackTurned(site.Input(1)[(row * keys * channels + head)..], channels, size, keys);
            Gemm.Multiply(Left.Rows(site.InputAt(0) + (long)row * queries * channels + head, channels, size), turned, at, keys, queries, add: false);
            for (var query = 0; query < queries; query++)
                Soften(shares.AsSpan((each * queries + query) * keys, keys), scale);
            var values = site.Scratch(1).Pack(site.Input(2)[(row * keys * channels + head)..], channels, keys, size);
            Gemm.Multiply(Left.Rows(at, keys, keys), values, site.ValueAt + (long)row * queries * channels + head, channels, queries, add: false);
        }
    }

    /// <summary>To shares that add up to 1; the largest is taken off first, so that no exponential overflows.</summary>
    private static void Soften(Span<float> scores, float scale)
    {
        var largest = float.NegativeInfinity;
        foreach (var score in scores)
            largest = MathF.Max(largest, score);
        foreach (ref var score in scores)
            score = (score - largest) * scale;
        FloatMath.Apply<Exponential>(scores, scores);
        var sum = 1 / FloatMath.Sum(scores);
        foreach (ref var score in scores)
            score *= sum;
    }

    public override unsafe void Backward(Site site)
    {
        var (queries, keys, channels) = (site.Shape.Width, site.ShapeOf(1).Width, site.Shape.Channels);
        var size = channels / Heads;
        var scale = 1 / MathF.Sqrt(size);
        var shares = site.Keep(Shares, 0);
        var scores = site.Keep(DShares, queries * keys);
        for (var input = 0; input < 3; input++)
        {
            if (site.Wants(input))
                site.InputGradient(input);
        }
        for (var each = 0; each < site.Rows * Heads; each++)
        {
            var (row, head) = (each / Heads, each % Heads * size);
            var (ofQueries, ofKeys) = ((long)row * queries * channels + head, (long)row * keys * channels + head);
            var at = site.KeepAt(Shares, 0) + (long)each * queries * keys;
            var turned = site.Scratch(0).PackTurned(site.Input(2)[(int)ofKeys..], channels, size, keys);
            Gemm.Multiply(Left.Rows(site.GradientAt + ofQueries, channels, size), turned, site.KeepAt(DShares, 0), keys, queries, add: false);
            for (var query = 0; query < queries; query++)
            {
                var share = shares.AsSpan((each * queries + query) * keys, keys);
                var score = scores.AsSpan(query * keys, keys);
                var mean = FloatMath.Dot(share, score);
                for (var i = 0; i < keys; i++)
                    score[i] = scale * share[i] * (score[i] - mean);
            }
            if (site.Wants(2))
                Gemm.Multiply(Left.Turned(at, keys, queries), site.Scratch(1).Pack(site.Gradient[(int)ofQueries..], channels, queries, size), site.ClaimGradient(2, out _) + ofKeys, channels, keys, add: true);
            if (site.Wants(0))
                Gemm.Multiply(Left.Rows(site.KeepAt(DShares, 0), keys, keys), site.Scratch(1).Pack(site.Input(1)[(int)ofKeys..], channels, keys, size), site.ClaimGradient(0, out _) + ofQueries, channels, queries, add: true);
            if (site.Wants(1))
                Gemm.Multiply(Left.Turned(site.KeepAt(DShares, 0), keys, queries), site.Scratch(1).Pack(site.Input(0)[(int)ofQueries..], channels, queries, size), site.ClaimGradient(1, out _) + ofKeys, channels, keys, add: true);
        }
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var size = site.Shape.Channels / Heads;
        GraphValue split(int input, params long[] order) => graph.Node("Transpose", [graph.Reshape(site.Inputs[input], -1, site.InputShapes[input].Width, Heads, size)], [OnnxAttribute.Of("perm", order)]);
        var scores = graph.Mul(graph.MatMul(split(0, 0, 2, 1, 3), split(1, 0, 2, 3, 1)), graph.Scalar($"{site.Name}_scale", 1 / MathF.Sqrt(size)));
        var shown = graph.MatMul(graph.Node("Softmax", [scores], [OnnxAttribute.Of("axis", -1L)]), split(2, 0, 2, 1, 3));
        return graph.Reshape(graph.Node("Transpose", [shown], [OnnxAttribute.Of("perm", [0L, 2L, 1L, 3L])]), -1, site.Shape.Width, site.Shape.Channels);
    }

    private readonly struct Exponential : IFunction
    {
        public static System.Runtime.Intrinsics.Vector256<float> Of(System.Runtime.Intrinsics.Vector256<float> x) => FloatMath.Exp(x);

        public static System.Runtime.Intrinsics.Vector256<float> Slope(System.Runtime.Intrinsics.Vector256<float> x, System.Runtime.Intrinsics.Vector256<float> y) => y;
    }
}
