using System.Collections.Concurrent;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>What lies behind the door: what is offered, and the path of its file.</summary>
public sealed record Goods(Offering Offering, string Path);

/// <summary>
/// The one door by which data leave. Each request is judged, counted before its first byte, and ended within half a second of the policy,
/// the membership or a person saying no.
/// </summary>
public sealed class DataDoor : IDisposable
{
    public const string Unauthorised = "urn:dure:exchange:unauthorised";
    public const string Refused = "urn:dure:exchange:refused";

    /// <summary>It is asked for more often than the journal, which holds each part that leaves, shall grow.</summary>
    public const string TooOften = "urn:dure:exchange:too-often";

    /// <summary>Nothing says no, but what the rules ask for cannot be learned now: asking again later is worth it.</summary>
    public const string Unsure = "urn:dure:exchange:not-known-now";

    private const int MaxOpen = 256;
    private const int MaxOpenPerPartner = 32;
    private const int RequestsPerMinute = 60;

    /// <summary>Series may flow for months at a few bytes a second: so much is entered ahead that the journal does not grow with each piece.</summary>
    private const long SeriesAhead = 256 * 1024;

    private readonly ProcessBook processes;
    private readonly OfferingBook offerings;
    private readonly UsageBook usage;
    private readonly UsageJudge judge;
    private readonly TransferTokens tokens;
    private readonly IShelf shelf;
    private readonly TimeProvider time;
    private readonly ProcessGates gates = new();
    private readonly ConcurrentDictionary<Passage, bool> open = new();
    private readonly ConcurrentDictionary<string, long> forgiven = new(StringComparer.Ordinal);
    private readonly Pace pace;

    public DataDoor(ProcessBook processes, OfferingBook offerings, UsageBook usage, UsageJudge judge, TransferTokens tokens, IShelf shelf, TimeProvider time)
    {
        (this.processes, this.offerings, this.usage, this.judge, this.tokens, this.shelf, this.time) = (processes, offerings, usage, judge, tokens, shelf, time);
        pace = new Pace(RequestsPerMinute, TimeSpan.FromMinutes(1) / RequestsPerMinute, time);
        processes.Changed += StopWhatEnded;
    }

    /// <summary>The passages that are open now.</summary>
    public IReadOnlyCollection<Passage> Open => [.. open.Keys];

    /// <summary>Looks at what would be handed over, without counting a use.</summary>
    /// <exception cref="ProblemException">Of type <see cref="Unauthorised"/> when the token opens nothing, <see cref="Refused"/> with the reason when it may not be used now.</exception>
    public async Task<Goods> Look(string pid, string? authorization, CancellationToken cancel)
    {
        var (_, negotiation, offering, path) = Find(pid, authorization);
        var hasUse = usage.OfTransfer(pid).Uses > 0;
        if (await judge.MayUse(negotiation, PolicyPhase.Access, null, isCounted: hasUse, ahead: 0, cancel) is PolicyDecision.Refused refused)
            throw Refuse(refused);
        return new Goods(offering, path);
    }

    /// <summary>Opens the way for the bytes from <paramref name="from"/> on. A request for the whole is a new use; one for a part goes on with the last, as far as that reaches.</summary>
    /// <param name="pid">The transfer.</param>
    /// <param name="authorization">The value of the Authorization header.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="length">How many bytes at most.</param>
    /// <param name="isPart">A range was asked for: with one from the first byte on, a consumer that fell begins again without a new use.</param>
    /// <exception cref="ProblemException">As <see cref="Look"/>.</exception>
    public async Task<Passage> Enter(string pid, string? authorization, long from, long length, bool isPart, CancellationToken cancel)
    {
        var (transfer, negotiation, offering, path) = Find(pid, authorization);
        return await Enter(transfer, negotiation, offering, path, from, length, isPart, isBrought: false, cancel);
    }

    /// <summary>What a transfer brings to its consumer: as <see cref="Look"/>, for this node itself.</summary>
    internal (ExchangeProcess Transfer, Goods Goods) LookToBring(string pid)
    {
        var (transfer, _, offering, path) = Behind(processes.TryFind(ProcessKind.Transfer, pid, out var found) ? found : throw new ArgumentException("There is no such transfer.", nameof(pid)), isSeries: false);
        return (transfer, new Goods(offering, path));
    }

