namespace Dure.Edge.Onnx;

/// <summary>One dimension of a declared shape: a number, a name for one that is free, or neither.</summary>
public readonly record struct OnnxDimension(long? Size, string? Name = null)
{
    public static implicit operator OnnxDimension(long size) => new(size);

    public override string ToString() => Size?.ToString() ?? Name ?? "?";
}

/// <summary>A declared input or output. No dimensions at all means that the shape is not declared.</summary>
public sealed record OnnxValueInfo(string Name, OnnxType Type, IReadOnlyList<OnnxDimension>? Dims);

/// <summary>One step of the graph. An empty input name is an optional input left out.</summary>
public sealed record OnnxNode(string Name, string Domain, string OpType, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<OnnxAttribute> Attributes)
{
    /// <summary>How messages name the node: its name, or operator and first output when it has none.</summary>
    public string Label => Name.Length > 0 ? $"node '{Name}' ({OpType})" : $"{OpType} node that makes '{(Outputs.Count > 0 ? Outputs[0] : "")}'";
}

public sealed record OnnxGraph(
    string Name, IReadOnlyList<OnnxNode> Nodes, IReadOnlyList<OnnxTensor> Initializers, IReadOnlyList<OnnxValueInfo> Inputs, IReadOnlyList<OnnxValueInfo> Outputs);

/// <summary>An ONNX model as its file has it. <see cref="GraphBuilder"/> makes one, <see cref="OnnxSession"/> runs it.</summary>
public sealed record OnnxModel(OnnxGraph Graph)
{
    /// <summary>The domain of the standard operators.</summary>
    public const string StandardDomain = "";

    /// <summary>The domain of the operators of classical machine learning.</summary>
    public const string MlDomain = "ai.onnx.ml";

    public long IrVersion { get; init; } = 8;
    public string Producer { get; init; } = "";
    public string ProducerVersion { get; init; } = "";
    public string Description { get; init; } = "";

    /// <summary>Version of the operators by domain.</summary>
    public IReadOnlyDictionary<string, long> Opsets { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal) { [StandardDomain] = 17 };

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads the bytes of an ONNX file. What the reader does not know is skipped.</summary>
    /// <exception cref="Kernel.ProblemException">The bytes are not a model, too large, or keep weights in another file.</exception>
    public static OnnxModel Read(ReadOnlySpan<byte> bytes, OnnxLimits? limits = null) => new OnnxReader(limits ?? OnnxLimits.Default).Read(bytes);

    /// <summary>The bytes of the ONNX file; the same model gives the same bytes.</summary>
    public byte[] Write() => OnnxWriter.Write(this);
}
