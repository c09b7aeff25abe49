using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Dure.HostTests.Exchange;

/// <summary>A provider that plays by the protocol up to where a test makes it do otherwise.</summary>
internal sealed class RogueProvider : IAsyncDisposable
{
    private readonly SharingNode lab;
    private readonly ForeignParticipant self = new();

    private RogueProvider(SharingNode lab)
    {
        this.lab = lab;
        self.Answers = Answer;
    }

    public string Did => self.Did;
    public Uri Root => self.Root;

    /// <summary>What is handed over, and the manifest beside it.</summary>
    public byte[] Content { get; set; } = Encoding.UTF8.GetBytes("what was agreed on");
    public byte[]? Manifest { get; set; }
    public Action<JsonObject>? ChangeDataset { get; set; }
    public Action<JsonObject>? ChangeAgreement { get; set; }
    public Action<JsonObject>? ChangeStart { get; set; }

    /// <summary>Answers the request for data or for the manifest instead of this provider; false: it does so itself.</summary>
    public Func<HttpListenerContext, Task<bool>>? Hand { get; set; }

    /// <summary>The lab wants the data brought.</summary>
    public bool IsToBring { get; set; }

    /// <summary>Answers a request for the catalogue.</summary>
    public Func<HttpListenerContext, Task>? Catalogue { get; set; }

    public IReadOnlyCollection<(string Path, JsonObject Body)> Received => self.Received;

    public static async Task<RogueProvider> Start(SharingNode lab)
    {
        var rogue = new RogueProvider(lab);
        await rogue.self.Join(await lab.Invite("Rogue"));
        return rogue;
    }

    public ValueTask DisposeAsync() => self.DisposeAsync();

    /// <summary>The lab asks for the dataset.</summary>
    /// <returns>The negotiation once nothing more happens to it.</returns>
    public async Task<JsonObject> Negotiate()
    {
        var id = Uri.EscapeDataString(SharingNode.Text(await (IsToBring ? lab.AskToBring(Did, "bait") : lab.Ask(Did, "bait")), "id"));
        return await SharingNode.Until(() => lab.Get($"exchange/negotiations/{id}"), one => (string?)one["state"] is "FINALIZED" or "TERMINATED" && one["waitsFor"] is null);
    }

    /// <summary>The lab asks, is granted it and fetches.</summary>
    /// <returns>The transfer once the data have landed or the lab gave up.</returns>
    public async Task<JsonObject> Deliver()
    {
        var transfer = await Begin();
        return await SharingNode.Until(async () => (await lab.Transfers(transfer)).Single(), one => (string?)one["fetch"] is "Landed" or "Failed");
    }

    /// <summary>As <see cref="Deliver"/>, without waiting for an end.</summary>
    /// <returns>The agreement.</returns>
    public async Task<string> Begin()
    {
        var agreement = SharingNode.Text(await Negotiate(), "agreement");
        await SharingNode.Until(() => lab.Transfers(agreement), transfers => transfers.Count == 1 && (string?)transfers[0]["state"] != "REQUESTED");
        return agreement;
    }

    private async Task<bool> Answer(HttpListenerContext context, JsonObject? body)
    {
        var path = context.Request.RawUrl!;
        if (path.Contains("/catalog/request", StringComparison.Ordinal) && Catalogue is not null)
            await Catalogue(context);
        else if (path.Contains("/catalog/datasets/", StringComparison.Ordinal))
            await ForeignParticipant.Write(context, 200, Dataset());
        else if (path.EndsWith("/negotiations/request", StringComparison.Ordinal))
            await Agree(context, body!);
        else if (path.EndsWith("/verification", StringComparison.Ordinal))
            await Finalize(context, body!);
        else if (path.EndsWith("/transfers/request", StringComparison.Ordinal))
            await Open(context, body!);
        else if (path.StartsWith("/data", StringComparison.Ordinal) && (Hand is null || !await Hand(context)))
            await Give(context, path.EndsWith("/manifest", StringComparison.Ordinal) ? Manifest : Content);
        else
            return path.StartsWith("/data", StringComparison.Ordinal);
        return true;
    }

