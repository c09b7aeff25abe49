using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>
/// The secret settings of sources, in one file that only the node's user can read: a journal cannot forget, so no secret may enter it.
/// Not safe for threads: the <see cref="SourceBook"/> guards it.
/// </summary>
internal sealed class SourceSecrets
{
    private readonly string path;
    private readonly JsonObject secrets;

    public SourceSecrets(string path)
    {
        this.path = path;
        try
        {
            secrets = File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("no object") : [];
        }
        catch (JsonException broken)
        {
            throw new ProblemException("urn:dure:sources:secrets-damaged", $"The file with the sources' secrets is damaged: {broken.Message}", path,
                "Restore it from a copy, or delete it and set the secrets again with 'dure sources change'.", broken);
        }
    }

    /// <summary>The secrets of a source by setting; empty when it has none.</summary>
    public JsonObject Of(string source) => secrets[source]?.DeepClone() as JsonObject ?? [];

    /// <summary>On return the file holds them.</summary>
    public void Set(string source, JsonObject values)
    {
        if (values.Count == 0 && !secrets.ContainsKey(source))
            return;
        secrets.Remove(source);
        if (values.Count > 0)
            secrets[source] = values.DeepClone();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a file path has a folder
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(secrets), ownerOnly: true);
    }
}
