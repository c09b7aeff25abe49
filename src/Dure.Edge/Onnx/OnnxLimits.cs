namespace Dure.Edge.Onnx;

/// <summary>What a model may cost. A file from elsewhere cannot make the reader or the session take more than this.</summary>
public sealed record OnnxLimits
{
    public static OnnxLimits Default { get; } = new();

    public int MaxFileBytes { get; init; } = 64 << 20;
    public int MaxNodes { get; init; } = 20_000;
    public int MaxTensors { get; init; } = 40_000;

    /// <summary>Elements of one tensor, stored or computed.</summary>
    public int MaxElements { get; init; } = 1 << 24;

    /// <summary>Bytes of all values that a run holds.</summary>
    public long MaxRunBytes { get; init; } = 256L << 20;

    /// <summary>Multiplications of one run; a model that asks for more would stop the device for minutes.</summary>
    public long MaxRunOperations { get; init; } = 1L << 34;
}
