using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dure.Historian.Forwarding;

/// <summary>
/// What a node refused, with its reasons and the samples as they were sent: a JSON object per line in a file that a person can mend and send
/// again. A batch that a crash lets be sent twice may stand in it twice; its name tells. A full file becomes the older one of two, and the
/// older one before it is dropped: what a node will not have must not stop what it waits for.
/// </summary>
internal sealed class RefusedBatches(string folder, TimeProvider time, long maxBytes = 256L << 20)
{
    public const string FileName = "refused.jsonl";
    public const string OlderFileName = "refused.older.jsonl";
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path = Path.Combine(folder, FileName);
    private readonly string older = Path.Combine(folder, OlderFileName);

    /// <summary>Requests that were dropped since the start because newer ones needed their room.</summary>
    public long Dropped { get; private set; }

    /// <summary>On return it is on disk.</summary>
    public void Keep(string batch, JsonNode? reasons, byte[] request)
    {
        var line = new JsonObject { ["at"] = time.GetUtcNow().ToString("O"), ["batch"] = batch, ["reasons"] = reasons?.DeepClone(), ["request"] = JsonNode.Parse(request) };
        var text = JsonSerializer.SerializeToUtf8Bytes(line, Readable);
        if (new FileInfo(path) is { Exists: true, Length: > 0 } full && full.Length + text.Length > maxBytes / 2)
        {
            Dropped += File.Exists(older) ? File.ReadLines(older).LongCount() : 0;
            File.Move(path, older, overwrite: true);
        }
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(text);
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }
}
