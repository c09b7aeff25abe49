using Dure.Exchange.Identity;

namespace Dure.Exchange.Policies;

/// <summary>
/// Says what each condition asks for, and looks up everything about the question that does not move. This is the list of what is enforced:
/// what is not here is not known, and refuses.
/// </summary>
internal sealed class ConstraintJudge(PolicyQuestion question)
{
    /// <summary>So many values of one claim are looked at; a partner that states more states nothing.</summary>
    private const int MaxClaimed = 64;

    /// <summary>How far the clocks of two nodes may differ before an agreement made "later than now" is none.</summary>
    private static readonly TimeSpan clockTolerance = TimeSpan.FromMinutes(5);

    // Before there is an agreement the question is whether one made now would allow the use: what counts from it then moves along with the time.
    private readonly bool isBeforeAgreement = question.AgreedAt is null && question.Phase is PolicyPhase.Catalogue or PolicyPhase.Negotiation;

    private DateTimeOffset? AgreedAt => isBeforeAgreement ? question.Now : question.AgreedAt is { } at && at - question.Now <= clockTolerance ? at : null;

    /// <summary>Whether a comparison is one that is enforced, whatever is asked.</summary>
    public static bool Understands(PolicyConstraint.Atomic atomic)
    {
        var judge = new ConstraintJudge(new PolicyQuestion { Phase = PolicyPhase.Access, Now = DateTimeOffset.UnixEpoch, AgreedAt = DateTimeOffset.UnixEpoch, Assignee = "?", Purposes = ["?"] });
        return judge.Judge((PolicyConstraint)atomic) is not FixedConstraint { Reason: RefusalReasons.UnknownOperand or RefusalReasons.UnknownOperator or RefusalReasons.BadOperand or RefusalReasons.UnknownMember };
    }

    public JudgedConstraint Judge(PolicyConstraint constraint) => constraint switch
    {
        PolicyConstraint.Group group => new JudgedGroup(group, [.. group.Members.Select(Judge)]),
        { Foreign: [var first, ..] } => new FixedConstraint(constraint, Truth.Unknown, RefusalReasons.UnknownMember),
        PolicyConstraint.Atomic atomic => Judge(atomic),
        _ => new FixedConstraint(constraint, Truth.Unknown, RefusalReasons.UnknownOperand),
    };

    private JudgedConstraint Judge(PolicyConstraint.Atomic atomic) => PolicyNames.Operand(atomic.LeftOperand) switch
    {
        PolicyNames.DateTime => Instant(atomic),
        PolicyNames.InForceDate => InForce(atomic),
        PolicyNames.UsageEndDate or PolicyNames.ProvisioningEndDate => EndDate(atomic),
        PolicyNames.UsageEndDays or PolicyNames.ProvisioningEndDays => EndDays(atomic),
        PolicyNames.ElapsedTime => Elapsed(atomic),
        PolicyNames.Count => Amount(atomic, Axis.Use, RefusalReasons.CountUsedUp),
        PolicyNames.Bytes => Amount(atomic, Axis.Byte, RefusalReasons.BytesUsedUp),
        PolicyNames.Spatial => Each(atomic, question.Claims[PolicyClaims.Region], RefusalReasons.WrongRegion, RefusalReasons.ClaimMissing),
        PolicyNames.Membership => Each(atomic, question.Claims[PolicyClaims.Membership], RefusalReasons.NotAMember, RefusalReasons.NotAMember),
        PolicyNames.Purpose or PolicyNames.UsagePurpose => Purpose(atomic),
        PolicyNames.PartnerNumber => Any(atomic, question.Claims[PolicyClaims.BusinessPartnerNumber], RefusalReasons.WrongPartner, RefusalReasons.ClaimMissing),
        PolicyNames.PartnerGroup => Any(atomic, question.Claims[PolicyClaims.BusinessPartnerGroup], RefusalReasons.WrongGroup, RefusalReasons.ClaimMissing),
        PolicyNames.FrameworkAgreement => Any(atomic, question.Claims[PolicyClaims.FrameworkAgreement], RefusalReasons.NoFrameworkAgreement, RefusalReasons.NoFrameworkAgreement),
        PolicyNames.Assignee or PolicyNames.Recipient => Asker(atomic),
        _ => Unknown(atomic, RefusalReasons.UnknownOperand),
    };

    private static JudgedConstraint Instant(PolicyConstraint.Atomic atomic) =>
        IsOrder(atomic) ? Time(atomic, atomic.Operator, PolicyTime.Instant(PolicyLiteral.TextOf(atomic.RightOperand))) : Unknown(atomic, RefusalReasons.UnknownOperator);

