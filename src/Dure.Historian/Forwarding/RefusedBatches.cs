using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>
/// What a node refused, with its reasons and the samples as they were sent: a JSON object per line in a file that a person can mend and send
/// again. A batch that a crash lets be sent twice may stand in it twice; its name tells.
/// </summary>
internal sealed class RefusedBatches(string folder, TimeProvider time)
{
    public const string FileName = "refused.jsonl";
    private const long MaxBytes = 256L << 20;
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path = Path.Combine(folder, FileName);

    /// <summary>On return it is on disk.</summary>
    /// <exception cref="ProblemException">The file is full: nothing may be dropped, so sending waits until a person has looked.</exception>
    public void Keep(string batch, JsonNode? reasons, byte[] request)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        if (file.Length + request.Length > MaxBytes)
        {
            throw new ProblemException("urn:dure:gateway:refused-full", $"The node refused so much that its file holds {file.Length:N0} of {MaxBytes:N0} bytes.", path,
                "Look at the reasons in the file, mend their cause, and move the file away; sending then goes on.");
        }
        var line = new JsonObject { ["at"] = time.GetUtcNow().ToString("O"), ["batch"] = batch, ["reasons"] = reasons?.DeepClone(), ["request"] = JsonNode.Parse(request) };
        file.Write(JsonSerializer.SerializeToUtf8Bytes(line, Readable));
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }
}