    private JsonObject Dataset()
    {
        var dataset = ForeignParticipant.Message("Dataset");
        dataset["@id"] = "bait";
        dataset["hasPolicy"] = new JsonArray(new JsonObject { ["@id"] = "offer-1", ["@type"] = "Offer", ["permission"] = new JsonArray(new JsonObject { ["action"] = "use" }) });
        dataset["distribution"] = new JsonArray(new JsonObject { ["@type"] = "Distribution", ["format"] = IsToBring ? "HttpData-PUSH" : "HttpData-PULL", ["accessService"] = "s" });
        ChangeDataset?.Invoke(dataset);
        return dataset;
    }

    private async Task Agree(HttpListenerContext context, JsonObject request)
    {
        var (provider, consumer) = ($"urn:uuid:{Guid.NewGuid()}", SharingNode.Text(request, "consumerPid"));
        var answer = ForeignParticipant.Message("ContractNegotiation", provider, consumer);
        answer["state"] = "REQUESTED";
        await ForeignParticipant.Write(context, 201, answer);
        var agreement = request["offer"]!.DeepClone().AsObject();
        agreement["@id"] = $"urn:uuid:{Guid.NewGuid()}";
        agreement["@type"] = "Agreement";
        agreement["assigner"] = Did;
        agreement["assignee"] = lab.Did;
        agreement["timestamp"] = "2026-01-01T00:00:00Z";
        ChangeAgreement?.Invoke(agreement);
        var message = ForeignParticipant.Message("ContractAgreementMessage", provider, consumer);
        message["agreement"] = agreement;
        await self.Post(lab, $"negotiations/{Uri.EscapeDataString(consumer)}/agreement", message);
    }

    private async Task Finalize(HttpListenerContext context, JsonObject verification)
    {
        var (provider, consumer) = (SharingNode.Text(verification, "providerPid"), SharingNode.Text(verification, "consumerPid"));
        await ForeignParticipant.Write(context, 200, new JsonObject());
        var message = ForeignParticipant.Message("ContractNegotiationEventMessage", provider, consumer);
        message["eventType"] = "FINALIZED";
        await self.Post(lab, $"negotiations/{Uri.EscapeDataString(consumer)}/events", message);
    }

    private async Task Open(HttpListenerContext context, JsonObject request)
    {
        var (provider, consumer) = ($"urn:uuid:{Guid.NewGuid()}", SharingNode.Text(request, "consumerPid"));
        var answer = ForeignParticipant.Message("TransferProcess", provider, consumer);
        answer["state"] = "REQUESTED";
        await ForeignParticipant.Write(context, 201, answer);
        var message = ForeignParticipant.Message("TransferStartMessage", provider, consumer);
        message["dataAddress"] = new JsonObject
        {
            ["@type"] = "DataAddress",
            ["endpointType"] = "https://w3id.org/idsa/v4.1/HTTP",
            ["endpoint"] = new Uri(Root, "data").AbsoluteUri,
            ["endpointProperties"] = new JsonArray(
                new JsonObject { ["@type"] = "EndpointProperty", ["name"] = "authorization", ["value"] = "a token" },
                new JsonObject { ["@type"] = "EndpointProperty", ["name"] = "authType", ["value"] = "bearer" }),
        };
        ChangeStart?.Invoke(message);
        await self.Post(lab, $"transfers/{Uri.EscapeDataString(consumer)}/start", message);
    }

    private static async Task Give(HttpListenerContext context, byte[]? content)
    {
        if (content is null)
        {
            context.Response.StatusCode = 404;
            context.Response.Close();
            return;
        }
        context.Response.ContentLength64 = content.Length;
        context.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:";
        await context.Response.OutputStream.WriteAsync(content);
        context.Response.Close();
    }
}
