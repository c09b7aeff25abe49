using System.Runtime.InteropServices;

namespace Dure.Edge.Onnx;

/// <summary>A constant tensor: its elements lie row-major and little-endian in <see cref="Content"/>.</summary>
public sealed class OnnxTensor
{
    public OnnxTensor(string name, OnnxType type, IReadOnlyList<long> dims, ReadOnlyMemory<byte> content) =>
        (Name, Type, Dims, Content) = (name, type, dims, content);

    public string Name { get; }
    public OnnxType Type { get; }
    public IReadOnlyList<long> Dims { get; }
    public ReadOnlyMemory<byte> Content { get; }

    public static OnnxTensor Of<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<long> dims) where T : unmanaged
    {
        var count = 1L;
        foreach (var dim in dims)
            count *= dim;
        ArgumentOutOfRangeException.ThrowIfNotEqual(count, values.Length, nameof(values));
        return new OnnxTensor(name, OnnxTypes.Of<T>(), dims.ToArray(), MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>The elements; the type must be the stored one.</summary>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => OnnxTypes.Of<T>() == Type
        ? MemoryMarshal.Cast<byte, T>(Content.Span)
        : throw new ArgumentException($"Tensor '{Name}' holds {Type}, not {typeof(T).Name}.");
}
