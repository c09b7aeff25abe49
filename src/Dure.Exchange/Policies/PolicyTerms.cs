using System.Globalization;
using Dure.Exchange.Identity;
using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>
/// What a provider usually wants to say, as a form: each field is one condition, and all that are filled in must hold. Every form is a policy;
/// the policies that are a form come back as the same form.
/// </summary>
public sealed record PolicyTerms
{
    /// <summary>Only active members of the alliance.</summary>
    public bool MembersOnly { get; init; }

    /// <summary>The first instant at which it may be used.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The first instant at which it may no longer be used: for "until 31 December" the midnight that ends that day.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>So many times 24 hours after the agreement.</summary>
    public int? DaysAfterAgreement { get; init; }

    /// <summary>Downloads under one agreement.</summary>
    public long? MaxUses { get; init; }

    /// <summary>Bytes delivered under one agreement, all downloads together.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The partner is in one of these, such as <c>KR</c>; empty for anywhere.</summary>
    public Sequence<string> Regions { get; init; } = [];

    /// <summary>The partner may use it for these and nothing else; empty for anything.</summary>
    public Sequence<string> Purposes { get; init; } = [];

    /// <summary>The DIDs of those who may use it; empty for anyone.</summary>
    public Sequence<string> Partners { get; init; } = [];

    /// <summary>The partner may hand it on, under the same conditions. Not unless said.</summary>
    public bool MayPassOn { get; init; }

    /// <summary>The partner may make something new of it, a model for example, under the same conditions. Not unless said.</summary>
    public bool MayDerive { get; init; }

    /// <summary>
    /// Reads what a person types, in English or Korean: "members only, until 31 December 2026, three downloads",
    /// "회원만, 2026년 12월 31일까지, 세 번". A day that is named belongs to the time allowed from its first to its last instant in
    /// <paramref name="zone"/>; one without a year is the next such day from <paramref name="today"/> on.
    /// </summary>
    /// <exception cref="ProblemException">Something was not understood, said twice or makes no sense; the problem shows which part.</exception>
    public static PolicyTerms Parse(string words, DateOnly today, TimeZoneInfo zone) => new PolicyTermsParser(words, today, zone).Parse();

    /// <summary>What is wrong with the form, or null.</summary>
    public Problem? Check() =>
        Until is { } end && NotBefore is { } start && start >= end ? Wrong(nameof(Until), "The end lies before the beginning.", "Give a later end.")
        : DaysAfterAgreement is < 1 ? Wrong(nameof(DaysAfterAgreement), "There must be one day at least.", "Give 1 or more.")
        : MaxUses is < 1 or > MaxAmount ? Wrong(nameof(MaxUses), "There must be one use at least.", "Give 1 or more.")
        : MaxBytes is < 1 or > MaxAmount ? Wrong(nameof(MaxBytes), "There must be one byte at least.", "Give 1 or more.")
        : Partners.FirstOrDefault(partner => !Did.TryParse(partner, out _)) is { } partner ? Wrong(nameof(Partners), $"'{PolicyText.Shown(partner)}' does not name a partner.", "Give a DID, such as did:web:lab.example.")
        : Bad(Regions) is { } region ? Wrong(nameof(Regions), $"'{PolicyText.Shown(region)}' is no region.", "Give a code, such as KR.")
        : Bad(Purposes) is { } purpose ? Wrong(nameof(Purposes), $"'{PolicyText.Shown(purpose)}' is no purpose.", "Give a short name.")
        : null;