    /// <summary>Opens the way for bytes that this node brings to its consumer; they are judged and counted as those that are fetched.</summary>
    internal async Task<Passage> EnterToBring(ExchangeProcess transfer, long from, long length, CancellationToken cancel)
    {
        var (_, negotiation, offering, path) = Behind(transfer, isSeries: false);
        return await Enter(transfer, negotiation, offering, path, from, length, isPart: true, isBrought: true, cancel);
    }

    private async Task<Passage> Enter(ExchangeProcess transfer, ExchangeProcess negotiation, Offering offering, string path, long from, long length, bool isPart, bool isBrought, CancellationToken cancel)
    {
        var pid = transfer.Pid;
        CheckRoom(transfer.Peer);
        var offerId = UsageJudge.OfferIdOf(negotiation);
        using var _ = await gates.Enter($"{offerId} {negotiation.Peer}", cancel);
        var before = usage.OfTransfer(pid);
        var isNewUse = before.Uses == 0 || !GoesOn(pid, before, from, length, isPart, new FileInfo(path).Length);
        var decision = await judge.MayUse(negotiation, PolicyPhase.Access, PurposesOf(transfer), isCounted: !isNewUse, ahead: 0, cancel);
        if (decision is PolicyDecision.Refused refused)
            throw Refuse(refused);
        // What this node brings keeps pauses of its own.
        if (!isBrought && !pace.TryTake(pid))
            throw new ProblemException(TooOften, $"More than {RequestsPerMinute} requests came in a minute.", "data", "Ask for more at once, or again in a while.");
        var counted = 0L;
        if (isNewUse)
        {
            forgiven[pid] = 0;
            // A use and its first bytes are one entry: it is waited for once.
            counted = Math.Min(Math.Min(Passage.Portion, length), (decision as PolicyDecision.Permitted)?.BytesLeft ?? long.MaxValue);
            await usage.Enter(pid, transfer.AgreementId!, offerId, transfer.Peer, isNewUse: true, counted, cancel);
        }
        return Opened(new Passage(this, transfer, negotiation, offering, path, from, length, counted, time));
    }

    /// <summary>
    /// How many bytes one use may take of a content: all of it once, and for what was on its way when lines broke a quarter more, 128 MiB at most, and
    /// one part in 64. A line holds up to some 40 MiB that have left and not arrived (the buffers of both systems), and the other side may be cut off more than once. Of a small content all may be on its way.
    /// </summary>
    internal static long MostOfUse(long content) => content + Math.Max(Math.Min(content, 256 * 1024), Math.Min(128 << 20, content / 4) + content / 64);

    /// <summary>Whether a request still belongs to the newest use: what other streams of it may still take is as good as taken.</summary>
    private bool GoesOn(string pid, TransferUsage before, long from, long length, bool isPart, long content)
    {
        if (from == 0 && !isPart)
            return before.BytesOfUse == 0 && !open.Keys.Any(passage => passage.Transfer.Pid == pid);
        // What was entered ahead when the node fell may never have left: the first request after a start says how far the consumer is.
        var neverLeft = forgiven.GetOrAdd(pid, Math.Clamp(before.BytesOfUse - from, 0, Passage.Portion));
        var rivals = open.Keys.Where(passage => passage.Transfer.Pid == pid).ToList();
        var taken = before.BytesOfUse - neverLeft + rivals.Sum(passage => passage.NotCounted);
        if (taken + length <= MostOfUse(content))
            return true;
        // A line that was cut may look open from here for a while: whoever asks for its bytes anew takes its place.
        var replaced = rivals.Where(passage => passage.From < from + length && from < passage.From + passage.Length).ToList();
        if (taken - replaced.Sum(passage => passage.NotCounted + passage.Ahead) + length > MostOfUse(content))
            return false;
        foreach (var passage in replaced)
            passage.Stop("It was asked for anew by another line.");
        return true;
    }

