using System.Numerics;

namespace Dure.Edge.Onnx;

internal enum ReductionKind
{
    Sum,
    Mean,
    Max,
}

/// <summary>ReduceSum, ReduceMean, ReduceMax and Softmax.</summary>
internal static class Reduction
{
    /// <summary>The axes come as an attribute or, from newer exporters, as a second input; none at all means all of them.</summary>
    public static Step Reduce(NodeSetup node, ReductionKind kind)
    {
        var keep = node.Int("keepdims", 1) != 0;
        var noneIsNone = node.Int("noop_with_empty_axes", 0) != 0;
        var fixedAxes = node.Ints("axes");
        return (from, to) =>
        {
            var a = from[0]!;
            Span<bool> isReduced = stackalloc bool[a.Rank];
            isReduced.Clear();
            var axes = from.Length > 1 && from[1] is { } given ? given.As<long>() : fixedAxes;
            foreach (var axis in axes)
                isReduced[node.Axis(axis, a.Rank)] = true;
            if (axes.IsEmpty && !noneIsNone)
                isReduced.Fill(true);
            node.Charge(a.Count);
            switch (a.Type)
            {
                case OnnxType.Double: Run<double>(node, kind, a, to, isReduced, keep); break;
                case OnnxType.Float: Run<float>(node, kind, a, to, isReduced, keep); break;
                case OnnxType.Int64: Run<long>(node, kind, a, to, isReduced, keep); break;
                default: throw node.Unsupported($"It does not take {a.Type}.");
            }
        };
    }

    private static void Run<T>(NodeSetup node, ReductionKind kind, Slot a, Slot to, ReadOnlySpan<bool> isReduced, bool keep)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        Span<int> shape = stackalloc int[a.Rank];
        Span<int> steps = stackalloc int[a.Rank]; // of the result, per dimension of the input
        var (rank, step) = (0, 1);
        for (var i = a.Rank - 1; i >= 0; i--)
        {
            steps[i] = isReduced[i] ? 0 : step;
            step *= isReduced[i] ? 1 : a.Dims[i];
        }
        for (var i = 0; i < a.Rank; i++)
        {
            if (!isReduced[i] || keep)
                shape[rank++] = isReduced[i] ? 1 : a.Dims[i];
        }
        var target = to.Resize(a.Type, shape[..rank]).As<T>();
        if (kind != ReductionKind.Sum && a.Count == 0 && target.Length > 0)
            throw node.Bad("It reduces an empty value.");
        target.Fill(kind == ReductionKind.Max ? Lowest<T>() : T.Zero);
        Accumulate(kind, a, target, steps);
        if (kind == ReductionKind.Mean && target.Length > 0)
        {
            var count = T.CreateTruncating(a.Count / target.Length);
            foreach (ref var value in target)
                value /= count;
        }
    }

    private static void Accumulate<T>(ReductionKind kind, Slot a, Span<T> target, ReadOnlySpan<int> steps) where T : unmanaged, INumber<T>
    {
        var source = a.As<T>();
        Span<int> at = stackalloc int[a.Rank];
        at.Clear();
        var place = 0;
        for (var i = 0; i < source.Length; i++)
        {
            target[place] = kind == ReductionKind.Max ? T.Max(target[place], source[i]) : target[place] + source[i];
            for (var d = a.Rank - 1; d >= 0; d--)
            {
                place += steps[d];
                if (++at[d] < a.Dims[d])
                    break;
                place -= steps[d] * a.Dims[d];
                at[d] = 0;
            }
        }
    }

    private static T Lowest<T>() where T : INumber<T>, IMinMaxValue<T> =>
        typeof(T) == typeof(double) ? T.CreateTruncating(double.NegativeInfinity)
        : typeof(T) == typeof(float) ? T.CreateTruncating(float.NegativeInfinity)
        : T.MinValue;

    /// <summary>Along one axis, shifted by the largest element so that no exponential overflows.</summary>
    public static Step Softmax(NodeSetup node)
    {
        var axis = node.Int("axis", -1);
        return (from, to) =>
        {
            var a = from[0]!;
            node.Charge(2L * a.Count);
            to.Resize(a.Type, a.Dims);
            switch (a.Type)
            {
                case OnnxType.Double: Soften<double>(a, to, node.Axis(axis, a.Rank)); break;
                case OnnxType.Float: Soften<float>(a, to, node.Axis(axis, a.Rank)); break;
                default: throw node.Unsupported($"It does not take {a.Type}.");
            }
        };
    }

    private static void Soften<T>(Slot a, Slot to, int axis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var source = a.As<T>();
        var target = to.As<T>();
        var (length, inner) = (a.Dims[axis], 1);
        foreach (var dim in a.Dims[(axis + 1)..])
            inner *= dim;
        if (source.IsEmpty)
            return;
        for (var start = 0; start < source.Length; start += start % inner == inner - 1 ? (length - 1) * inner + 1 : 1)
        {
            var (largest, sum) = (T.NegativeInfinity, T.Zero);
            for (var i = 0; i < length; i++)
                largest = T.Max(largest, source[start + i * inner]);
            for (var i = 0; i < length; i++)
                sum += target[start + i * inner] = T.Exp(source[start + i * inner] - largest);
            for (var i = 0; i < length; i++)
                target[start + i * inner] /= sum;
        }
    }
}
