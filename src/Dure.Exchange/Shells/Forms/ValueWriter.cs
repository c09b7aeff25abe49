using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Dure.Exchange.Shells;

/// <summary>
/// Writes only the values (IDTA 01002, value-only serialisation). Numbers keep all their digits; what JSON cannot say as a number (INF, NaN)
/// is a text. Operations and capabilities have no value and are left out.
/// </summary>
internal static class ValueWriter
{
    public static void Write(Utf8JsonWriter writer, Submodel submodel, bool withBlobs, int levels) => WriteNamed(writer, submodel.SubmodelElements, withBlobs, levels);

    public static bool HasValue(SubmodelElement element) => element is not (Operation or Capability);

    public static void Write(Utf8JsonWriter writer, SubmodelElement element, bool withBlobs, int levels)
    {
        switch (element)
        {
            case Property property:
                WriteLiteral(writer, property.Value, property.ValueType);
                break;
            case SubmodelElementCollection collection:
                WriteNamed(writer, collection.Value, withBlobs, levels);
                break;
            case SubmodelElementList list:
                writer.WriteStartArray();
                foreach (var item in levels > 0 ? list.Value?.Where(HasValue) ?? [] : [])
                    Write(writer, item, withBlobs, levels - 1);
                writer.WriteEndArray();
                break;
            case MultiLanguageProperty texts:
                writer.WriteStartArray();
                foreach (var text in texts.Value ?? [])
                {
                    writer.WriteStartObject();
                    writer.WriteString(text.Language, text.Text);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                break;
            case ReferenceElement { Value: null }:
                writer.WriteNullValue();
                break;
            case ReferenceElement { Value: { } reference }:
                ShellJson.Write(writer, reference);
                break;
            default:
                writer.WriteStartObject();
                WriteMembers(writer, element, withBlobs, levels);
                writer.WriteEndObject();
                break;
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, SubmodelElement element, bool withBlobs, int levels)
    {
        switch (element)
        {
            case RangeElement range:
                WriteMember(writer, "min", range.Min, range.ValueType);
                WriteMember(writer, "max", range.Max, range.ValueType);
                break;
            case FileElement file:
                WriteMember(writer, "contentType", file.ContentType, XsdType.String);
                WriteMember(writer, "value", file.Value, XsdType.String);
                break;
            case BlobElement blob:
                WriteMember(writer, "contentType", blob.ContentType, XsdType.String);
                WriteMember(writer, "value", withBlobs ? blob.Value : null, XsdType.String);
                break;
            case RelationshipElement relation:
                WritePart(writer, "first", relation.First);
                WritePart(writer, "second", relation.Second);
                if (relation is AnnotatedRelationshipElement { Annotations: { } annotations } && levels > 0)
                {
                    writer.WritePropertyName("annotations");
                    WriteNamed(writer, annotations, withBlobs, levels);
                }
                break;
            case Entity entity:
                WriteEntity(writer, entity, withBlobs, levels);
                break;
            case BasicEventElement observer:
                WritePart(writer, "observed", observer.Observed);
                break;
        }
    }

    private static void WriteEntity(Utf8JsonWriter writer, Entity entity, bool withBlobs, int levels)
    {
        writer.WritePropertyName("statements");
        WriteNamed(writer, entity.Statements, withBlobs, levels);
        if (entity.EntityType is { } kind)
            writer.WriteString("entityType", kind.ToString());
        WriteMember(writer, "globalAssetId", entity.GlobalAssetId, XsdType.String);
        if (entity.SpecificAssetIds is not { } ids)
            return;
        writer.WriteStartArray("specificAssetIds");
        foreach (var id in ids)
        {
            writer.WriteStartObject();
            writer.WriteString(id.Name, id.Value);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteNamed(Utf8JsonWriter writer, IReadOnlyList<SubmodelElement>? elements, bool withBlobs, int levels)
    {
        writer.WriteStartObject();
        foreach (var element in levels > 0 ? elements ?? [] : [])
        {
            if (!HasValue(element) || element is Property { Value: null } or ReferenceElement { Value: null })
                continue;
            writer.WritePropertyName(element.IdShort!); // only elements of a list have no name
            Write(writer, element, withBlobs, levels - 1);
        }
        writer.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter writer, string name, Reference? reference)
    {
        if (reference is null)
            return;
        writer.WritePropertyName(name);
        ShellJson.Write(writer, reference);
    }

    private static void WriteMember(Utf8JsonWriter writer, string name, string? value, XsdType type)
    {
        if (value is null)
            return;
        writer.WritePropertyName(name);
        WriteLiteral(writer, value, type);
    }

    private static void WriteLiteral(Utf8JsonWriter writer, string? literal, XsdType type)
    {
        if (literal is null)
            writer.WriteNullValue();
        else if (type == XsdType.Boolean && XsdLiteral.Is(type, literal))
            writer.WriteBooleanValue(literal is "true" or "1");
        else if (XsdLiteral.IsNumber(type) && XsdLiteral.Is(type, literal) && literal is not ("INF" or "-INF" or "NaN"))
            writer.WriteRawValue(XsdLiteral.IsWhole(type) ? BigInteger.Parse(literal, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) : JsonNumber(literal), skipInputValidation: true);
        else
            writer.WriteStringValue(literal);
    }

    /// <summary>JSON has no plus in front, no leading zeros, and digits on both sides of the point.</summary>
    private static string JsonNumber(string literal)
    {
        var (sign, rest) = literal[0] == '-' ? ("-", literal[1..]) : ("", literal.TrimStart('+'));
        var exponentAt = rest.AsSpan().IndexOfAny('e', 'E');
        var (digits, exponent) = exponentAt < 0 ? (rest, "") : (rest[..exponentAt], rest[exponentAt..]);
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var (whole, fraction) = point < 0 ? (digits, "") : (digits[..point], digits[(point + 1)..]);
        whole = whole.TrimStart('0');
        return sign + (whole.Length == 0 ? "0" : whole) + (fraction.Length == 0 ? "" : "." + fraction) + exponent;
    }
}
