using System.Buffers;
using System.Text.Json;
using Dure.Exchange.Shells;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>From what an asset is called to the shells that are of it. Ids in the shells kept here count without being told.</summary>
internal static class DiscoveryEndpoints
{
    private const string One = "/lookup/shells/{aasIdentifier}";
    private const int MaxLinks = 1000;

    public static void MapDiscovery(this IEndpointRouteBuilder api)
    {
        api.Read("/lookup/shells", call => Answer(call, ShellRepositoryEndpoints.AssetLinks(call)));
        api.Ask("/lookup/shellsByAssetLink", async call => await Answer(call, [.. (await Links(call)).Select(link => new AssetLink(link.Name, link.Value))]));
        api.Read(One, LinksOf);
        api.Change("POST", One, Post);
        api.Change("DELETE", One, async call =>
        {
            await call.Store.AssetLinks.Remove(call.Store.AssetLinks.Find(call.Id("aasIdentifier")).Id, call.Actor, call.Cancel);
            await call.NoContent();
        });
    }

    private static Task Answer(ShellCall call, IReadOnlyList<AssetLink> links)
    {
        var (part, cursor) = call.Slice(call.Store.ShellsOf(links).ToList());
        return call.Page(part, cursor, (writer, id) => writer.WriteStringValue(id));
    }

    private static Task LinksOf(ShellCall call)
    {
        var id = call.Id("aasIdentifier");
        if (call.Store.AssetLinks.TryFind(id) is { } told)
            return call.Answer(200, call.Store.AssetLinks.Content(told));
        var shell = call.Store.Shells.Find(id);
        return call.Answer(200, writer => Write(writer, shell.AssetIds.Select(link => new SpecificAssetId { Name = link.Name, Value = link.Value })));
    }

    private static async Task Post(ShellCall call)
    {
        var (id, links) = (call.Id("aasIdentifier"), await Links(call));
        foreach (var link in links)
            if (ShellAudit.CheckObject(link) is [var finding, ..])
                throw ShellCall.Bad(finding.Path, $"{finding.What} ({finding.Rule})", finding.Mend);
        var output = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(output))
            Write(writer, links);
        await call.Store.AssetLinks.Put(id, output.WrittenMemory, Putting.Either, call.Actor, call.Cancel);
        await call.Created($"/lookup/shells/{ShellCall.Encoded(id)}", writer => Write(writer, links));
    }

    private static void Write(Utf8JsonWriter writer, IEnumerable<SpecificAssetId> links)
    {
        writer.WriteStartArray();
        foreach (var link in links)
            ShellJson.Write(writer, link);
        writer.WriteEndArray();
    }

    private static async Task<List<SpecificAssetId>> Links(ShellCall call)
    {
        using var document = JsonDocument.Parse(await call.Bytes());
        if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() > MaxLinks)
            throw ShellCall.Bad("request body", $"The body is not a list of at most {MaxLinks} asset ids.", "Send a list of objects with 'name' and 'value'.");
        return [.. document.RootElement.EnumerateArray().Select(item => ShellJson.Read<SpecificAssetId>(item).OrThrow())];
    }
}
