using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>An agreement under which this node holds something of another's.</summary>
/// <param name="Provider">Who gave it.</param>
/// <param name="Dataset">Its id in the provider's catalogue.</param>
/// <param name="Agreement">The agreement, as both sides signed it.</param>
/// <param name="AgreedAt">When it was made.</param>
/// <param name="Purposes">What this node said it wanted the data for.</param>
public sealed record HeldAgreement(string Provider, string Dataset, JsonObject Agreement, DateTimeOffset AgreedAt, ImmutableArray<string> Purposes)
{
    public UsagePolicy Policy { get; } = PolicyJson.Read(Agreement);
}

/// <summary>
/// Under whose rules something stands: the journal is followed from the entry that made it down to the agreements by which its data came. So a
/// dataset or a model carries the rules on however many steps lie between, and what was made of own data alone carries none.
/// </summary>
/// <param name="batches">The kind of entry by which samples came in. There are many, and whoever makes something of them names besides how partners' signals came here.</param>
/// <param name="ownId">This node's identifier.</param>
/// <param name="ownClaims">What trusted alliances say of this node.</param>
public sealed class Obligations(Journal journal, ProcessBook processes, ReceivedBook received, string batches, Func<string> ownId, Func<CancellationToken, ValueTask<PolicyClaims>> ownClaims, TimeProvider time)
{
    public const string NotGranted = "urn:dure:exchange:not-granted";

    /// <summary>What rests on more than this cannot be told to be free of others' rules.</summary>
    private const int MostEntries = 100_000;

    /// <summary>What came from others and went into what an entry made. Of each source all agreements that cover it, the newest first: any one of them is enough.</summary>
    /// <exception cref="ProblemException">It rests on more entries than can be followed.</exception>
    public IReadOnlyList<IReadOnlyList<HeldAgreement>> Of(long entry, CancellationToken cancel)
    {
        var sources = new Dictionary<string, IReadOnlyList<HeldAgreement>>(StringComparer.Ordinal);
        var (seen, negotiations) = (new HashSet<long> { entry }, new HashSet<string>(StringComparer.Ordinal));
        for (var ahead = new Queue<long>([entry]); ahead.TryDequeue(out var next);)
        {
            cancel.ThrowIfCancellationRequested();
            var read = journal.Entry(next);
            if (read.Kind == ProcessStep.NegotiationEntry)
            {
                if (negotiations.Add(read.Subject) && processes.TryFind(ProcessKind.Negotiation, read.Subject, out var negotiation) && negotiation is { Role: Role.Consumer, AgreementId: { } agreement })
                    sources[SourceOf(agreement)] = AgreementsOf(agreement);
                continue;
            }
            foreach (var rests in Lineage.From(read).Refs)
                if (journal.KindOf(rests.Entry) != batches && seen.Add(rests.Entry))
                    ahead.Enqueue(rests.Entry);
            if (seen.Count > MostEntries)
                throw new ProblemException("urn:dure:exchange:lineage-too-long", $"It rests on more than {MostEntries} entries of the journal.", $"journal entry {entry}", "Go on from something that was made in fewer steps.");
        }
        return [.. sources.Values];
    }

    /// <summary>The rules of others under which data may be handed on as they came; null when all of them are this node's own.</summary>
    /// <param name="name">What they are called, for the refusal.</param>
    /// <param name="entry">The journal entry that made them.</param>
    /// <exception cref="ProblemException">Of type <see cref="NotGranted"/>: of some source no agreement grants it, or not now.</exception>
    public Task<UsagePolicy?> ToPassOn(string name, long entry, CancellationToken cancel) => Demand(PolicyNames.Distribute, name, entry, cancel);

    /// <summary>The rules of others under which something new may be made of data, such as a model, and offered; null when all of them are this node's own.</summary>
    /// <inheritdoc cref="ToPassOn"/>
    public Task<UsagePolicy?> ToDerive(string name, long entry, CancellationToken cancel) => Demand(PolicyNames.Derive, name, entry, cancel);

    private async Task<UsagePolicy?> Demand(string action, string name, long entry, CancellationToken cancel)
    {
        var sources = Of(entry, cancel);
        if (sources.Count == 0)
            return null;
        var claims = await ownClaims(cancel);
        return PolicyInheritance.CombineReceived(sources.Select(source => Granting(source, action, name, claims)).Select(agreement => (agreement.Policy, agreement.AgreedAt)));
    }

    private HeldAgreement Granting(IReadOnlyList<HeldAgreement> source, string action, string name, PolicyClaims claims)
    {
        foreach (var agreement in source)
            if (Judge(agreement, action, claims) is PolicyDecision.Permitted)
                return agreement;
        var (newest, reasons) = (source[0], ((PolicyDecision.Refused)Judge(source[0], action, claims)).Reasons);
        var what = action == PolicyNames.Derive ? "making something new of it" : "passing it on";
        throw new ProblemException(NotGranted, $"'{name}' rests on '{newest.Dataset}' of {newest.Provider}, and no agreement grants {what} now. {string.Join(" ", reasons.Take(4).Select(reason => reason.Sentence))}",
            $"agreement {newest.Agreement["@id"]}", "Ask the provider for terms that grant it, and receive it under them.");
    }

    private PolicyDecision Judge(HeldAgreement agreement, string action, PolicyClaims claims) => PolicyJudge.Decide(agreement.Policy, new PolicyQuestion
    {
        Phase = PolicyPhase.Transfer,
        Action = action,
        Now = time.GetUtcNow(),
        Assignee = ownId(),
        AgreedAt = agreement.AgreedAt,
        Claims = claims,
        Purposes = agreement.Purposes.IsDefaultOrEmpty ? null : agreement.Purposes,
    });

    /// <summary>The same bytes under two agreements are one source.</summary>
    private string SourceOf(string agreement) => received.UnderAgreement(agreement) is [var first, ..] ? first.Artefact : agreement;

    private IReadOnlyList<HeldAgreement> AgreementsOf(string agreementId) =>
        [.. received.UnderAgreement(agreementId).SelectMany(arrived => received.Of(arrived.Artefact)).Select(arrived => arrived.AgreementId).OfType<string>().Append(agreementId).Distinct()
            .Select(Held).OfType<HeldAgreement>().OrderByDescending(held => held.AgreedAt)];

    private HeldAgreement? Held(string agreementId) => processes.TryFindAgreement(agreementId, out var negotiation) && negotiation.Agreement is { } agreement
        ? new HeldAgreement(negotiation.Peer, negotiation.Dataset, agreement, UsageJudge.AgreedAt(agreement) ?? negotiation.Changed, negotiation.Purposes)
        : null;
}
