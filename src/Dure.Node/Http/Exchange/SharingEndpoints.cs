using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Handover;
using Dure.Exchange.Identity;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Exchange.Sharing;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>Sharing as this organisation's people do it: look into catalogues, ask, decide, see what was used.</summary>
internal static class SharingEndpoints
{
    public static void MapSharing(this IEndpointRouteBuilder app)
    {
        var exchange = app.MapGroup("/api/v1/exchange").WithTags("Exchange");
        exchange.MapGet("/catalogue/{partner}", Catalogue).Needs(Permission.Read).WithSummary("A partner's catalogue as it is shown to this node; 'q' searches.");
        exchange.MapPost("/requests", Ask).Needs(Permission.Share).WithSummary("Ask a partner for a dataset; it is fetched as soon as there is an agreement.");
        exchange.MapGet("/negotiations", (ProcessBook book) => Processes(book, ProcessKind.Negotiation)).Needs(Permission.Read).WithSummary("Negotiations, newest first.");
        exchange.MapGet("/negotiations/{pid}", One).Needs(Permission.Read).WithSummary("A negotiation with its messages.");
        exchange.MapPost("/negotiations/{pid}/approve", Approve).Needs(Permission.Share).WithSummary("Say yes to what waits for a person.");
        exchange.MapPost("/negotiations/{pid}/refuse", Refuse).Needs(Permission.Share).WithSummary("Say no, or end it.");
        exchange.MapGet("/agreements", Agreements).Needs(Permission.Read).WithSummary("Agreements and what was used of them.");
        exchange.MapGet("/received-signals", ReceivedSignals).Needs(Permission.Read).WithSummary("The signals that come from partners, and the agreements they stand under.");
        exchange.MapGet("/transfers", (ProcessBook book, FetchDesk fetches, UsageBook usage) => Transfers(book, fetches, usage)).Needs(Permission.Read).WithSummary("Transfers, newest first.");
        exchange.MapPost("/transfers", Fetch).Needs(Permission.Share).WithSummary("Fetch under an agreement.");
        exchange.MapGet("/transfers/{pid}", OneTransfer).Needs(Permission.Read).WithSummary("A transfer with its messages.");
        exchange.MapGet("/transfers/{pid}/file", File).Needs(Permission.Read).WithSummary("What a transfer brought, as the file that came.");
        exchange.MapPost("/transfers/{pid}/{action:regex(^(suspend|resume|terminate)$)}", Decide).Needs(Permission.Share).WithSummary("Suspend, resume or end a transfer.");
    }

    private static async Task<JsonObject> Catalogue(string partner, string? q, ExchangeIdentity identity, ProtocolAddresses addresses, SharingDesk sharing, CancellationToken cancel)
    {
        var did = PartnerNamed(identity, partner);
        var words = q is null ? [] : q.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var datasets = await sharing.Catalogue(did, await addresses.Of(did, cancel), words, cancel);
        return new JsonObject { ["partner"] = did.Value, ["datasets"] = new JsonArray([.. datasets.Select(WithTerms)]) };
    }

    private static async Task<JsonObject> Ask(JsonObject request, ExchangeIdentity identity, ProtocolAddresses addresses, SharingDesk sharing, HttpContext context)
    {
        var partner = PartnerNamed(identity, Requests.Text(request, "partner"));
        var negotiation = await sharing.Ask(partner, await addresses.Of(partner, context.RequestAborted), Requests.Text(request, "dataset"), request["offer"]?.GetValue<string>(), [.. Requests.Texts(request, "purposes")],
            Requests.FlagOr(request, "fetch", true), Requests.FlagOr(request, "push", false), context.Actor(), context.RequestAborted);
        return Describe(negotiation);
    }

    private static JsonObject One(string pid, ProcessBook book, Evidence.Journal journal) => WithSteps(Find(book, ProcessKind.Negotiation, pid), journal);