    private JudgedConstraint InForce(PolicyConstraint.Atomic atomic)
    {
        if (!IsOrder(atomic))
            return Unknown(atomic, RefusalReasons.UnknownOperator);
        var text = PolicyLiteral.TextOf(atomic.RightOperand);
        return text is not null && PolicyTime.IsAfterAgreement(text) ? SinceAgreement(atomic, atomic.Operator, agreed => PolicyTime.AfterAgreement(text, agreed)) : Time(atomic, atomic.Operator, PolicyTime.Instant(text));
    }

    /// <summary>Catena-X: eq an instant; what is meant is "before it".</summary>
    private static JudgedConstraint EndDate(PolicyConstraint.Atomic atomic) => atomic.Operator == PolicyOperator.Eq
        ? Time(atomic, PolicyOperator.Lt, PolicyTime.Instant(PolicyLiteral.TextOf(atomic.RightOperand)))
        : Unknown(atomic, RefusalReasons.UnknownOperator);

    /// <summary>Catena-X: eq a number of days; the agreement's day (UTC) plus so many days, while today is before that.</summary>
    private JudgedConstraint EndDays(PolicyConstraint.Atomic atomic) => atomic.Operator == PolicyOperator.Eq
        ? SinceAgreement(atomic, PolicyOperator.Lt, agreed => PolicyTime.EndOfDays(atomic.RightOperand, agreed))
        : Unknown(atomic, RefusalReasons.UnknownOperator);

    private JudgedConstraint Elapsed(PolicyConstraint.Atomic atomic) => IsOrder(atomic)
        ? SinceAgreement(atomic, atomic.Operator, agreed => PolicyTime.After(agreed, PolicyLiteral.TextOf(atomic.RightOperand)))
        : Unknown(atomic, RefusalReasons.UnknownOperator);

    private JudgedConstraint SinceAgreement(PolicyConstraint.Atomic atomic, PolicyOperator comparison, Func<DateTimeOffset, Int128?> instant)
    {
        if (AgreedAt is not { } agreed)
            return Unknown(atomic, RefusalReasons.NotAgreed);
        if (!isBeforeAgreement || instant(agreed) is not { } threshold)
            return Time(atomic, comparison, instant(agreed));
        return new FixedConstraint(atomic, ThresholdConstraint.Holds(question.Now.UtcTicks, comparison, threshold) ? Truth.Yes : Truth.No, RefusalReasons.Expired);
    }

    private static JudgedConstraint Time(PolicyConstraint.Atomic atomic, PolicyOperator comparison, Int128? instant) => instant is { } at
        ? new ThresholdConstraint(atomic, Axis.Time, comparison, at, RefusalReasons.NotYet, RefusalReasons.Expired)
        : Unknown(atomic, RefusalReasons.BadOperand);

    /// <summary>What is compared is the number of the use, or of the byte, that comes next: "lteq 3" allows exactly three.</summary>
    private static JudgedConstraint Amount(PolicyConstraint.Atomic atomic, Axis axis, string reason) =>
        !IsOrder(atomic) ? Unknown(atomic, RefusalReasons.UnknownOperator)
        : PolicyLiteral.NumberOf(atomic.RightOperand) is { } number ? new ThresholdConstraint(atomic, axis, atomic.Operator, number, reason, reason)
        : Unknown(atomic, RefusalReasons.BadOperand);

    /// <summary>
    /// The one exception from "what is missing is not fulfilled": in the catalogue a purpose not declared yet keeps the offer visible, because
    /// the offer is what tells the purposes to choose from. A wrong one hides it, and from negotiation on none refuses.
    /// </summary>
    private JudgedConstraint Purpose(PolicyConstraint.Atomic atomic)
    {
        var isOpen = question.Purposes is null && question.Phase == PolicyPhase.Catalogue && IsChoice(atomic) && Values(atomic) is { Length: > 0 };
        return isOpen ? new FixedConstraint(atomic, Truth.Open, "") : Each(atomic, question.Purposes ?? [], RefusalReasons.WrongPurpose, RefusalReasons.PurposeNotDeclared);
    }

    /// <summary>
    /// A fact that ought to have one value (where, whether a member, what for): each value is judged alone. When they disagree, part of the use
    /// would be allowed and part not, and which part this one is cannot be known.
    /// </summary>
    private static FixedConstraint Each(PolicyConstraint.Atomic atomic, IReadOnlyCollection<string> claimed, string wrong, string missing) => Chosen(atomic, claimed, wrong, missing, listed =>
    {
        if (atomic.Operator == PolicyOperator.IsAllOf)
            return Compared(atomic.Operator, listed, claimed);
        var verdicts = claimed.Select(value => Compared(atomic.Operator, listed, [value])).Distinct().ToList();
        return verdicts is [var agreed] ? agreed : null;
    });

