namespace Dure.Edge.Onnx;

/// <summary>Kinds of attribute by their number in the file (AttributeProto.AttributeType).</summary>
public enum OnnxAttributeKind
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    Text = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Texts = 8,
}

/// <summary>A fixed setting of a node. Of graphs inside an attribute only the kind is kept: no operator that the session runs has one.</summary>
public sealed record OnnxAttribute(string Name, OnnxAttributeKind Kind)
{
    public float Float { get; init; }
    public long Int { get; init; }
    public string Text { get; init; } = "";
    public OnnxTensor? Tensor { get; init; }
    public IReadOnlyList<float> Floats { get; init; } = [];
    public IReadOnlyList<long> Ints { get; init; } = [];
    public IReadOnlyList<string> Texts { get; init; } = [];

    public static OnnxAttribute Of(string name, float value) => new(name, OnnxAttributeKind.Float) { Float = value };
    public static OnnxAttribute Of(string name, long value) => new(name, OnnxAttributeKind.Int) { Int = value };
    public static OnnxAttribute Of(string name, string value) => new(name, OnnxAttributeKind.Text) { Text = value };
    public static OnnxAttribute Of(string name, OnnxTensor value) => new(name, OnnxAttributeKind.Tensor) { Tensor = value };
    public static OnnxAttribute Of(string name, IReadOnlyList<float> values) => new(name, OnnxAttributeKind.Floats) { Floats = values };
    public static OnnxAttribute Of(string name, IReadOnlyList<long> values) => new(name, OnnxAttributeKind.Ints) { Ints = values };
    public static OnnxAttribute Of(string name, IReadOnlyList<string> values) => new(name, OnnxAttributeKind.Texts) { Texts = values };
}
