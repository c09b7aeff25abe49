using System.Numerics;

namespace Dure.Edge.Onnx;

/// <summary>MatMul, Gemm and the Scaler of ai.onnx.ml.</summary>
internal static class Linear
{
    public static Step MatMul(NodeSetup node) => (from, to) =>
    {
        var (a, b) = (from[0]!, from[1]!);
        if (a.Rank == 0 || b.Rank == 0 || a.Type != b.Type)
            throw node.Bad($"It multiplies {a.Type} {a.Shape} with {b.Type} {b.Shape}.");
        var (rows, inner) = (a.Rank == 1 ? 1 : a.Dims[^2], a.Dims[^1]);
        var (innerOfB, columns) = (b.Rank == 1 ? b.Dims[0] : b.Dims[^2], b.Rank == 1 ? 1 : b.Dims[^1]);
        if (inner != innerOfB)
            throw node.Bad($"It multiplies {a.Shape} with {b.Shape}.");
        var plan = Batches(node, a, b, to, rows, columns);
        node.Charge((long)to.Count * Math.Max(1, inner));
        switch (a.Type)
        {
            case OnnxType.Double: Each<double>(a, b, to, plan, rows, inner, columns); break;
            case OnnxType.Float: Each<float>(a, b, to, plan, rows, inner, columns); break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }
    };

    /// <summary>What stands before the last two dimensions: one side may have it, or both the same.</summary>
    private static (int Count, int StepA, int StepB) Batches(NodeSetup node, Slot a, Slot b, Slot to, int rows, int columns)
    {
        var batchA = a.Dims[..Math.Max(0, a.Rank - 2)];
        var batchB = b.Dims[..Math.Max(0, b.Rank - 2)];
        if (batchA.Length > 0 && batchB.Length > 0 && !batchA.SequenceEqual(batchB))
            throw node.Unsupported($"It multiplies stacks of different shapes, {a.Shape} and {b.Shape}.");
        var batch = batchA.Length > 0 ? batchA : batchB;
        Span<int> shape = stackalloc int[OnnxSession.MaxRank];
        batch.CopyTo(shape);
        var rank = batch.Length;
        if (a.Rank > 1)
            shape[rank++] = rows;
        if (b.Rank > 1)
            shape[rank++] = columns;
        var count = 1;
        foreach (var dim in batch)
            count *= dim;
        to.Resize(a.Type, shape[..rank]);
        return (count, batchA.Length > 0 ? a.Count / Math.Max(1, count) : 0, batchB.Length > 0 ? b.Count / Math.Max(1, count) : 0);
    }

    private static void Each<T>(Slot a, Slot b, Slot to, (int Count, int StepA, int StepB) plan, int rows, int inner, int columns) where T : unmanaged, INumber<T>
    {
        for (var i = 0; i < plan.Count; i++)
        {
            var left = a.As<T>().Slice(i * plan.StepA, rows * inner);
            var right = b.As<T>().Slice(i * plan.StepB, inner * columns);
            Multiply<T>(left, right, to.As<T>().Slice(i * rows * columns, rows * columns), rows, inner, columns);
        }
    }

