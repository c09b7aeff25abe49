using System.Buffers;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>How deep and how much of a submodel or element is asked for (IDTA 01002, SerializationModifier).</summary>
/// <param name="IsCore">Only the elements directly below, without what is below them.</param>
/// <param name="WithBlobs">With the bytes of blobs, which are left out otherwise.</param>
public sealed record ShellForm(bool IsCore = false, bool WithBlobs = false)
{
    private static readonly JsonDocumentOptions strict = new() { AllowDuplicateProperties = false, MaxDepth = ShellJson.MaxDepth };

    private int Levels => IsCore ? 1 : int.MaxValue;

    /// <summary>The object itself.</summary>
    public void WriteNormal(Utf8JsonWriter writer, object value) => JsonFormWriter.Write(writer, value, WithBlobs ? JsonExtent.Whole : JsonExtent.WithoutBlobs, Levels);

    /// <summary>Everything but the values.</summary>
    public static void WriteMetadata(Utf8JsonWriter writer, object value) => JsonFormWriter.Write(writer, value, JsonExtent.Metadata);

    public void WriteValue(Utf8JsonWriter writer, Submodel submodel) => ValueWriter.Write(writer, submodel, WithBlobs, Levels);

    public void WriteValue(Utf8JsonWriter writer, SubmodelElement element) => ValueWriter.Write(writer, element, WithBlobs, Levels);

    /// <summary>Whether an element has a value-only form at all.</summary>
    public static bool HasValue(SubmodelElement element) => ValueWriter.HasValue(element);

    /// <summary>The paths of the elements below, and of the element itself in front.</summary>
    public IEnumerable<string> Paths(object value, string path) => path.Length == 0 ? ElementTree.PathsBelow(value, path, Levels) : ElementTree.PathsBelow(value, path, Levels).Prepend(path);

    /// <summary>Puts values into a submodel.</summary>
    /// <exception cref="ProblemException">A value does not fit, or what it should go into is not there.</exception>
    public static void ApplyValue(ReadOnlyMemory<byte> utf8, Submodel submodel)
    {
        using var document = Parse(utf8);
        ValueReader.Apply(document.RootElement, submodel);
    }

    /// <inheritdoc cref="ApplyValue(ReadOnlyMemory{byte}, Submodel)"/>
    public static void ApplyValue(ReadOnlyMemory<byte> utf8, SubmodelElement element)
    {
        using var document = Parse(utf8);
        ValueReader.Apply(document.RootElement, element, element.IdShort ?? "element");
    }

    /// <summary>The object with the members that a patch names, in JSON; the rest as it was.</summary>
    public static T Patch<T>(T value, ReadOnlyMemory<byte> utf8) where T : class
    {
        using var patch = Parse(utf8);
        using var old = JsonDocument.Parse(ShellJson.Write(value), strict);
        if (patch.RootElement.ValueKind != JsonValueKind.Object)
            throw new ProblemException("urn:dure:exchange:bad-patch", "The patch is not an object.", "request body", "Send an object with the members to change.");
        var output = new ArrayBufferWriter<byte>();
        using (var writer = ShellJson.WriterOn(output))
        {
            writer.WriteStartObject();
            foreach (var member in patch.RootElement.EnumerateObject())
                member.WriteTo(writer);
            foreach (var member in old.RootElement.EnumerateObject().Where(member => !patch.RootElement.TryGetProperty(member.Name, out _)))
                member.WriteTo(writer);
            writer.WriteEndObject();
        }
        return ShellJson.Read<T>(output.WrittenMemory).OrThrow();
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, strict);
        }
        catch (JsonException cause)
        {
            throw new ProblemException("urn:dure:exchange:bad-json", $"The text is not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}.", "request body", "Send one JSON value, each member named once.", cause);
        }
    }
}
