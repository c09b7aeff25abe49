using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;
using Google.Protobuf;

namespace Dure.Edge.Onnx;

/// <summary>Reads the messages of onnx.proto by hand. Unknown fields are skipped; sizes and nesting are bounded before anything is kept.</summary>
internal sealed class OnnxReader(OnnxLimits limits)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private int nodes;
    private int tensors;

    public OnnxModel Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limits.MaxFileBytes)
            throw OnnxProblems.TooLarge($"It has {bytes.Length} bytes; {limits.MaxFileBytes} are allowed.", "ONNX file");
        try
        {
            return ReadModel(ByteString.CopyFrom(bytes));
        }
        catch (InvalidProtocolBufferException cause)
        {
            throw OnnxProblems.Malformed("The bytes are not a protobuf message: " + cause.Message, "ONNX file", cause);
        }
        catch (Exception cause) when (cause is DecoderFallbackException or InvalidOperationException)
        {
            throw OnnxProblems.Malformed("A name or a field is broken: " + cause.Message, "ONNX file", cause);
        }
    }

    private OnnxModel ReadModel(ByteString bytes)
    {
        OnnxGraph? graph = null;
        var (irVersion, producer, producerVersion, description) = (0L, "", "", "");
        var opsets = new Dictionary<string, long>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: irVersion = Int(input); break;
                case 2: producer = Text(input); break;
                case 3: producerVersion = Text(input); break;
                case 6: description = Text(input); break;
                case 7: graph = ReadGraph(Nested(input)); break;
                case 8: ReadOpset(Nested(input), opsets); break;
                case 14: ReadEntry(Nested(input), metadata); break;
                default: return false;
            }
            return true;
        });
        if (graph is null)
            throw OnnxProblems.Malformed("It holds no graph.", "ONNX file");
        return new OnnxModel(graph) { IrVersion = irVersion, Producer = producer, ProducerVersion = producerVersion, Description = description, Opsets = opsets, Metadata = metadata };
    }

    private static void ReadOpset(ByteString bytes, Dictionary<string, long> opsets)
    {
        var (domain, version) = ("", 1L);
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: domain = Text(input); break;
                case 2: version = Int(input); break;
                default: return false;
            }
            return true;
        });
        opsets[domain is "ai.onnx" ? OnnxModel.StandardDomain : domain] = version;
    }

    private static void ReadEntry(ByteString bytes, Dictionary<string, string> metadata)
    {
        var (key, value) = ("", "");
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: key = Text(input); break;
                case 2: value = Text(input); break;
                default: return false;
            }
            return true;
        });
        metadata[key] = value;
    }

    private OnnxGraph ReadGraph(ByteString bytes)
    {
        var name = "";
        var (steps, initializers, inputs, outputs) = (new List<OnnxNode>(), new List<OnnxTensor>(), new List<OnnxValueInfo>(), new List<OnnxValueInfo>());
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: steps.Add(ReadNode(Nested(input))); break;
                case 2: name = Text(input); break;
                case 5: initializers.Add(ReadTensor(Nested(input))); break;
                case 11: inputs.Add(ReadValueInfo(Nested(input))); break;
                case 12: outputs.Add(ReadValueInfo(Nested(input))); break;
                case 15: throw OnnxProblems.Unsupported("It has a sparse initializer.", "ONNX graph");
                default: return false;
            }
            if (inputs.Count + outputs.Count > limits.MaxTensors)
                throw OnnxProblems.TooLarge($"It has more than {limits.MaxTensors} inputs and outputs.", "ONNX graph");
            return true;
        });
        return new OnnxGraph(name, steps, initializers, inputs, outputs);
    }

    private OnnxNode ReadNode(ByteString bytes)
    {
        if (++nodes > limits.MaxNodes)
            throw OnnxProblems.TooLarge($"It has more than {limits.MaxNodes} nodes.", "ONNX graph");
        var (name, operation, domain) = ("", "", "");
        var (inputs, outputs, attributes) = (new List<string>(), new List<string>(), new List<OnnxAttribute>());
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: inputs.Add(Text(input)); break;
                case 2: outputs.Add(Text(input)); break;
                case 3: name = Text(input); break;
                case 4: operation = Text(input); break;
                case 5: attributes.Add(ReadAttribute(Nested(input))); break;
                case 7: domain = Text(input); break;
                default: return false;
            }
            return true;
        });
        return new OnnxNode(name, domain is "ai.onnx" ? OnnxModel.StandardDomain : domain, operation, inputs, outputs, attributes);
    }

    private OnnxAttribute ReadAttribute(ByteString bytes)
    {
        var attribute = new OnnxAttribute("", OnnxAttributeKind.Undefined);
        var (floats, ints, texts) = (new List<float>(), new List<long>(), new List<string>());
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: attribute = attribute with { Name = Text(input) }; break;
                case 2: attribute = attribute with { Float = Float(input) }; break;
                case 3: attribute = attribute with { Int = Int(input) }; break;
                case 4: attribute = attribute with { Text = Text(input) }; break;
                case 5: attribute = attribute with { Tensor = ReadTensor(Nested(input)) }; break;
                case 7: Floats(input, floats); break;
                case 8: Ints(input, ints); break;
                case 9: texts.Add(Text(input)); break;
                case 20: attribute = attribute with { Kind = (OnnxAttributeKind)Int(input) }; break;
                case 21: throw OnnxProblems.Unsupported("An attribute refers to one of a function.", "ONNX graph");
                default: return false;
            }
            return true;
        });
        return attribute with { Floats = floats, Ints = ints, Texts = texts };
    }

    private OnnxTensor ReadTensor(ByteString bytes)
    {
        if (++tensors > limits.MaxTensors)
            throw OnnxProblems.TooLarge($"It has more than {limits.MaxTensors} tensors.", "ONNX graph");
        var (name, type, isExternal) = ("", OnnxType.Undefined, false);
        ByteString? raw = null;
        var (dims, floats, doubles, wide, narrow) = (new List<long>(), new List<float>(), new List<double>(), new List<long>(), new List<long>());
        Each(bytes, input =>
        {
            switch (input.Number)
            {
                case 1: Ints(input, dims); break;
                case 2: type = (OnnxType)Int(input); break;
                case 4: Floats(input, floats); break;
                case 5: Ints(input, narrow); break;
                case 7: Ints(input, wide); break;
                case 8: name = Text(input); break;
                case 9: raw = Nested(input); break;
                case 10: Doubles(input, doubles); break;
                case 13: isExternal = true; return false;
                case 14: isExternal |= Int(input) == 1; break;
                default: return false;
            }
            return true;
        });
        if (isExternal)
            throw OnnxProblems.External(name);
        var count = CountOf(dims, name);
        var content = raw is not null ? raw.Memory : type switch
        {
            OnnxType.Float => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(floats)).ToArray(),
            OnnxType.Double => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(doubles)).ToArray(),
            OnnxType.Int64 => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(wide)).ToArray(),
            OnnxType.Bool => narrow.Select(value => (byte)(value == 0 ? 0 : 1)).ToArray(),
            _ => ReadOnlyMemory<byte>.Empty,
        };
        if (type.Size() is var size and > 0 && content.Length != count * size)
            throw OnnxProblems.Malformed($"Its {content.Length} bytes are not {count} elements of {type}.", $"tensor '{name}'");
        return new OnnxTensor(name, type, dims, content);
    }

    private long CountOf(List<long> dims, string tensor)
    {
        var count = 1L;
        foreach (var dim in dims)
        {
            if (dim < 0 || dim > limits.MaxElements || (count *= dim) > limits.MaxElements)
                throw OnnxProblems.TooLarge($"Its shape [{string.Join(',', dims)}] is negative or has more than {limits.MaxElements} elements.", $"tensor '{tensor}'");
        }
        return dims.Count > OnnxSession.MaxRank ? throw OnnxProblems.TooLarge($"It has {dims.Count} dimensions; {OnnxSession.MaxRank} are allowed.", $"tensor '{tensor}'") : count;
    }

    private static OnnxValueInfo ReadValueInfo(ByteString bytes)
    {
        var (name, type) = ("", OnnxType.Undefined);
        List<OnnxDimension>? dims = null;
        Each(bytes, input => input.Number switch
        {
            1 => Done(name = Text(input)),
            2 => Each(Nested(input), value => value.Number == 1 && Each(Nested(value), tensor => tensor.Number switch
            {
                1 => Done(type = (OnnxType)Int(tensor)),
                2 => Done(dims = ReadShape(Nested(tensor))),
                _ => false,
            })),
            _ => false,
        });
        return new OnnxValueInfo(name, type, dims);
    }

    private static List<OnnxDimension> ReadShape(ByteString bytes)
    {
        var dims = new List<OnnxDimension>();
        Each(bytes, input =>
        {
            if (input.Number != 1)
                return false;
            var dim = new OnnxDimension(null);
            Each(Nested(input), value => value.Number switch
            {
                1 => Done(dim = dim with { Size = Int(value) }),
                2 => Done(dim = dim with { Name = Text(value) }),
                _ => false,
            });
            dims.Add(dim);
            return dims.Count <= OnnxSession.MaxRank ? true : throw OnnxProblems.TooLarge($"A value has more than {OnnxSession.MaxRank} dimensions.", "ONNX graph");
        });
        return dims;
    }

    private static bool Done(object? _) => true;

    /// <summary>A field whose tag has been read and whose value comes next.</summary>
    private readonly record struct Field(uint Tag, CodedInputStream Input)
    {
        public int Number => WireFormat.GetTagFieldNumber(Tag);

        public bool Is(WireFormat.WireType type) => WireFormat.GetTagWireType(Tag) == type;

        public CodedInputStream As(WireFormat.WireType type) => Is(type) ? Input
            : throw OnnxProblems.Malformed($"Field {Number} is not of the kind that ONNX gives it.", $"ONNX file, near byte {Input.Position} of a message");
    }

    /// <summary>Calls <paramref name="take"/> for each field; one that it does not take is skipped.</summary>
    private static bool Each(ByteString bytes, Func<Field, bool> take)
    {
        var input = bytes.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (!take(new Field(tag, input)))
                input.SkipLastField();
        }
        return true;
    }

    private static long Int(Field field) => field.As(WireFormat.WireType.Varint).ReadInt64();

    private static float Float(Field field) => field.As(WireFormat.WireType.Fixed32).ReadFloat();

    private static ByteString Nested(Field field) => field.As(WireFormat.WireType.LengthDelimited).ReadBytes();

    private static string Text(Field field) => StrictUtf8.GetString(Nested(field).Span);

    private static void Ints(Field field, List<long> into) => Repeated(field, WireFormat.WireType.Varint, into, static one => one.ReadInt64());

    private static void Floats(Field field, List<float> into) => Repeated(field, WireFormat.WireType.Fixed32, into, static one => one.ReadFloat());

    private static void Doubles(Field field, List<double> into) => Repeated(field, WireFormat.WireType.Fixed64, into, static one => one.ReadDouble());

    /// <summary>Numbers come packed into one field or as a field each; both are legal.</summary>
    private static void Repeated<T>(Field field, WireFormat.WireType single, List<T> into, Func<CodedInputStream, T> read)
    {
        if (field.Is(single))
        {
            into.Add(read(field.Input));
            return;
        }
        var packed = Nested(field).CreateCodedInput();
        while (!packed.IsAtEnd)
            into.Add(read(packed));
    }
}