    /// <summary>Looks at series that would be handed over: whether they may flow now, and when that was agreed on.</summary>
    /// <exception cref="ProblemException">As <see cref="Look"/>.</exception>
    internal async Task<(ExchangeProcess Transfer, Offering Offering, long Agreed, DateTimeOffset AgreedAt)> LookAtSeries(string pid, string? authorization, CancellationToken cancel)
    {
        var (transfer, negotiation, offering, _) = Find(pid, authorization, isSeries: true);
        if (await judge.MayUse(negotiation, PolicyPhase.Access, PurposesOf(transfer), isCounted: usage.OfTransfer(pid).Uses > 0, ahead: AheadOf(pid), cancel) is PolicyDecision.Refused refused)
            throw Refuse(refused);
        var (agreed, agreedAt) = negotiation.Finalized!.Value; // Find lets final ones through only
        return (transfer, offering, agreed.Entry, agreedAt);
    }

    /// <summary>Opens the way for series. One use is one transfer, however often the line is cut; bytes are counted as those of files.</summary>
    /// <exception cref="ProblemException">As <see cref="Look"/>.</exception>
    internal async Task<Passage> EnterSeries(string pid, string? authorization, CancellationToken cancel)
    {
        var (transfer, negotiation, offering, _) = Find(pid, authorization, isSeries: true);
        CheckRoom(transfer.Peer);
        var offerId = UsageJudge.OfferIdOf(negotiation);
        using var _ = await gates.Enter($"{offerId} {negotiation.Peer}", cancel);
        var isNewUse = usage.OfTransfer(pid).Uses == 0;
        if (await judge.MayUse(negotiation, PolicyPhase.Access, PurposesOf(transfer), isCounted: !isNewUse, ahead: 0, cancel) is PolicyDecision.Refused refused)
            throw Refuse(refused);
        if (isNewUse)
            await usage.Enter(pid, transfer.AgreementId!, offerId, transfer.Peer, isNewUse: true, 0, cancel);
        return Opened(new Passage(this, transfer, negotiation, offering, "", 0, long.MaxValue, 0, time) { MostAhead = SeriesAhead });
    }

    public void Dispose()
    {
        processes.Changed -= StopWhatEnded;
        foreach (var passage in open.Keys)
            passage.Stop("The node stops.");
    }

    /// <summary>Closes a passage and gives back what was entered and not sent, in one go: whoever asks for the rest just then finds it before or after.</summary>
    internal async Task Leave(Passage passage, long left)
    {
        using var _ = await gates.Enter($"{UsageJudge.OfferIdOf(passage.Negotiation)} {passage.Negotiation.Peer}", CancellationToken.None);
        try
        {
            if (left > 0)
                await Enter(passage, -left, CancellationToken.None);
        }
        finally
        {
            open.TryRemove(passage, out bool _);
        }
    }

    /// <summary>Judges a flowing stream again: what was counted ahead for it may still leave.</summary>
    internal ValueTask<PolicyDecision> Judge(Passage passage, CancellationToken cancel) =>
        judge.MayUse(passage.Negotiation, PolicyPhase.Access, PurposesOf(passage.Transfer), isCounted: true, Math.Max(1, passage.Ahead), cancel);

    /// <summary>Enters the next bytes of a stream: as many of those wanted as the policy leaves, at least those needed.</summary>
    internal async Task<long> Count(Passage passage, long needed, long wanted, CancellationToken cancel)
    {
        var offerId = UsageJudge.OfferIdOf(passage.Negotiation);
        using var _ = await gates.Enter($"{offerId} {passage.Negotiation.Peer}", cancel);
        cancel.ThrowIfCancellationRequested(); // replaced by another line while it waited
        var left = await judge.MayUse(passage.Negotiation, PolicyPhase.Access, PurposesOf(passage.Transfer), isCounted: true, ahead: 0, cancel) switch
        {
            PolicyDecision.Refused refused => throw Refuse(refused),
            PolicyDecision.Permitted { BytesLeft: { } some } when some < needed => throw new ProblemException(Refused, $"Only {some} bytes more may be delivered.", "policy: bytes-used-up", "Negotiate anew."),
            PolicyDecision.Permitted { BytesLeft: { } some } => some,
            _ => long.MaxValue,
        };
        var granted = Math.Min(wanted, left);
        await Enter(passage, granted, cancel);
        return granted;
    }

