using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>
/// Tokens that partners gave for their doors. They lie in files only the node's user can read; the journal holds their hash in their place.
/// </summary>
public sealed class ReceivedTokens(string folder)
{
    private const string Authorization = "authorization";

    /// <summary>Keeps the token a message holds, and gives the message without it.</summary>
    internal async ValueTask<JsonObject> Take(string pid, IncomingMessage message, CancellationToken cancel)
    {
        if (TokenIn(message.DataAddress) is not { } token)
            return message.Body;
        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = FileOf(pid);
        await using (var stream = new FileStream(file + ".new", options))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(token), cancel);
            stream.Flush(flushToDisk: true);
        }
        File.Move(file + ".new", file, overwrite: true);
        var kept = message.Body.DeepClone().AsObject();
        foreach (var property in kept["dataAddress"]!["endpointProperties"]!.AsArray())
        {
            if (IsToken(property))
                property!["value"] = ContentHash.Of(Encoding.UTF8.GetBytes(property["value"]!.GetValue<string>())).ToString();
        }
        return kept;
    }

    /// <summary>The newest token of a process; null when there is none.</summary>
    public string? Find(string pid) => File.Exists(FileOf(pid)) ? File.ReadAllText(FileOf(pid)) : null;

    /// <summary>Forgets the token of a process that has ended.</summary>
    public void Forget(string pid)
    {
        if (File.Exists(FileOf(pid)))
            File.Delete(FileOf(pid));
    }

    private string FileOf(string pid) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(pid))) + ".token");

    private static string? TokenIn(JsonObject? address) =>
        (address?["endpointProperties"] as JsonArray)?.FirstOrDefault(IsToken)?["value"] is JsonValue value && value.TryGetValue<string>(out var token) ? token : null;

    private static bool IsToken(JsonNode? property) =>
        property?["name"] is JsonValue name && name.TryGetValue<string>(out var text) && text.EndsWith(Authorization, StringComparison.OrdinalIgnoreCase);
}
