namespace Dure.Edge.Onnx;

/// <summary>Operators that move elements or rename shapes; they work on bytes and so on every type.</summary>
internal static class Rearrange
{
    public static Step Constant(NodeSetup node)
    {
        var value = new Slot("constant", node.Budget);
        value.Load(node.Tensor("value")
            ?? (node.Floats("value_floats") is { } floats ? OnnxTensor.Of<float>("value", floats, floats.Length) : null)
            ?? (node.Ints("value_ints") is { } ints ? OnnxTensor.Of<long>("value", ints, ints.Length) : null)
            ?? throw node.Unsupported("It has neither a tensor nor a list of numbers."));
        return (_, to) => Elementwise.Copy(value, to);
    }

    /// <summary>A dimension 0 stays as it is, one -1 takes what is left.</summary>
    public static Step Reshape(NodeSetup node)
    {
        var zeroIsZero = node.Int("allowzero", 0) != 0;
        return (from, to) =>
        {
            var a = from[0]!;
            var wanted = from[1]!.As<long>();
            if (wanted.Length > OnnxSession.MaxRank)
                throw node.Bad($"It asks for {wanted.Length} dimensions.");
            Span<int> shape = stackalloc int[wanted.Length];
            var (known, open) = (1L, -1);
            for (var i = 0; i < shape.Length; i++)
            {
                var dim = wanted[i] == 0 && !zeroIsZero ? (i < a.Rank ? a.Dims[i] : -2) : wanted[i];
                if (dim < -1 || dim > a.Count || (dim == -1 && open >= 0))
                    throw node.Bad($"{a.Shape} cannot become [{string.Join(',', wanted.ToArray())}].");
                if (dim == -1)
                    open = i;
                else
                    known = Math.Min(known * dim, int.MaxValue);
                shape[i] = (int)dim;
            }
            if (open >= 0)
                shape[open] = known == 0 ? 0 : (int)(a.Count / known);
            if ((open >= 0 ? known * shape[open] : known) != a.Count)
                throw node.Bad($"{a.Shape} cannot become [{string.Join(',', wanted.ToArray())}].");
            Rename(node, a, to, shape);
        };
    }

    public static Step Squeeze(NodeSetup node) => (from, to) =>
    {
        var a = from[0]!;
        Span<bool> goes = stackalloc bool[a.Rank];
        for (var i = 0; i < a.Rank; i++)
            goes[i] = from.Length < 2 && a.Dims[i] == 1;
        foreach (var axis in from.Length > 1 && from[1] is { } axes ? axes.As<long>() : [])
        {
            var at = node.Axis(axis, a.Rank);
            goes[at] = a.Dims[at] == 1 ? true : throw node.Bad($"Dimension {at} of {a.Shape} is not 1.");
        }
        Span<int> shape = stackalloc int[a.Rank];
        var rank = 0;
        for (var i = 0; i < a.Rank; i++)
        {
            if (!goes[i])
                shape[rank++] = a.Dims[i];
        }
        Rename(node, a, to, shape[..rank]);
    };

    public static Step Unsqueeze(NodeSetup node) => (from, to) =>
    {
        var a = from[0]!;
        var axes = from[1]!.As<long>();
        if (a.Rank + axes.Length > OnnxSession.MaxRank)
            throw node.Bad($"It would have {a.Rank + axes.Length} dimensions.");
        Span<int> shape = stackalloc int[a.Rank + axes.Length];
        shape.Clear();
        foreach (var axis in axes)
        {
            ref var dim = ref shape[node.Axis(axis, shape.Length)];
            dim = dim == 0 ? -1 : throw node.Bad($"Axis {axis} stands twice.");
        }
        var next = 0;
        foreach (ref var dim in shape)
            dim = dim == -1 ? 1 : a.Dims[next++];
        Rename(node, a, to, shape);
    };

    public static Step Transpose(NodeSetup node)
    {
        var order = node.Ints("perm");
        return (from, to) =>
        {
            var a = from[0]!;
            if (order is not null && (order.Length != a.Rank || !order.Order().SequenceEqual(Enumerable.Range(0, a.Rank).Select(i => (long)i))))
                throw node.Bad($"Order [{string.Join(',', order)}] is not one of the {a.Rank} dimensions of {a.Shape}.");
            node.Charge(a.Count);
            Span<int> shape = stackalloc int[a.Rank];
            Span<int> own = stackalloc int[a.Rank];
            Span<int> steps = stackalloc int[a.Rank];
            Span<int> at = stackalloc int[a.Rank];
            var step = 1;
            for (var i = a.Rank - 1; i >= 0; step *= a.Dims[i--])
                own[i] = step;
            for (var i = 0; i < a.Rank; i++)
            {
                var source = order is null ? a.Rank - 1 - i : (int)order[i];
                (shape[i], steps[i], at[i]) = (a.Dims[source], own[source], 0);
            }
            to.Resize(a.Type, shape);
            var (size, place) = (a.Type.Size(), 0);
            for (var i = 0; i < to.Count; i++)
            {
                a.Bytes.Slice(place * size, size).CopyTo(to.Bytes[(i * size)..]);
                for (var d = shape.Length - 1; d >= 0; d--)
                {
                    place += steps[d];
                    if (++at[d] < shape[d])
                        break;
                    place -= steps[d] * shape[d];
                    at[d] = 0;
                }
            }
        };
    }