    private static async Task<JsonObject> Approve(string pid, SharingDesk sharing, HttpContext context) => Describe(await sharing.Approve(pid, context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Refuse(string pid, JsonObject? request, SharingDesk sharing, HttpContext context) =>
        Describe(await sharing.Refuse(pid, ReasonIn(request), context.Actor(), context.RequestAborted));

    private static JsonObject Agreements(ProcessBook book, UsageBook usage) => new()
    {
        ["agreements"] = new JsonArray([.. book.All.Where(process => process is { Kind: ProcessKind.Negotiation, State: ProcessState.Finalized }).OrderByDescending(process => process.Changed).Select(negotiation =>
        {
            var (used, inAll) = (usage.OfAgreement(negotiation.AgreementId!), usage.Of(UsageJudge.OfferIdOf(negotiation), negotiation.Peer));
            return new JsonObject
            {
                ["id"] = negotiation.AgreementId,
                ["negotiation"] = negotiation.Pid,
                ["role"] = negotiation.Role.ToString(),
                ["partner"] = negotiation.Peer,
                ["dataset"] = negotiation.Dataset,
                ["purposes"] = new JsonArray([.. negotiation.Purposes.Select(purpose => JsonValue.Create(purpose))]),
                ["at"] = negotiation.Changed,
                ["uses"] = used.Uses,
                ["bytes"] = used.Bytes,
                ["usesOfOffer"] = inAll.Uses,
                ["bytesOfOffer"] = inAll.Bytes,
                ["terms"] = Words(PolicyJson.Read(negotiation.Agreement!)),
            };
        })]),
    };

    private static JsonObject Transfers(ProcessBook book, FetchDesk fetches, UsageBook usage) => new()
    {
        ["transfers"] = new JsonArray([.. book.All.Where(process => process.Kind == ProcessKind.Transfer).OrderByDescending(process => process.Changed).Take(1000).Select(process => DescribeTransfer(process, fetches, usage))]),
    };

    private static async Task<JsonObject> Fetch(JsonObject request, SharingDesk sharing, HttpContext context) =>
        Describe(await sharing.Fetch(Requests.Text(request, "agreement"), [.. Requests.Texts(request, "purposes")], context.Actor(), context.RequestAborted));

    private static JsonObject OneTransfer(string pid, ProcessBook book, FetchDesk fetches, UsageBook usage, Evidence.Journal journal)
    {
        var process = Find(book, ProcessKind.Transfer, pid);
        var answer = WithSteps(process, journal);
        foreach (var (name, value) in DescribeTransfer(process, fetches, usage))
            answer[name] = value?.DeepClone();
        return answer;
    }

    private static IResult File(string pid, ReceivedBook received, Evidence.BlobStore blobs) => received.OfTransfer(pid) is { } arrived && blobs.Has(arrived.Content)
        ? Results.File(blobs.PathOf(arrived.Content), "application/octet-stream", arrived.Dataset.Replace('/', '-'), enableRangeProcessing: true)
        : throw new ProblemException("urn:dure:exchange:nothing-received", $"Transfer {pid} has brought nothing yet.", "id", "List them with: dure exchange transfers");

    private static async Task<JsonObject> Decide(string pid, string action, JsonObject? request, SharingDesk sharing, HttpContext context) => Describe(action switch
    {
        "suspend" => await sharing.Suspend(pid, ReasonIn(request), context.Actor(), context.RequestAborted),
        "resume" => await sharing.Resume(pid, context.Actor(), context.RequestAborted),
        _ => await sharing.Terminate(pid, ReasonIn(request), context.Actor(), context.RequestAborted),
    });

    private static JsonObject ReceivedSignals(ReceivedBook received, string? signal) => new()
    {
        ["signals"] = new JsonArray([.. (signal is null ? received.Signals : received.OriginsOfSignal(signal)).Select(each => new JsonObject
        {
            ["signal"] = each.Path,
            ["original"] = each.Original,
            ["provider"] = each.Provider,
            ["dataset"] = each.Dataset,
            ["transfer"] = each.TransferPid,
            ["agreement"] = each.Agreement["@id"]!.DeepClone(),
            ["at"] = each.At,
            ["entry"] = each.Entry.Entry,
            ["terms"] = Words(each.Policy),
        })]),
    };

    private static JsonObject Processes(ProcessBook book, ProcessKind kind) => new()
    {
        ["negotiations"] = new JsonArray([.. book.All.Where(process => process.Kind == kind).OrderByDescending(process => process.Changed).Take(1000).Select(Describe)]),
    };

    private static ExchangeProcess Find(ProcessBook book, ProcessKind kind, string pid) => book.TryFind(kind, pid, out var process) ? process
        : throw new ProblemException("urn:dure:exchange:no-such-process", $"There is no {kind.ToString().ToLowerInvariant()} {pid}.", "id", $"List them with: dure exchange {kind.ToString().ToLowerInvariant()}s");

    private static JsonObject WithSteps(ExchangeProcess process, Evidence.Journal journal)
    {
        var answer = Describe(process);
        answer["steps"] = new JsonArray([.. process.Entries.Select(entry => journal.Entry(entry.Entry)).Select(entry => new JsonObject { ["entry"] = entry.Index, ["at"] = entry.Time, ["actor"] = entry.Actor, ["step"] = entry.Body.DeepClone() })]);
        return answer;
    }

    private static JsonObject Describe(ExchangeProcess process) => new()
    {
        ["id"] = process.Pid,
        ["role"] = process.Role.ToString(),
        ["partner"] = process.Peer,
        ["dataset"] = process.Dataset,
        ["state"] = process.State.Wire(),
        ["waitsFor"] = process.NeedsDecision ? "decision" : process.Pending is not null ? "partner" : null,
        ["reason"] = process.Reason,
        ["agreement"] = process.AgreementId,
        ["began"] = process.Began,
        ["changed"] = process.Changed,
    };

    private static JsonObject DescribeTransfer(ExchangeProcess process, FetchDesk fetches, UsageBook usage)
    {
        var answer = Describe(process);
        if (process.Role == Dure.Exchange.Protocol.Role.Provider)
        {
            var used = usage.OfTransfer(process.Pid);
            answer["uses"] = used.Uses;
            answer["bytes"] = used.Bytes;
        }
        else if (fetches.Find(process.Pid) is { } fetch)
        {
            answer["fetch"] = fetch.State.ToString();
            answer["bytes"] = fetch.Done;
            answer["total"] = fetch.Total;
            answer[fetch.State == FetchState.Landed ? "landed" : "word"] = fetch.Word;
        }
        return answer;
    }

    /// <summary>A dataset as the partner describes it, with its first offer's rules in words; those that cannot be read have none.</summary>
    private static JsonNode WithTerms(JsonObject dataset)
    {
        var answer = dataset.DeepClone().AsObject();
        try
        {
            if (dataset["hasPolicy"] is JsonArray { Count: > 0 } offers && offers[0] is JsonObject offer)
                answer["terms"] = Words(PolicyJson.Read(offer));
        }
        catch (ProblemException)
        {
            // Foreign rules: asking for it will say what is wrong with them.
        }
        return answer;
    }

    internal static JsonArray Words(UsagePolicy policy) => [.. PolicyWords.Describe(policy, "en").Select(sentence => JsonValue.Create(sentence))];

    private static Did PartnerNamed(ExchangeIdentity identity, string text) => Did.TryParse(text, out var did) ? did
        : identity.Partners.Partners.Where(partner => string.Equals(partner.Name, text, StringComparison.OrdinalIgnoreCase)).Take(2).ToList() is [var only] ? only.Did
        : throw new ProblemException("urn:dure:exchange:no-such-partner", $"'{text}' is neither a partner's name (of one partner only) nor an identifier.", "partner", "List them with: dure exchange partners");

    private static string? ReasonIn(JsonObject? request) => request is null ? null : Requests.TextOr(request, "reason", "") is { Length: > 0 } reason ? reason : null;
}
