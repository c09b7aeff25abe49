using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;

namespace Dure.Exchange.Conduct;

/// <summary>Puts the question of one use together (who, when, what for, how often before) and has the policy judge it. All four places of enforcement ask here.</summary>
public sealed class UsageJudge(ProcessBook processes, UsageBook usage, IPartnerClaims claims, TimeProvider time)
{
    /// <summary>How old an issuer's word on a membership may be before an agreement or a transfer.</summary>
    public static readonly TimeSpan ClaimsMaxAge = TimeSpan.FromSeconds(30);

    /// <summary>How old it may be while data flow.</summary>
    public static readonly TimeSpan ClaimsMaxAgeInStream = TimeSpan.FromMilliseconds(500);

    private readonly ConditionalWeakTable<JsonObject, UsagePolicy> rules = [];

    /// <summary>What is known of a partner, for many questions in a row.</summary>
    public ValueTask<PolicyClaims> ClaimsOf(string partner, CancellationToken cancel) => claims.Of(partner, ClaimsMaxAge, cancel);

    /// <summary>May this partner see the offering?</summary>
    public bool MaySee(Offering offering, string partner, PolicyClaims known, IReadOnlyCollection<string>? purposes) =>
        Decide(offering.Policy, PolicyPhase.Catalogue, offering.OfferId, partner, known, purposes, processes.FirstAgreement(offering.OfferId, partner)) is PolicyDecision.Permitted;

    /// <summary>May an agreement on the offer be made now?</summary>
    public async ValueTask<PolicyDecision> MayAgree(Offering offering, ExchangeProcess negotiation, CancellationToken cancel) =>
        Decide(offering.Policy, PolicyPhase.Negotiation, offering.OfferId, negotiation.Peer, await ClaimsOf(negotiation.Peer, cancel), Declared(negotiation), processes.FirstAgreement(offering.OfferId, negotiation.Peer));

    /// <summary>May a transfer under the agreement begin, or its data flow?</summary>
    /// <param name="negotiation">The finalized negotiation.</param>
    /// <param name="phase">Transfer or access.</param>
    /// <param name="purposes">The purposes declared for this transfer; null: those of the negotiation.</param>
    /// <param name="isCounted">The use asked about has been counted already.</param>
    /// <param name="ahead">Bytes that have been counted ahead and may still leave.</param>
    public async ValueTask<PolicyDecision> MayUse(ExchangeProcess negotiation, PolicyPhase phase, IReadOnlyCollection<string>? purposes, bool isCounted, long ahead, CancellationToken cancel)
    {
        var agreement = negotiation.Agreement!; // finalized: it has one
        var known = await claims.Of(negotiation.Peer, phase == PolicyPhase.Access ? ClaimsMaxAgeInStream : ClaimsMaxAge, cancel);
        var offerId = OfferIdOf(negotiation);
        return Decide(RulesOf(agreement), phase, offerId, negotiation.Peer, known, purposes ?? Declared(negotiation), processes.FirstAgreement(offerId, negotiation.Peer) ?? AgreedAt(agreement), isCounted, ahead);
    }

    /// <summary>The offer an agreement came from: what uses are counted under.</summary>
    public static string OfferIdOf(ExchangeProcess negotiation) => negotiation.Offer!["@id"]!.GetValue<string>();

    /// <summary>When an agreement was made, by its own words; null when it does not say.</summary>
    public static DateTimeOffset? AgreedAt(JsonObject agreement) =>
        agreement["timestamp"] is JsonValue value && value.TryGetValue<string>(out var text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>Agreements are judged again and again, and never change: each is read once.</summary>
    private UsagePolicy RulesOf(JsonObject agreement) => rules.GetValue(agreement, static document => PolicyJson.Read(document));

    private static IReadOnlyCollection<string>? Declared(ExchangeProcess process) => process.Purposes.IsDefaultOrEmpty ? null : process.Purposes;

    private PolicyDecision Decide(UsagePolicy policy, PolicyPhase phase, string offerId, string partner, PolicyClaims known, IReadOnlyCollection<string>? purposes, DateTimeOffset? agreedAt, bool isCounted = false, long ahead = 0)
    {
        if (claims.IsBlocked(partner))
            return new PolicyDecision.Refused([new Refusal(RefusalReasons.WrongPartner, partner)]);
        var used = usage.Of(offerId, partner);
        var question = new PolicyQuestion
        {
            Phase = phase,
            Now = time.GetUtcNow(),
            Assignee = partner,
            AgreedAt = agreedAt,
            Claims = known,
            Purposes = purposes,
            Uses = isCounted ? Math.Max(0, used.Uses - 1) : used.Uses,
            Bytes = Math.Max(0, used.Bytes - ahead),
        };
        var decision = PolicyJudge.Decide(policy, question);
        return decision is not PolicyDecision.Refused refused || known.IfAllHold is not { } more ? decision
            : refused with { IsUnsure = PolicyJudge.Decide(policy, question with { Claims = more }) is PolicyDecision.Permitted };
    }
}