    /// <summary>A fact that may have several values, all true at once (numbers, groups, agreements signed).</summary>
    private static FixedConstraint Any(PolicyConstraint.Atomic atomic, IReadOnlyCollection<string> claimed, string wrong, string missing) =>
        Chosen(atomic, claimed, wrong, missing, listed => Compared(atomic.Operator, listed, claimed));

    private FixedConstraint Asker(PolicyConstraint.Atomic atomic) => Chosen(atomic, [question.Assignee], RefusalReasons.WrongPartner, RefusalReasons.ClaimMissing,
        listed => Compared(atomic.Operator, listed, [question.Assignee], Did.TryParse(question.Assignee, out var did) ? did.DocumentAddress : null));

    /// <param name="compare">What the values come to; null when they contradict each other.</param>
    private static FixedConstraint Chosen(PolicyConstraint.Atomic atomic, IReadOnlyCollection<string> claimed, string wrong, string missing, Func<string[], Truth?> compare)
    {
        if (!IsChoice(atomic))
            return Unknown(atomic, RefusalReasons.UnknownOperator);
        if (Values(atomic) is not { } listed || listed.Length == 0 && atomic.Operator == PolicyOperator.IsAllOf)
            return Unknown(atomic, RefusalReasons.BadOperand);
        if (claimed.Count is 0 or > MaxClaimed || claimed.Any(string.IsNullOrWhiteSpace))
            return Unknown(atomic, missing);
        return compare(listed) is not { } truth ? Unknown(atomic, wrong) : new FixedConstraint(atomic, truth, truth == Truth.Unknown ? RefusalReasons.Ambiguous : wrong);
    }

    /// <param name="address">The web address that the one value claimed stands for, if it stands for one.</param>
    private static Truth Compared(PolicyOperator comparison, string[] listed, IReadOnlyCollection<string> claimed, Uri? address = null) => comparison switch
    {
        PolicyOperator.Eq or PolicyOperator.IsAnyOf => Greatest(listed, claimed, address),
        PolicyOperator.Neq or PolicyOperator.IsNoneOf => Not(Greatest(listed, claimed, address)),
        // Every one listed must be among those claimed.
        _ => listed.Min(value => Greatest([value], claimed, address)),
    };

    private static Truth Greatest(string[] listed, IReadOnlyCollection<string> claimed, Uri? address)
    {
        var greatest = Truth.No;
        foreach (var claim in claimed)
            foreach (var value in listed)
                greatest = Same(value, claim, address) is var same && same > greatest ? same : greatest;
        return greatest;
    }

    private static Truth Not(Truth truth) => truth switch { Truth.Yes => Truth.No, Truth.No => Truth.Yes, _ => truth };

    /// <summary>
    /// Two texts are the same, or not, or look alike (in another case, with another spelling of the same web address): then nobody is let in
    /// by a likeness, and nobody who is shut out gets in by another spelling.
    /// </summary>
    private static Truth Same(string listed, string claimed, Uri? address)
    {
        if (string.Equals(listed, claimed, StringComparison.Ordinal))
            return Truth.Yes;
        var isAlike = listed.AsSpan().Trim().Equals(claimed.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase)
            || address is not null && Did.TryParse(listed, out var other) && address == other.DocumentAddress;
        return isAlike ? Truth.Unknown : Truth.No;
    }

    /// <summary>The values on the right: one for eq and neq, a list (or one standing for it) for the others.</summary>
    private static string[]? Values(PolicyConstraint.Atomic atomic) => atomic is { Operator: PolicyOperator.Eq or PolicyOperator.Neq, RightOperand: PolicyValue.List }
        ? null
        : PolicyLiteral.TextsOf(atomic.RightOperand);

    private static bool IsChoice(PolicyConstraint.Atomic atomic) =>
        atomic.Operator is PolicyOperator.Eq or PolicyOperator.Neq or PolicyOperator.IsAnyOf or PolicyOperator.IsNoneOf or PolicyOperator.IsAllOf;

    private static bool IsOrder(PolicyConstraint.Atomic atomic) =>
        atomic.Operator is PolicyOperator.Eq or PolicyOperator.Neq or PolicyOperator.Lt or PolicyOperator.Lteq or PolicyOperator.Gt or PolicyOperator.Gteq;

    private static FixedConstraint Unknown(PolicyConstraint.Atomic atomic, string reason) => new(atomic, Truth.Unknown, reason);
}
