namespace Dure.Exchange.Policies;

/// <summary>The answer to a <see cref="PolicyQuestion"/>.</summary>
public abstract record PolicyDecision
{
    private PolicyDecision()
    {
    }

    /// <summary>
    /// It may be done, within these limits. Whoever delivers stops at the first that is reached, or asks again: until then, however the others
    /// move, the answer cannot turn.
    /// </summary>
    /// <param name="Until">The first instant at which time alone turns the answer; none when it never does.</param>
    /// <param name="BytesLeft">How many bytes more may be delivered; none when there is no limit.</param>
    /// <param name="UsesLeft">How many uses more may be made, the one asked for included; none when there is no limit.</param>
    public sealed record Permitted(DateTimeOffset? Until, long? BytesLeft, long? UsesLeft) : PolicyDecision;

    /// <summary>It may not be done, for these reasons; at least one.</summary>
    public sealed record Refused(Sequence<Refusal> Reasons) : PolicyDecision
    {
        /// <summary>Nothing says no: it would be permitted if what cannot be learned now were known to hold. Asking again later may be answered otherwise.</summary>
        public bool IsUnsure { get; init; }
    }
}

/// <summary>
/// One reason why a use is refused. It quotes the rule, lists of partners included: say it to whoever may see the rules, and log it; whoever may
/// not even see the offer is told nothing.
/// </summary>
/// <param name="Reason">A stable code of <see cref="RefusalReasons"/>.</param>
/// <param name="Constraint">The condition or rule as it is written, fit to be shown.</param>
public sealed record Refusal(string Reason, string Constraint)
{
    /// <summary>The reason as an English sentence.</summary>
    public string Sentence => In("en");

    /// <summary>The reason as a sentence in a language: <c>en</c> or <c>ko</c>.</summary>
    public string In(string language) => PolicyWords.Explain(this, language);
}

/// <summary>The codes of reasons.</summary>
public static class RefusalReasons
{
    public const string Expired = "expired";
    public const string NotYet = "not-yet";
    public const string NotAgreed = "not-agreed";
    public const string CountUsedUp = "count-used-up";
    public const string BytesUsedUp = "bytes-used-up";
    public const string NotAMember = "not-a-member";
    public const string WrongRegion = "wrong-region";
    public const string WrongPurpose = "wrong-purpose";
    public const string PurposeNotDeclared = "purpose-not-declared";
    public const string WrongPartner = "wrong-partner";
    public const string WrongGroup = "wrong-group";
    public const string NoFrameworkAgreement = "no-framework-agreement";
    public const string ClaimMissing = "claim-missing";
    public const string Ambiguous = "ambiguous";
    public const string NotExactlyOne = "not-exactly-one";
    public const string UnknownOperand = "unknown-operand";
    public const string UnknownOperator = "unknown-operator";
    public const string BadOperand = "bad-operand";
    public const string ActionNotGranted = "action-not-granted";
    public const string Prohibited = "prohibited";
    public const string UnknownMember = "unknown-member";
    public const string UnknownDuty = "unknown-duty";
}
