using System.Runtime.InteropServices;

namespace Dure.Edge.Onnx;

/// <summary>What one run may still cost, and what the session holds. Every operator charges it before it works.</summary>
internal sealed class RunBudget(OnnxLimits limits)
{
    private long operations;
    private long heldBytes;

    public int MaxElements => limits.MaxElements;

    public void Restart() => operations = 0;

    public void Charge(long work, string where)
    {
        operations += work;
        if (operations > limits.MaxRunOperations)
            throw OnnxProblems.TooLarge($"The run needs more than {limits.MaxRunOperations} operations.", where);
    }

    public void Hold(long bytes, string where)
    {
        heldBytes += bytes;
        if (heldBytes > limits.MaxRunBytes)
            throw OnnxProblems.TooLarge($"The run holds more than {limits.MaxRunBytes} bytes.", where);
    }
}

/// <summary>The place of one value of the graph. Its memory grows to the largest value seen and is used again by the next run.</summary>
internal sealed class Slot(string name, RunBudget budget)
{
    private readonly int[] dims = new int[OnnxSession.MaxRank];
    private byte[] store = [];

    public string Name => name;
    public OnnxType Type { get; private set; }
    public int Rank { get; private set; }
    public int Count { get; private set; }
    public bool IsSet => Type != OnnxType.Undefined;
    public ReadOnlySpan<int> Dims => dims.AsSpan(0, Rank);

    public string Shape => $"[{string.Join(',', dims.Take(Rank))}]";

    /// <summary>Room for a value of this type and shape; what stood here before is gone.</summary>
    public Slot Resize(OnnxType type, params ReadOnlySpan<int> shape)
    {
        if (shape.Length > OnnxSession.MaxRank)
            throw OnnxProblems.BadShape($"It would have {shape.Length} dimensions; {OnnxSession.MaxRank} are allowed.", $"value '{name}'");
        var count = 1L;
        foreach (var dim in shape)
        {
            if (dim < 0 || (count *= dim) > budget.MaxElements)
                throw OnnxProblems.TooLarge($"It would have more than {budget.MaxElements} elements.", $"value '{name}'");
        }
        var bytes = (int)Math.Min(count * type.Size(), int.MaxValue);
        if (store.Length < bytes)
        {
            budget.Hold(bytes - store.Length, $"value '{name}'");
            store = new byte[bytes];
        }
        shape.CopyTo(dims);
        (Type, Rank, Count) = (type, shape.Length, (int)count);
        return this;
    }

    public Span<T> As<T>() where T : unmanaged => OnnxTypes.Of<T>() == Type
        ? MemoryMarshal.Cast<byte, T>(store.AsSpan())[..Count]
        : throw OnnxProblems.Unsupported($"It holds {Type}; {OnnxTypes.Of<T>()} is needed.", $"value '{name}'");

    public Span<byte> Bytes => store.AsSpan(0, Count * Type.Size());

    public void Load(OnnxTensor tensor)
    {
        if (tensor.Type.Size() == 0)
            throw OnnxProblems.Unsupported($"Its elements are {tensor.Type}.", $"tensor '{tensor.Name}'");
        Span<int> shape = stackalloc int[tensor.Dims.Count];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = (int)tensor.Dims[i]; // the reader has bounded each
        Resize(tensor.Type, shape);
        if (tensor.Content.Length != Bytes.Length)
            throw OnnxProblems.Malformed($"Its {tensor.Content.Length} bytes are not {Count} elements of {tensor.Type}.", $"tensor '{tensor.Name}'");
        tensor.Content.Span.CopyTo(Bytes);
        if (Type != OnnxType.Bool)
            return;
        foreach (ref var value in Bytes)
            value = (byte)(value == 0 ? 0 : 1);
    }
}
