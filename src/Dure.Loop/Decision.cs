namespace Dure.Loop;

/// <summary>The gate's answer to a proposed action. The default is refusal; only <see cref="Allowed"/> leads to an actuator.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>Within the envelope.</summary>
    public sealed record Allowed : Decision;

    /// <summary>Against a rule, which is named together with what to do.</summary>
    public sealed record Refused(string Rule, string Mend) : Decision
    {
        /// <summary>Whether it may be allowed later without being changed: an interlock is open, or the machine rests.</summary>
        public bool IsForNow { get; init; }
    }

    /// <summary>Within the envelope, but only a person may say yes.</summary>
    public sealed record NeedsPerson(string Rule) : Decision;

    /// <summary>One word for counts and tables.</summary>
    public string Word => this switch
    {
        Allowed => "allowed",
        Refused => "refused",
        NeedsPerson => "needs-person",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public string Explanation => this switch
    {
        Refused refused => $"{refused.Rule} {refused.Mend}",
        NeedsPerson waits => waits.Rule,
        _ => "It lies within the envelope.",
    };
}

/// <summary>What an actuator answered, and whether that is what was expected.</summary>
public sealed record Outcome(string Actuator, bool IsSimulated, double? Expected, double? Observed, bool AsExpected, string Words)
{
    public ActuationState State { get; init; }

    /// <summary>Whether it was refused only for the time being: an interlock opened before it was sent.</summary>
    public bool IsForNow { get; init; }
}

/// <summary>A proposal with its decision, and with what came of it when it was allowed.</summary>
public sealed record DecisionRecord(ProposedAction Proposal, string Envelope, Decision Decision, Outcome? Outcome);