    private Task Enter(Passage passage, long bytes, CancellationToken cancel) =>
        usage.Enter(passage.Transfer.Pid, passage.Transfer.AgreementId!, UsageJudge.OfferIdOf(passage.Negotiation), passage.Transfer.Peer, isNewUse: false, bytes, cancel);

    private void CheckRoom(string partner)
    {
        if (open.Count >= MaxOpen || open.Keys.Count(passage => passage.Transfer.Peer == partner) >= MaxOpenPerPartner)
            throw new ProblemException("urn:dure:exchange:too-busy", $"{MaxOpen} streams are open, or {MaxOpenPerPartner} of yours.", "data", "Try again in a minute.");
    }

    private Passage Opened(Passage passage)
    {
        open[passage] = true;
        // What was stopped between the first look and now did not find this passage among those open.
        if (!processes.TryFind(ProcessKind.Transfer, passage.Transfer.Pid, out var now) || now.Heading != ProcessState.Started)
            passage.Stop(now?.Reason ?? "The transfer was stopped.");
        return passage;
    }

    /// <summary>What was counted ahead for a transfer and may still leave.</summary>
    /// <summary>Bytes that are counted for a transfer and have not left yet.</summary>
    public long AheadOf(string pid) => open.Keys.Where(passage => passage.Transfer.Pid == pid).Sum(passage => passage.Ahead);

    private static IReadOnlyCollection<string>? PurposesOf(ExchangeProcess transfer) => transfer.Purposes.IsEmpty ? null : transfer.Purposes;

    private (ExchangeProcess Transfer, ExchangeProcess Negotiation, Offering Offering, string Path) Find(string pid, string? authorization, bool isSeries = false)
    {
        // A wrong token and a transfer that does not exist are told alike.
        if (!processes.TryFind(ProcessKind.Transfer, pid, out var transfer) || transfer.Role != Role.Provider || !tokens.Opens(transfer, authorization))
            throw new ProblemException(Unauthorised, "This token opens nothing.", "header Authorization", "Use the token of the transfer's newest start message.");
        return Behind(transfer, isSeries);
    }

    private (ExchangeProcess Transfer, ExchangeProcess Negotiation, Offering Offering, string Path) Behind(ExchangeProcess transfer, bool isSeries)
    {
        // A stop counts from the decision on, whether the other side has acknowledged it or not.
        if (transfer.Heading != ProcessState.Started)
            throw new ProblemException(Refused, $"The transfer is {transfer.Heading.Wire()}.{(transfer.Reason is { } reason ? $" {reason}" : "")}", "transfer", "Ask for it to be started again, or for a new one.");
        if (!processes.TryFindAgreement(transfer.AgreementId!, out var negotiation) || negotiation.Heading != ProcessState.Finalized
            || !offerings.TryFindOffer(UsageJudge.OfferIdOf(negotiation), out var offering) || isSeries != offering.Series is not null || (isSeries ? "" : shelf.PathOf(offering)) is not { } path)
            throw new ProblemException(Refused, "What was agreed on is no longer there.", "dataset", "Ask the provider.");
        return (transfer, negotiation, offering, path);
    }

    private void StopWhatEnded(ExchangeProcess changed)
    {
        if (changed.Kind != ProcessKind.Transfer || changed.Heading == ProcessState.Started)
            return;
        if (changed.State.IsFinal())
        {
            forgiven.TryRemove(changed.Pid, out _);
            pace.Forget(changed.Pid);
        }
        foreach (var passage in open.Keys.Where(passage => passage.Transfer.Pid == changed.Pid))
            passage.Stop(changed.Reason ?? $"The transfer is {changed.Heading.Wire()}.");
    }

    private static ProblemException Refuse(PolicyDecision.Refused refused) =>
        new(refused.IsUnsure ? Unsure : Refused, string.Join(" ", refused.Reasons.Take(8).Select(reason => reason.Sentence)), $"policy: {refused.Reasons[0].Reason}",
            refused.IsUnsure ? "Ask again in a while: it cannot be learned now whether your membership or another claim holds." : "Ask the provider for other terms.");
}
