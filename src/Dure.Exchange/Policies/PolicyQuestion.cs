using System.Collections.Frozen;
using Dure.Exchange.Identity;

namespace Dure.Exchange.Policies;

/// <summary>Where a policy is judged.</summary>
public enum PolicyPhase
{
    /// <summary>May this partner see the offer?</summary>
    Catalogue,

    /// <summary>May an agreement be made now?</summary>
    Negotiation,

    /// <summary>May a transfer begin or go on?</summary>
    Transfer,

    /// <summary>May these bytes leave?</summary>
    Access,
}

/// <summary>Everything a policy may ask about one use. What is missing here counts as not fulfilled.</summary>
public sealed record PolicyQuestion
{
    public required PolicyPhase Phase { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Who asks, as its identity was verified: a DID.</summary>
    public required string Assignee { get; init; }

    /// <summary>What is asked for, as ODRL names it.</summary>
    public string Action { get; init; } = "use";

    /// <summary>
    /// When the agreement was made. While there is none (catalogue, negotiation) a span after the agreement is judged as if it were made now;
    /// later its absence refuses.
    /// </summary>
    public DateTimeOffset? AgreedAt { get; init; }

    /// <summary>What is known of the partner from credentials that were verified.</summary>
    public PolicyClaims Claims { get; init; } = PolicyClaims.None;

    /// <summary>What the partner says it wants the data for; null while it has not said. Every purpose said must be allowed.</summary>
    public IReadOnlyCollection<string>? Purposes { get; init; }

    /// <summary>Uses already made under the agreement, without the one asked for.</summary>
    public long Uses { get; init; }

    /// <summary>Bytes already delivered under the agreement.</summary>
    public long Bytes { get; init; }
}

/// <summary>Verified facts about a partner, by name; a fact may have several values.</summary>
public sealed class PolicyClaims
{
    /// <summary><c>active</c> while the alliance stands by the membership.</summary>
    public const string Membership = "Membership";

    /// <summary>Where the partner is, such as <c>KR</c>.</summary>
    public const string Region = "region";

    public const string BusinessPartnerNumber = "BusinessPartnerNumber";

    public const string BusinessPartnerGroup = "BusinessPartnerGroup";

    public const string FrameworkAgreement = "FrameworkAgreement";

    public static readonly PolicyClaims None = new(FrozenDictionary<string, FrozenSet<string>>.Empty);

    private readonly FrozenDictionary<string, FrozenSet<string>> values;

    private PolicyClaims(FrozenDictionary<string, FrozenSet<string>> values) => this.values = values;

    /// <summary>These claims and those of which it cannot be learned now whether they still hold; null where there are none such. Nothing is permitted by them.</summary>
    public PolicyClaims? IfAllHold { get; private init; }

    /// <summary>The values of a claim, none when it was not made.</summary>
    public IReadOnlySet<string> this[string name] => values.GetValueOrDefault(name, FrozenSet<string>.Empty);

    /// <summary>The same claims, knowing what they would be if all held.</summary>
    public PolicyClaims OrIfAllHold(PolicyClaims more) => new(values) { IfAllHold = more };

    /// <summary>The same claims and this one; the values of a name that is there already are added to it. Blank values say nothing.</summary>
    public PolicyClaims With(string name, params IEnumerable<string> more)
    {
        var added = more.Where(value => !string.IsNullOrWhiteSpace(value)).Concat(this[name]).ToFrozenSet(StringComparer.Ordinal);
        return new(values.Where(claim => claim.Key != name).Append(new(name, added)).ToFrozenDictionary(StringComparer.Ordinal)) { IfAllHold = IfAllHold?.With(name, added) };
    }
}