    /// <exception cref="ProblemException">A field makes no sense.</exception>
    public UsagePolicy ToPolicy()
    {
        if (Check() is { } problem)
            throw new ProblemException(problem);
        List<PolicyConstraint> onAnyUse = [];
        if (MembersOnly)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.Membership, PolicyOperator.Eq, "active"));
        if (NotBefore is { } start)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.DateTime, PolicyOperator.Gteq, PolicyTime.Written(start)));
        if (Until is { } end)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.DateTime, PolicyOperator.Lt, PolicyTime.Written(end)));
        if (DaysAfterAgreement is { } days)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.InForceDate, PolicyOperator.Lteq, $"contractAgreement+{days}d"));
        if (Regions.Count > 0)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.Spatial, PolicyOperator.IsAnyOf, PolicyValue.ListOf(Regions)));
        if (Purposes.Count > 0)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.Purpose, PolicyOperator.IsAnyOf, PolicyValue.ListOf(Purposes)));
        if (Partners.Count > 0)
            onAnyUse.Add(new PolicyConstraint.Atomic(PolicyNames.Recipient, PolicyOperator.IsAnyOf, PolicyValue.ListOf(Partners)));
        List<PolicyConstraint> onDownload = [.. onAnyUse];
        if (MaxUses is { } uses)
            onDownload.Add(new PolicyConstraint.Atomic(PolicyNames.Count, PolicyOperator.Lteq, uses.ToString(CultureInfo.InvariantCulture)));
        if (MaxBytes is { } bytes)
            onDownload.Add(new PolicyConstraint.Atomic(PolicyNames.Bytes, PolicyOperator.Lteq, bytes.ToString(CultureInfo.InvariantCulture)));
        List<PolicyRule> rules = [new(PolicyNames.Use, [.. onDownload])];
        if (MayPassOn)
            rules.Add(new PolicyRule(PolicyNames.Distribute, [.. onAnyUse]));
        if (MayDerive)
            rules.Add(new PolicyRule(PolicyNames.Derive, [.. onAnyUse]));
        return new UsagePolicy { Permissions = [.. rules] };
    }

    /// <summary>The form that makes exactly these rules, if there is one.</summary>
    public static bool TryFrom(UsagePolicy policy, out PolicyTerms terms)
    {
        terms = new PolicyTerms
        {
            MayPassOn = policy.Permissions.Any(rule => PolicyNames.Action(rule.Action) == PolicyNames.Distribute),
            MayDerive = policy.Permissions.Any(rule => PolicyNames.Action(rule.Action) == PolicyNames.Derive),
        };
        foreach (var constraint in policy.Permissions.Where(rule => PolicyNames.Action(rule.Action) == PolicyNames.Use).SelectMany(rule => rule.Constraints))
            terms = terms.And(constraint);
        // Whatever did not fit a field, or stood where the form has nothing, shows here: what the form makes is not the same then.
        return terms.Check() is null && terms.ToPolicy().SameRulesAs(policy);
    }

    private PolicyTerms And(PolicyConstraint constraint)
    {
        if (constraint is not PolicyConstraint.Atomic { RightOperand: var right } atomic)
            return this;
        Sequence<string> listed() => [.. PolicyLiteral.TextsOf(right) ?? []];
        return (PolicyNames.Operand(atomic.LeftOperand), atomic.Operator) switch
        {
            (PolicyNames.Membership, PolicyOperator.Eq) => this with { MembersOnly = true },
            (PolicyNames.DateTime, PolicyOperator.Gteq) => this with { NotBefore = PolicyTime.Read(PolicyLiteral.TextOf(right)) },
            (PolicyNames.DateTime, PolicyOperator.Lt) => this with { Until = PolicyTime.Read(PolicyLiteral.TextOf(right)) },
            (PolicyNames.InForceDate, PolicyOperator.Lteq) => this with { DaysAfterAgreement = PolicyTime.DaysAfterAgreement(PolicyLiteral.TextOf(right)) },
            (PolicyNames.Count, PolicyOperator.Lteq) => this with { MaxUses = PolicyLiteral.NumberOf(right) },
            (PolicyNames.Bytes, PolicyOperator.Lteq) => this with { MaxBytes = PolicyLiteral.NumberOf(right) },
            (PolicyNames.Spatial, PolicyOperator.IsAnyOf) => this with { Regions = listed() },
            (PolicyNames.Purpose, PolicyOperator.IsAnyOf) => this with { Purposes = listed() },
            (PolicyNames.Recipient, PolicyOperator.IsAnyOf) => this with { Partners = listed() },
            _ => this,
        };
    }

    private const long MaxAmount = 999_999_999_999_999_999;

    // A name that cannot be shown as it is would be agreed to unseen.
    private static string? Bad(Sequence<string> names) => names.FirstOrDefault(name => string.IsNullOrWhiteSpace(name) || PolicyText.Shown(name) != name);

    private static Problem Wrong(string field, string what, string mend) => new("urn:dure:exchange:bad-terms", what, field, mend);
}
