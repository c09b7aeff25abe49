namespace Dure.Edge.Onnx;

/// <summary>Cast between the four element types; a number out of range becomes the nearest one that the type has.</summary>
internal static class Conversion
{
    public static Step Cast(NodeSetup node)
    {
        var type = (OnnxType)node.Int("to", 0);
        if (type.Size() == 0)
            throw node.Unsupported($"It casts to {type}.");
        return (from, to) => Convert(node, from[0]!, to, type);
    }

    public static void Convert(NodeSetup node, Slot from, Slot to, OnnxType type)
    {
        node.Charge(from.Count);
        to.Resize(type, from.Dims);
        if (from.Type == type)
        {
            from.Bytes.CopyTo(to.Bytes);
            return;
        }
        switch (type)
        {
            case OnnxType.Double: ToDoubles(from, to.As<double>()); break;
            case OnnxType.Float: ToFloats(from, to.As<float>()); break;
            case OnnxType.Int64: ToLongs(from, to.As<long>()); break;
            default: ToBools(from, to.As<bool>()); break;
        }
    }

    private static void ToDoubles(Slot from, Span<double> to)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = from.Type switch { OnnxType.Float => from.As<float>()[i], OnnxType.Int64 => from.As<long>()[i], _ => from.As<bool>()[i] ? 1 : 0 };
    }

    private static void ToFloats(Slot from, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = from.Type switch { OnnxType.Double => (float)from.As<double>()[i], OnnxType.Int64 => from.As<long>()[i], _ => from.As<bool>()[i] ? 1 : 0 };
    }

    private static void ToLongs(Slot from, Span<long> to)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = from.Type switch { OnnxType.Double => (long)from.As<double>()[i], OnnxType.Float => (long)from.As<float>()[i], _ => from.As<bool>()[i] ? 1 : 0 };
    }

    private static void ToBools(Slot from, Span<bool> to)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = from.Type switch { OnnxType.Double => from.As<double>()[i] != 0, OnnxType.Float => from.As<float>()[i] != 0, _ => from.As<long>()[i] != 0 };
    }
}
