using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Exchange.Conduct;
using Dure.Exchange.Handover;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Sharing;

/// <summary>What the people of this organisation do: look into a partner's catalogue, ask for data, decide on requests, suspend, end.</summary>
public sealed class SharingDesk(ProcessDesk desk, IPeerLink link, PolicyConduct conduct)
{
    private const int MaxPages = 100;
    private const int MaxDatasets = 10_000;

    /// <summary>A partner's catalogue as the partner shows it to this node: 100 pages and 10,000 datasets of it at most.</summary>
    /// <param name="partner">Who.</param>
    /// <param name="address">Where the partner takes the protocol's messages.</param>
    /// <param name="words">Texts that must all occur.</param>
    /// <exception cref="ProblemException">The partner cannot be reached or refuses.</exception>
    public async Task<IReadOnlyList<JsonObject>> Catalogue(Did partner, Uri address, IReadOnlyList<string> words, CancellationToken cancel)
    {
        var datasets = new List<JsonObject>();
        for (var (page, after) = (0, (string?)null); page < MaxPages; page++)
        {
            var request = Dsp.Message("CatalogRequestMessage");
            if (words.Count > 0)
                request["filter"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]);
            var query = after is null ? "" : $"?after={Uri.EscapeDataString(after)}";
            var answer = await link.Post(partner.Value, At(address, $"catalog/request{query}"), request, cancel);
            if (answer is not { IsAccepted: true, Body: { } body })
                throw Unreachable(partner, answer.Failure ?? "its catalogue is not JSON");
            datasets.AddRange((body["dataset"] as JsonArray ?? []).OfType<JsonObject>().Take(MaxDatasets - datasets.Count));
            // A page that says it is followed by itself would be read a hundred times.
            if (datasets.Count == MaxDatasets || body["dure:next"] is not JsonValue next || !next.TryGetValue<string>(out var following) || following == after)
                break;
            after = following;
        }
        return datasets;
    }

    /// <summary>One dataset of a partner's catalogue.</summary>
    /// <exception cref="ProblemException">The partner cannot be reached, or shows no such dataset to this node.</exception>
    public async Task<JsonObject> Dataset(Did partner, Uri address, string dataset, CancellationToken cancel)
    {
        var answer = await link.Get(partner.Value, At(address, $"catalog/datasets/{Uri.EscapeDataString(dataset)}"), cancel);
        return answer is { IsAccepted: true, Body: { } body } ? body
            : answer.Status == 404 ? throw new ProblemException("urn:dure:exchange:no-such-dataset", $"{partner} shows no dataset '{dataset}' to this node.", "dataset", "Look into the partner's catalogue; its policy may not let you see it.")
            : throw Unreachable(partner, answer.Failure ?? "its answer is not JSON");
    }

    /// <summary>Asks a partner for a dataset under an offer of its catalogue; the data are fetched as soon as there is an agreement.</summary>
    /// <param name="partner">Who.</param>
    /// <param name="address">Where the partner takes the protocol's messages.</param>
    /// <param name="dataset">The dataset's id.</param>
    /// <param name="offerId">Which of its offers; null: the only one, or the first.</param>
    /// <param name="purposes">What the data are for.</param>
    /// <param name="thenFetches">Whether to fetch at once.</param>
    /// <param name="isPushed">The provider is to bring the data, instead of this node fetching them.</param>
    /// <param name="actor">Who asks.</param>
    public async Task<ExchangeProcess> Ask(Did partner, Uri address, string dataset, string? offerId, ImmutableArray<string> purposes, bool thenFetches, bool isPushed, string actor, CancellationToken cancel)
    {
        var described = await Dataset(partner, address, dataset, cancel);
        var offers = (described["hasPolicy"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var offer = offers.Find(candidate => offerId is null || candidate["@id"]?.ToString() == offerId)
            ?? throw new ProblemException("urn:dure:exchange:no-such-offer", $"There is no offer {offerId ?? "at all"} for '{dataset}'.", "offer", "Look into the partner's catalogue again.");
        Catalog.PolicyJson.Read(offer);
        var asked = Compose.OfferFor(offer, dataset);
        return await desk.Begin(MessageKind.ContractRequest, new ProcessStep.Beginning(Role.Consumer, partner.Value, address, dataset, purposes, null, FormatFor(described, isPushed), thenFetches, AnnouncedIn(described)),
            pid => Compose.FirstRequest(pid, asked, desk.OwnAddress, purposes), actor, cancel);
    }

    /// <summary>Fetches (again) under an agreement.</summary>
    public Task<ExchangeProcess> Fetch(string agreementId, ImmutableArray<string> purposes, string actor, CancellationToken cancel)
    {
        if (!desk.Book.TryFindAgreement(agreementId, out var negotiation) || negotiation.Role != Role.Consumer || negotiation.State != ProcessState.Finalized)
            throw new ProblemException("urn:dure:exchange:no-such-agreement", "There is no such agreement in which this node is the consumer.", agreementId, "List them with: dure exchange agreements");
        var declared = purposes.IsDefaultOrEmpty ? negotiation.Purposes : purposes;
        var format = negotiation.Format ?? Dsp.PullFormat;
        return desk.Begin(MessageKind.TransferRequest, new ProcessStep.Beginning(Role.Consumer, negotiation.Peer, negotiation.PeerAddress, negotiation.Dataset, declared, agreementId, format),
            pid => Compose.TransferRequest(pid, agreementId, format, desk.OwnAddress, null, declared), actor, cancel);
    }

    /// <summary>How it will be handed over: as the catalogue says, and where it names several ways or none that is known here, by fetching it.</summary>
    /// <exception cref="ProblemException">It is to be brought, and cannot be.</exception>
    private static string FormatFor(JsonObject described, bool isPushed)
    {
        var named = (described["distribution"] as JsonArray ?? []).Select(distribution => (distribution as JsonObject)?["format"]?.ToString()).ToList();
        if (isPushed)
            return named.Contains(Dsp.PushFormat) ? Dsp.PushFormat
                : throw new ProblemException("urn:dure:exchange:no-push", "The provider does not bring this; it is there to be fetched.", "push", "Ask for it without push.");
        return named.Contains(Dsp.SeriesFormat) && !named.Contains(Dsp.PullFormat) ? Dsp.SeriesFormat : Dsp.PullFormat;
    }

    private static long? AnnouncedIn(JsonObject described) =>
        described["dcat:byteSize"] is JsonValue size && size.TryGetValue<double>(out var bytes) && bytes >= 0 && bytes < 1L << 50 ? (long)bytes : null;

    /// <summary>Says yes to what waits for a person: as provider to a request, as consumer to the provider's own terms.</summary>
    public Task<ExchangeProcess> Approve(string negotiation, string actor, CancellationToken cancel) => desk.Book.TryFind(ProcessKind.Negotiation, negotiation, out var process) && process.Role == Role.Consumer
        ? desk.Decide(ProcessKind.Negotiation, negotiation, MessageKind.ContractAcceptance, current => Compose.Later(MessageKind.ContractAcceptance, current.ProviderPid, current.ConsumerPid), null, actor, cancel)
        : desk.Decide(ProcessKind.Negotiation, negotiation, MessageKind.ContractAgreement, conduct.AgreementMessage, null, actor, cancel);

    /// <summary>Says no, or ends a negotiation that is under way.</summary>
    public Task<ExchangeProcess> Refuse(string negotiation, string? reason, string actor, CancellationToken cancel) => End(ProcessKind.Negotiation, negotiation, MessageKind.ContractTermination, reason, actor, cancel);

    public Task<ExchangeProcess> Suspend(string transfer, string? reason, string actor, CancellationToken cancel) => End(ProcessKind.Transfer, transfer, MessageKind.TransferSuspension, reason, actor, cancel);

    /// <summary>Starts a suspended transfer again.</summary>
    /// <exception cref="ProblemException">The other side suspended it: then it alone may start it again.</exception>
    public Task<ExchangeProcess> Resume(string transfer, string actor, CancellationToken cancel) => desk.Book.TryFind(ProcessKind.Transfer, transfer, out var process) && process is { Heading: ProcessState.Suspended, IsHeldHere: false }
        ? throw new ProblemException("urn:dure:exchange:held", $"{process.Peer} suspended this transfer.", transfer, "Ask them to start it again.")
        : desk.Decide(ProcessKind.Transfer, transfer, MessageKind.TransferStart, current => Compose.Later(MessageKind.TransferStart, current.ProviderPid, current.ConsumerPid), null, actor, cancel);

    public Task<ExchangeProcess> Terminate(string transfer, string? reason, string actor, CancellationToken cancel) => End(ProcessKind.Transfer, transfer, MessageKind.TransferTermination, reason, actor, cancel);

    private Task<ExchangeProcess> End(ProcessKind kind, string pid, MessageKind message, string? reason, string actor, CancellationToken cancel) =>
        desk.Decide(kind, pid, message, current => Compose.Ending(message, current.ProviderPid, current.ConsumerPid, "decided", reason ?? "A person of this organisation decided so."), reason, actor, cancel);

    private static ProblemException Unreachable(Did partner, string why) =>
        new("urn:dure:exchange:partner-unreachable", $"{partner} does not answer as it should: {why}.", partner.Value, "Check that the partner's node runs and knows this one; then try again.");

    private static Uri At(Uri address, string path) => new($"{address.AbsoluteUri.TrimEnd('/')}/{path}");
}
