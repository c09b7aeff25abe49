using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>What came of reading a document: the object, or what keeps it from being one. Findings beside a value are warnings.</summary>
public sealed record Reading<T>(T? Value, IReadOnlyList<Finding> Findings) where T : class
{
    /// <exception cref="ProblemException">The document has not the form of the specification.</exception>
    public T OrThrow() => Value ?? throw ShellProblem.NotValid(Findings);
}

/// <summary>
/// The JSON form of the metamodel (IDTA 01001, serialisation to JSON), both ways. Strict as the specification: a member that it does not
/// name, a null, an empty list or a missing <c>modelType</c> is a finding, never passed over.
/// </summary>
public static class ShellJson
{
    /// <summary>Deep enough for 25 nested collections with their references.</summary>
    internal const int MaxDepth = 128;

    private static readonly JsonDocumentOptions strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };
    private static readonly JsonWriterOptions compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Reads one object of the metamodel from UTF-8; <typeparamref name="T"/> may be abstract, such as <see cref="SubmodelElement"/>.</summary>
    public static Reading<T> Read<T>(ReadOnlyMemory<byte> utf8) where T : class
    {
        var findings = new FindingList();
        try
        {
            using var document = JsonDocument.Parse(utf8, strict);
            return Read<T>(document.RootElement, findings);
        }
        catch (JsonException cause)
        {
            findings.Add(FormRule.Syntax, Place.Root, $"The text is not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}, names a member twice, or is nested deeper than {MaxDepth} levels.", "Send one JSON object.");
        }
        catch (InvalidOperationException)
        {
            findings.Add(FormRule.Syntax, Place.Root, "A member's name is not valid Unicode.", "Send one JSON object in UTF-8.");
        }
        return new(null, findings.All);
    }

    /// <summary>Reads one object from an element of a larger document.</summary>
    public static Reading<T> Read<T>(JsonElement element) where T : class => Read<T>(element, new FindingList());

    public static byte[] Write<T>(T value) where T : class
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, compact))
            Write(writer, value);
        return output.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter writer, object value) => JsonFormWriter.Write(writer, value, JsonExtent.Whole);

    internal static Utf8JsonWriter WriterOn(IBufferWriter<byte> output) => new(output, compact);

    private static Reading<T> Read<T>(JsonElement element, FindingList findings) where T : class
    {
        var value = (T?)new JsonFormReader(findings).ReadObject(element, typeof(T), Place.Root);
        return new(findings.All.Count == 0 ? value : null, findings.All);
    }
}

/// <summary>Refusals of the shell room.</summary>
internal static class ShellProblem
{
    public static ProblemException NotValid(IReadOnlyList<Finding> findings) => new("urn:dure:exchange:shell-not-valid",
        $"{findings[0].What} ({findings[0].Rule})" + (findings.Count > 1 ? $" And {findings.Count - 1} more." : ""), findings[0].Path, findings[0].Mend);

    public static ProblemException NotFound(string what, string where) =>
        new("urn:dure:exchange:unknown-shell-part", what, where, "List what there is, and name one of these.");
}
