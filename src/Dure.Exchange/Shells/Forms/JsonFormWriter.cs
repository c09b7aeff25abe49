using System.Text.Json;

namespace Dure.Exchange.Shells;

/// <summary>How much of an object goes into its JSON.</summary>
internal enum JsonExtent
{
    Whole,

    /// <summary>All but the bytes of blobs.</summary>
    WithoutBlobs,

    /// <summary>All but what is a value.</summary>
    Metadata,
}

/// <summary>Writes objects of the metamodel as JSON by their <see cref="Shape"/>.</summary>
internal static class JsonFormWriter
{
    /// <param name="levels">How many levels of elements below the object itself are written; the deepest ones stand without theirs.</param>
    public static void Write(Utf8JsonWriter writer, object value, JsonExtent extent, int levels = int.MaxValue)
    {
        var shape = Shape.Of(value.GetType());
        writer.WriteStartObject();
        if (shape.IsChoice)
            writer.WriteString("modelType", shape.ModelType);
        foreach (var member in shape.Members)
        {
            if (extent == JsonExtent.Metadata && member.IsValue || extent == JsonExtent.WithoutBlobs && value is BlobElement && member.Name == "value")
                continue;
            var holdsElements = typeof(SubmodelElement).IsAssignableFrom(member.Type) && member.Kind == MemberKind.Parts;
            if (member.Get(value) is { } part && !(holdsElements && levels == 0))
                WriteMember(writer, member, part, extent, holdsElements ? levels - 1 : levels);
        }
        writer.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter writer, Member member, object part, JsonExtent extent, int levels)
    {
        writer.WritePropertyName(member.Name);
        switch (member.Kind)
        {
            case MemberKind.Text:
                writer.WriteStringValue((string)part);
                break;
            case MemberKind.Choice:
                writer.WriteStringValue(WireNames.Of(member.Type).NameOf(part));
                break;
            case MemberKind.Flag:
                writer.WriteBooleanValue((bool)part);
                break;
            case MemberKind.Texts:
                writer.WriteStartArray();
                foreach (var text in (IReadOnlyList<string>)part)
                    writer.WriteStringValue(text);
                writer.WriteEndArray();
                break;
            case MemberKind.Part:
                Write(writer, part, extent, levels);
                break;
            default:
                writer.WriteStartArray();
                foreach (var item in (IEnumerable<object>)part)
                    Write(writer, item, extent, levels);
                writer.WriteEndArray();
                break;
        }
    }
}
