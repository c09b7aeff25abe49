using Google.Protobuf;

namespace Dure.Edge.Onnx;

/// <summary>Writes the messages of onnx.proto by hand; the numbers are its field numbers (github.com/onnx/onnx, onnx/onnx.proto).</summary>
internal static class OnnxWriter
{
    public static byte[] Write(OnnxModel model) => Message(output =>
    {
        output.Int(1, model.IrVersion);
        output.Text(2, model.Producer);
        output.Text(3, model.ProducerVersion);
        output.Text(6, model.Description);
        output.Nested(7, graph => WriteGraph(graph, model.Graph));
        foreach (var (domain, version) in model.Opsets.OrderBy(opset => opset.Key, StringComparer.Ordinal))
            output.Nested(8, opset => { opset.Text(1, domain); opset.Int(2, version); });
        foreach (var (key, value) in model.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            output.Nested(14, entry => { entry.Text(1, key); entry.Text(2, value); });
    });

    private static void WriteGraph(CodedOutputStream output, OnnxGraph graph)
    {
        foreach (var node in graph.Nodes)
            output.Nested(1, nested => WriteNode(nested, node));
        output.Text(2, graph.Name);
        foreach (var tensor in graph.Initializers)
            output.Nested(5, nested => WriteTensor(nested, tensor));
        foreach (var input in graph.Inputs)
            output.Nested(11, nested => WriteValueInfo(nested, input));
        foreach (var value in graph.Outputs)
            output.Nested(12, nested => WriteValueInfo(nested, value));
    }

    private static void WriteNode(CodedOutputStream output, OnnxNode node)
    {
        foreach (var input in node.Inputs)
            output.Text(1, input, evenEmpty: true);
        foreach (var made in node.Outputs)
            output.Text(2, made, evenEmpty: true);
        output.Text(3, node.Name);
        output.Text(4, node.OpType);
        foreach (var attribute in node.Attributes)
            output.Nested(5, nested => WriteAttribute(nested, attribute));
        output.Text(7, node.Domain);
    }

    private static void WriteAttribute(CodedOutputStream output, OnnxAttribute attribute)
    {
        output.Text(1, attribute.Name);
        switch (attribute.Kind)
        {
            case OnnxAttributeKind.Float:
                output.WriteTag(2, WireFormat.WireType.Fixed32);
                output.WriteFloat(attribute.Float);
                break;
            case OnnxAttributeKind.Int:
                output.Int(3, attribute.Int);
                break;
            case OnnxAttributeKind.Text:
                output.Text(4, attribute.Text, evenEmpty: true);
                break;
            case OnnxAttributeKind.Tensor:
                output.Nested(5, nested => WriteTensor(nested, attribute.Tensor!)); // the kind says that it is there
                break;
            case OnnxAttributeKind.Floats:
                output.Nested(7, packed => { foreach (var value in attribute.Floats) packed.WriteFloat(value); });
                break;
            case OnnxAttributeKind.Ints:
                output.Nested(8, packed => { foreach (var value in attribute.Ints) packed.WriteInt64(value); });
                break;
            case OnnxAttributeKind.Texts:
                foreach (var value in attribute.Texts)
                    output.Text(9, value, evenEmpty: true);
                break;
            default:
                throw OnnxProblems.Unsupported($"Attribute '{attribute.Name}' of kind {attribute.Kind} cannot be written.", "ONNX model");
        }
        output.Int(20, (long)attribute.Kind);
    }

    private static void WriteTensor(CodedOutputStream output, OnnxTensor tensor)
    {
        output.Nested(1, packed => { foreach (var dim in tensor.Dims) packed.WriteInt64(dim); }, evenEmpty: false);
        output.Int(2, (long)tensor.Type);
        output.Text(8, tensor.Name);
        output.WriteTag(9, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(tensor.Content.Span));
    }

    private static void WriteValueInfo(CodedOutputStream output, OnnxValueInfo value)
    {
        output.Text(1, value.Name);
        output.Nested(2, type => type.Nested(1, tensor =>
        {
            tensor.Int(1, (long)value.Type);
            if (value.Dims is { } dims)
                tensor.Nested(2, shape =>
                {
                    foreach (var dim in dims)
                        shape.Nested(1, nested =>
                        {
                            if (dim.Size is { } size)
                                nested.Int(1, size);
                            else
                                nested.Text(2, dim.Name ?? "");
                        });
                });
        }));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            write(output);
        return buffer.ToArray();
    }

    private static void Nested(this CodedOutputStream output, int field, Action<CodedOutputStream> write, bool evenEmpty = true)
    {
        var content = Message(write);
        if (content.Length == 0 && !evenEmpty)
            return;
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(content));
    }

    private static void Int(this CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Text(this CodedOutputStream output, int field, string value, bool evenEmpty = false)
    {
        if (value.Length == 0 && !evenEmpty)
            return;
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }
}