    public static Step Concat(NodeSetup node)
    {
        var given = node.Int("axis", long.MinValue);
        return (from, to) =>
        {
            var first = from[0]!;
            var axis = node.Axis(given, first.Rank);
            Span<int> shape = stackalloc int[first.Rank];
            first.Dims.CopyTo(shape);
            shape[axis] = 0;
            foreach (var part in from)
            {
                var fits = part!.Rank == first.Rank && part.Type == first.Type && part.Dims[..axis].SequenceEqual(first.Dims[..axis])
                    && part.Dims[(axis + 1)..].SequenceEqual(first.Dims[(axis + 1)..]);
                shape[axis] = fits ? (int)Math.Min((long)shape[axis] + part.Dims[axis], int.MaxValue) : throw node.Bad($"{first.Shape} and {part.Shape} do not join along axis {axis}.");
            }
            to.Resize(first.Type, shape);
            node.Charge(to.Count);
            var rows = 1;
            foreach (var dim in shape[..axis])
                rows *= dim;
            var target = to.Bytes;
            var place = 0;
            for (var row = 0; row < rows; row++)
            {
                foreach (var part in from)
                {
                    var length = part!.Bytes.Length / rows;
                    part.Bytes.Slice(row * length, length).CopyTo(target[place..]);
                    place += length;
                }
            }
        };
    }

    public static Step Gather(NodeSetup node)
    {
        var given = node.Int("axis", 0);
        return (from, to) =>
        {
            var a = from[0]!;
            var indices = from[1]!.As<long>();
            var axis = node.Axis(given, a.Rank);
            if (a.Rank - 1 + from[1]!.Rank > OnnxSession.MaxRank)
                throw node.Bad($"It would have {a.Rank - 1 + from[1]!.Rank} dimensions.");
            Span<int> shape = [.. a.Dims[..axis], .. from[1]!.Dims, .. a.Dims[(axis + 1)..]];
            to.Resize(a.Type, shape);
            node.Charge(to.Count);
            if (to.Count == 0)
                return;
            var (length, rows) = (a.Dims[axis], 1);
            foreach (var dim in a.Dims[..axis])
                rows *= dim;
            var target = to.Bytes;
            var place = 0;
            var piece = a.Bytes.Length / (rows * length);
            for (var row = 0; row < rows; row++)
            {
                foreach (var index in indices)
                {
                    var at = index < 0 ? index + length : index;
                    if (at < 0 || at >= length)
                        throw node.Bad($"Index {index} lies outside the {length} elements of axis {axis}.");
                    a.Bytes.Slice((row * length + (int)at) * piece, piece).CopyTo(target[place..]);
                    place += piece;
                }
            }
        };
    }

    public static Step Where(NodeSetup node) => (from, to) =>
    {
        var (condition, a, b) = (from[0]!, from[1]!, from[2]!);
        if (a.Type != b.Type)
            throw node.Bad($"Its two sides are of different types, {a.Type} and {b.Type}.");
        Span<int> shape = stackalloc int[Math.Max(condition.Rank, Math.Max(a.Rank, b.Rank))];
        Broadcast.Join(node, condition, shape, first: true);
        Broadcast.Join(node, a, shape, first: false);
        Broadcast.Join(node, b, shape, first: false);
        to.Resize(a.Type, shape);
        node.Charge(to.Count);
        Span<int> steps = stackalloc int[3 * shape.Length];
        var stepsC = steps[..shape.Length];
        var stepsA = steps.Slice(shape.Length, shape.Length);
        var stepsB = steps[(2 * shape.Length)..];
        Broadcast.Strides(condition, shape, stepsC);
        Broadcast.Strides(a, shape, stepsA);
        Broadcast.Strides(b, shape, stepsB);
        var choices = condition.As<bool>();
        var size = a.Type.Size();
        for (var i = 0; i < to.Count; i++)
        {
            var (rest, c, x, y) = (i, 0, 0, 0);
            for (var d = shape.Length - 1; d >= 0; rest /= shape[d--])
            {
                var at = rest % shape[d];
                (c, x, y) = (c + at * stepsC[d], x + at * stepsA[d], y + at * stepsB[d]);
            }
            var source = choices[c] ? a.Bytes.Slice(x * size, size) : b.Bytes.Slice(y * size, size);
            source.CopyTo(to.Bytes[(i * size)..]);
        }
    };

    private static void Rename(NodeSetup node, Slot from, Slot to, ReadOnlySpan<int> shape)
    {
        node.Charge(from.Count);
        to.Resize(from.Type, shape);
        from.Bytes.CopyTo(to.Bytes);
    }
}
