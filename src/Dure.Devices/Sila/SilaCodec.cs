using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>
/// SiLA values to and from Protocol Buffers by the types of a feature: basic types are messages with the value as field 1, lists are repeated fields,
/// structures number their elements from 1, defined types wrap the value once more (SiLA 2 part B, v1.1).
/// </summary>
public sealed class SilaCodec(IReadOnlyDictionary<string, SilaType> types)
{
    /// <summary>More values than this in one message are refused: a byte on the line must not become a hundred in memory without end.</summary>
    public const int MaxValues = 100_000;
    private const int MaxDepth = 4 * FeatureReader.MaxDepth;

    /// <summary>Writes parameters, responses or a structure: the fields of a message.</summary>
    /// <exception cref="ProblemException">A value is missing, unknown or of another type.</exception>
    public byte[] Write(IReadOnlyList<SilaElement> elements, SilaValue.Structure values)
    {
        var into = new ProtoWriter();
        WriteFields(into, elements, values);
        return into.ToArray();
    }

    /// <summary>Reads the fields of a message; what is absent has its type's empty value.</summary>
    /// <exception cref="ProblemException">The bytes are malformed, a needed message is absent, or there are too many values.</exception>
    public SilaValue.Structure Read(IReadOnlyList<SilaElement> elements, ReadOnlySpan<byte> bytes)
    {
        var left = MaxValues;
        return ReadFields(elements, bytes, 0, ref left);
    }

    private void WriteFields(ProtoWriter into, IReadOnlyList<SilaElement> elements, SilaValue.Structure values)
    {
        if (values.Elements.Keys.FirstOrDefault(name => elements.All(element => element.Identifier != name)) is { } stranger)
            throw Mismatch(stranger, "is not known here");
        for (var i = 0; i < elements.Count; i++)
        {
            var element = elements[i];
            if (!values.Elements.TryGetValue(element.Identifier, out var value))
                throw Mismatch(element.Identifier, "is missing");
            WriteField(into, i + 1, element.Type, value, element.Identifier);
        }
    }

    private void WriteField(ProtoWriter into, int field, SilaType type, SilaValue value, string where)
    {
        switch (type, value)
        {
            case (SilaType.Constrained constrained, _):
                WriteField(into, field, constrained.Inner, value, where);
                break;
            case (SilaType.List list, SilaValue.List items):
                foreach (var item in items.Items)
                    WriteField(into, field, list.Item, item, where);
                break;
            default:
                into.Message(field, inner => WriteMessage(inner, type, value, where));
                break;
        }
    }

    private void WriteMessage(ProtoWriter into, SilaType type, SilaValue value, string where)
    {
        switch (type, value)
        {
            case (SilaType.Structure structure, SilaValue.Structure values): WriteFields(into, structure.Elements, values); break;
            case (SilaType.Defined defined, _): WriteField(into, 1, types[defined.Name], value, where); break;
            case (SilaType.Basic basic, _): BasicCodec.Write(into, basic.Kind, value, where); break;
            default: throw Mismatch(where, $"is a {value.GetType().Name}, expected is a {type.GetType().Name}");
        }
    }

    private SilaValue.Structure ReadFields(IReadOnlyList<SilaElement> elements, ReadOnlySpan<byte> bytes, int depth, ref int left)
    {
        if ((left -= elements.Count) < 0) // also of what is absent and gets an empty list
            throw Mismatch(elements[0].Identifier, $"is one of more than {MaxValues} values in a message");
        var values = new Dictionary<string, SilaValue>(elements.Count, StringComparer.Ordinal);
        var lists = new List<SilaValue>?[elements.Count];
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field > elements.Count)
                continue; // of a later version
            var element = elements[reader.Field - 1];
            if (ListOf(element.Type) is { } item)
                (lists[reader.Field - 1] ??= []).Add(ReadMessage(item, reader.Message(), element.Identifier, depth + 1, ref left));
            else
                values[element.Identifier] = ReadMessage(element.Type, reader.Message(), element.Identifier, depth + 1, ref left);
        }
        for (var i = 0; i < elements.Count; i++)
        {
            if (ListOf(elements[i].Type) is not null)
                values[elements[i].Identifier] = new SilaValue.List(lists[i] ?? []);
            else if (!values.ContainsKey(elements[i].Identifier))
                throw Mismatch(elements[i].Identifier, "is missing");
        }
        return new SilaValue.Structure(values);
    }

    private SilaValue ReadMessage(SilaType type, ReadOnlySpan<byte> bytes, string where, int depth, ref int left)
    {
        if (--left < 0 || depth > MaxDepth)
            throw Mismatch(where, $"is nested deeper than {MaxDepth}, or the message has more than {MaxValues} values");
        return type switch
        {
            SilaType.Constrained constrained => ReadMessage(constrained.Inner, bytes, where, depth + 1, ref left),
            SilaType.Structure structure => ReadFields(structure.Elements, bytes, depth + 1, ref left),
            SilaType.Defined defined => ReadFields([new SilaElement(defined.Name, "", "", types[defined.Name])], bytes, depth + 1, ref left)[defined.Name],
            SilaType.Basic basic => BasicCodec.Read(basic.Kind, bytes, where),
            _ => throw Mismatch(where, "is a list where none can be"),
        };
    }

    /// <summary>What a list holds, or null when the type is no list. (A defined list is a message around one.)</summary>
    private static SilaType? ListOf(SilaType type) => type switch
    {
        SilaType.List list => list.Item,
        SilaType.Constrained constrained => ListOf(constrained.Inner),
        _ => null,
    };

    internal static ProblemException Mismatch(string where, string what, Exception? cause = null) =>
        new("urn:dure:devices:sila-value", $"The value '{where}' {what}.", where, "Give what the feature's definition says.", cause);
}
