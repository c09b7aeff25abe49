using System.Numerics;

namespace Dure.Edge.Onnx;

/// <summary>numpy's rule: shapes are aligned at their ends, and a dimension of 1 is repeated as often as the other needs.</summary>
internal static class Broadcast
{
    public static void Resize(NodeSetup node, Slot to, OnnxType type, Slot a, Slot b)
    {
        Span<int> shape = stackalloc int[Math.Max(a.Rank, b.Rank)];
        Join(node, a, shape, first: true);
        Join(node, b, shape, first: false);
        to.Resize(type, shape);
        node.Charge(to.Count);
    }

    public static void Join(NodeSetup node, Slot value, Span<int> shape, bool first)
    {
        if (first)
            shape.Fill(1);
        var shift = shape.Length - value.Rank;
        for (var i = 0; i < value.Rank; i++)
        {
            var (mine, sofar) = (value.Dims[i], shape[shift + i]);
            if (mine != sofar && mine != 1 && sofar != 1)
                throw node.Bad($"Shape {value.Shape} of '{value.Name}' does not fit [{string.Join(',', shape.ToArray())}].");
            shape[shift + i] = sofar == 1 ? mine : sofar;
        }
    }

    /// <summary>Steps through <paramref name="value"/> per dimension of <paramref name="shape"/>; 0 where it is repeated.</summary>
    public static void Strides(Slot value, ReadOnlySpan<int> shape, Span<int> strides)
    {
        var step = 1;
        var shift = shape.Length - value.Rank;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var dim = i < shift ? 1 : value.Dims[i - shift];
            strides[i] = dim == 1 ? 0 : step;
            step *= dim;
        }
    }

    public static void Each<TOp, T>(Slot a, Slot b, Slot to) where TOp : IBinary where T : unmanaged, INumber<T>
    {
        var left = a.As<T>();
        var right = b.As<T>();
        var target = to.As<T>();
        if (left.Length == target.Length && right.Length == target.Length)
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = TOp.Of(left[i], right[i]);
        }
        else if (left.Length == target.Length && right.Length == 1)
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = TOp.Of(left[i], right[0]);
        }
        else
        {
            var walk = new Walk(to.Dims, a, b, stackalloc int[OnnxSession.MaxRank * 3]);
            for (var i = 0; i < target.Length; i++, walk.Next())
                target[i] = TOp.Of(left[walk.A], right[walk.B]);
        }
    }

    public static void Each<TA, TB, TOut>(Slot a, Slot b, Slot to, Func<TA, TB, TOut> apply) where TA : unmanaged where TB : unmanaged where TOut : unmanaged
    {
        var left = a.As<TA>();
        var right = b.As<TB>();
        var target = to.As<TOut>();
        var walk = new Walk(to.Dims, a, b, stackalloc int[OnnxSession.MaxRank * 3]);
        for (var i = 0; i < target.Length; i++, walk.Next())
            target[i] = apply(left[walk.A], right[walk.B]);
    }

    /// <summary>The places in two broadcast values that belong to one place of the result, in row-major order.</summary>
    private ref struct Walk
    {
        private readonly ReadOnlySpan<int> shape;
        private readonly Span<int> at, stepsA, stepsB;

        public Walk(ReadOnlySpan<int> shape, Slot a, Slot b, Span<int> scratch)
        {
            this.shape = shape;
            at = scratch[..shape.Length];
            stepsA = scratch.Slice(OnnxSession.MaxRank, shape.Length);
            stepsB = scratch.Slice(2 * OnnxSession.MaxRank, shape.Length);
            at.Clear();
            Strides(a, shape, stepsA);
            Strides(b, shape, stepsB);
        }

        public int A { get; private set; }
        public int B { get; private set; }

        public void Next()
        {
            for (var i = shape.Length - 1; i >= 0; i--)
            {
                A += stepsA[i];
                B += stepsB[i];
                if (++at[i] < shape[i])
                    return;
                A -= stepsA[i] * shape[i];
                B -= stepsB[i] * shape[i];
                at[i] = 0;
            }
        }
    }
}