    /// <summary>Row by row, so that both the right side and the result are read in the order in which they lie.</summary>
    private static void Multiply<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> to, int rows, int inner, int columns) where T : INumber<T>
    {
        to.Clear();
        for (var row = 0; row < rows; row++)
        {
            var target = to.Slice(row * columns, columns);
            for (var k = 0; k < inner; k++)
            {
                var factor = a[row * inner + k];
                var source = b.Slice(k * columns, columns);
                for (var column = 0; column < source.Length; column++)
                    target[column] += factor * source[column];
            }
        }
    }

    public static Step Gemm(NodeSetup node)
    {
        var (alpha, beta) = (node.Float("alpha", 1), node.Float("beta", 1));
        var (turnA, turnB) = (node.Int("transA", 0) != 0, node.Int("transB", 0) != 0);
        return (from, to) =>
        {
            var (a, b, c) = (from[0]!, from[1]!, from.Length > 2 ? from[2] : null);
            if (a.Rank != 2 || b.Rank != 2 || a.Type != b.Type || (c is not null && c.Type != a.Type))
                throw node.Bad($"It multiplies {a.Type} {a.Shape} with {b.Type} {b.Shape}.");
            var (rows, inner) = turnA ? (a.Dims[1], a.Dims[0]) : (a.Dims[0], a.Dims[1]);
            var (innerOfB, columns) = turnB ? (b.Dims[1], b.Dims[0]) : (b.Dims[0], b.Dims[1]);
            if (inner != innerOfB)
                throw node.Bad($"It multiplies {a.Shape} with {b.Shape}, of which {(turnA ? "the first" : turnB ? "the second" : "none")} is turned.");
            to.Resize(a.Type, rows, columns);
            node.Charge((long)to.Count * Math.Max(1, inner));
            Span<int> stepsC = stackalloc int[2];
            if (c is not null)
            {
                Span<int> shape = [rows, columns];
                if (c.Rank > 2)
                    throw node.Bad($"Shape {c.Shape} of '{c.Name}' does not fit {to.Shape}.");
                Broadcast.Join(node, c, shape, first: false);
                if (shape[0] != rows || shape[1] != columns)
                    throw node.Bad($"Shape {c.Shape} of '{c.Name}' does not fit {to.Shape}.");
                Broadcast.Strides(c, shape, stepsC);
            }
            var (left, right) = (turnA ? (1, rows) : (inner, 1), turnB ? (1, inner) : (columns, 1));
            switch (a.Type)
            {
                case OnnxType.Double: Run<double>(a, b, c, to, inner, left, right, (stepsC[0], stepsC[1]), alpha, beta); break;
                case OnnxType.Float: Run<float>(a, b, c, to, inner, left, right, (stepsC[0], stepsC[1]), alpha, beta); break;
                default: throw node.Unsupported($"It does not take {a.Type}.");
            }
        };
    }

    private static void Run<T>(Slot a, Slot b, Slot? c, Slot to, int inner, (int Row, int Column) left, (int Row, int Column) right, (int Row, int Column) third, float alpha, float beta)
        where T : unmanaged, INumber<T>
    {
        var x = a.As<T>();
        var y = b.As<T>();
        var z = c is null ? default : c.As<T>();
        var target = to.As<T>();
        var (scale, share) = (T.CreateTruncating(alpha), T.CreateTruncating(beta));
        var columns = to.Dims[1];
        for (var i = 0; i < target.Length; i++)
        {
            var (row, column) = (i / columns, i % columns);
            var sum = T.Zero;
            for (var k = 0; k < inner; k++)
                sum += x[row * left.Row + k * left.Column] * y[k * right.Row + column * right.Column];
            target[i] = scale * sum + (z.IsEmpty ? T.Zero : share * z[row * third.Row + column * third.Column]);
        }
    }

    /// <summary>(x - offset) * scale in float, per column or with one pair for all.</summary>
    public static Step Scaler(NodeSetup node)
    {
        var (offset, scale) = (node.Floats("offset") ?? [0f], node.Floats("scale") ?? [1f]);
        if (offset.Length != scale.Length || offset.Length == 0)
            throw node.Malformed($"It has {offset.Length} offsets and {scale.Length} scales.");
        var numbers = new Slot("scaled", node.Budget);
        return (from, to) =>
        {
            Conversion.Convert(node, from[0]!, numbers, OnnxType.Float);
            if (offset.Length > 1 && (numbers.Rank == 0 || numbers.Dims[^1] != offset.Length))
                throw node.Bad($"It scales {offset.Length} columns; the rows are {numbers.Shape}.");
            var source = numbers.As<float>();
            var target = to.Resize(OnnxType.Float, numbers.Dims).As<float>();
            for (var i = 0; i < target.Length; i++)
                target[i] = (source[i] - offset[i % offset.Length]) * scale[i % offset.Length];
        };
    }
}
