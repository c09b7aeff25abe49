namespace Dure.Exchange.Policies;

/// <summary>What a condition comes to. The order matters: all of several is the least of them, any of several the greatest.</summary>
internal enum Truth
{
    No,

    /// <summary>It cannot be known here: an unknown name, a missing claim, an operand that says nothing.</summary>
    Unknown,

    /// <summary>The partner will decide it itself, later: a purpose not declared yet while looking at the catalogue.</summary>
    Open,
    Yes,
}

/// <param name="IsTainted">Something inside could not be known, whether or not it counted.</param>
internal readonly record struct Verdict(Truth Truth, bool IsTainted)
{
    public static Verdict Of(bool holds) => new(holds ? Truth.Yes : Truth.No, IsTainted: false);
}

/// <summary>What moves while an agreement is used.</summary>
internal enum Axis
{
    Time,
    Use,
    Byte,
}

/// <summary>One point on the three axes: the time in ticks, and the ordinal numbers of the use and of the byte that come next.</summary>
internal readonly record struct Moment(Int128 Now, Int128 NextUse, Int128 NextByte)
{
    public Int128 this[Axis axis] => axis switch { Axis.Time => Now, Axis.Use => NextUse, _ => NextByte };

    public Moment With(Axis axis, Int128 value) => axis switch
    {
        Axis.Time => this with { Now = value },
        Axis.Use => this with { NextUse = value },
        _ => this with { NextByte = value },
    };
}

/// <summary>A condition with everything but time, uses and bytes already looked up, so that it can be asked for many moments.</summary>
internal abstract class JudgedConstraint(PolicyConstraint written)
{
    protected PolicyConstraint Written { get; } = written;

    public abstract Verdict At(in Moment moment);

    /// <summary>Why it does not hold, or, when only that is asked, what in it could not be known.</summary>
    public abstract void Explain(in Moment moment, bool onlyUnknown, ICollection<Refusal> reasons);

    /// <summary>The points of an axis at which the verdict may change: between two of them it is the same throughout.</summary>
    public virtual void Marks(Axis axis, ISet<Int128> marks)
    {
    }

    protected Refusal Because(string reason) => new(reason, PolicyText.Shown(Written));
}

/// <summary>A condition that nothing moves.</summary>
internal sealed class FixedConstraint(PolicyConstraint written, Truth truth, string reason) : JudgedConstraint(written)
{
    public string Reason => reason;

    public override Verdict At(in Moment moment) => new(truth, truth == Truth.Unknown);

    public override void Explain(in Moment moment, bool onlyUnknown, ICollection<Refusal> reasons)
    {
        if (truth == Truth.Unknown || truth == Truth.No && !onlyUnknown)
            reasons.Add(Because(reason));
    }
}

/// <summary>A point on an axis is compared with a threshold.</summary>
internal sealed class ThresholdConstraint(PolicyConstraint written, Axis axis, PolicyOperator comparison, Int128 threshold, string tooLow, string tooHigh) : JudgedConstraint(written)
{
    public static bool Holds(Int128 value, PolicyOperator comparison, Int128 threshold) => comparison switch
    {
        PolicyOperator.Eq => value == threshold,
        PolicyOperator.Neq => value != threshold,
        PolicyOperator.Lt => value < threshold,
        PolicyOperator.Lteq => value <= threshold,
        PolicyOperator.Gt => value > threshold,
        PolicyOperator.Gteq => value >= threshold,
        _ => false,
    };

    public override Verdict At(in Moment moment) => Verdict.Of(Holds(moment[axis], comparison, threshold));

    public override void Explain(in Moment moment, bool onlyUnknown, ICollection<Refusal> reasons)
    {
        if (onlyUnknown || At(moment).Truth == Truth.Yes)
            return;
        var isLow = comparison is PolicyOperator.Gt or PolicyOperator.Gteq || comparison == PolicyOperator.Eq && moment[axis] < threshold;
        reasons.Add(Because(isLow ? tooLow : tooHigh));
    }

    public override void Marks(Axis asked, ISet<Int128> marks)
    {
        if (asked != axis)
            return;
        if (comparison is not (PolicyOperator.Lteq or PolicyOperator.Gt))
            marks.Add(threshold);
        if (comparison is not (PolicyOperator.Lt or PolicyOperator.Gteq))
            marks.Add(threshold + 1);
    }
}

/// <summary>Several conditions together.</summary>
internal sealed class JudgedGroup(PolicyConstraint.Group written, IReadOnlyList<JudgedConstraint> members) : JudgedConstraint(written)
{
    public override Verdict At(in Moment moment)
    {
        // Every member is asked, also when the answer is clear already: one that cannot be known taints the whole.
        var (least, greatest, held, tainted, open) = (Truth.Yes, Truth.No, 0, written.Foreign.Count > 0, false);
        foreach (var member in members)
        {
            var verdict = member.At(moment);
            least = verdict.Truth < least ? verdict.Truth : least;
            greatest = verdict.Truth > greatest ? verdict.Truth : greatest;
            held += verdict.Truth == Truth.Yes ? 1 : 0;
            open |= verdict.Truth == Truth.Open;
            tainted |= verdict.IsTainted;
        }
        if (written.Foreign.Count > 0)
            return new Verdict(Truth.Unknown, IsTainted: true);
        return new Verdict(written.Kind switch
        {
            GroupKind.Or => greatest,
            GroupKind.Xone => ExactlyOne(held, open, tainted),
            _ => least,
        }, tainted);
    }

    public override void Explain(in Moment moment, bool onlyUnknown, ICollection<Refusal> reasons)
    {
        if (written.Foreign.Count > 0)
            reasons.Add(new Refusal(RefusalReasons.UnknownMember, string.Join(", ", written.Foreign.Select(member => PolicyText.Shown(member.Name)))));
        var verdict = At(moment);
        var isChoice = written.Kind == GroupKind.Xone;
        if (!onlyUnknown && verdict.Truth == Truth.No && (isChoice || members.Count == 0))
            reasons.Add(Because(isChoice ? RefusalReasons.NotExactlyOne : RefusalReasons.BadOperand));
        foreach (var member in members)
            if (onlyUnknown || member.At(moment).Truth < Truth.Open || isChoice && verdict.IsTainted)
                member.Explain(moment, onlyUnknown || isChoice && verdict.IsTainted, reasons);
    }

    public override void Marks(Axis axis, ISet<Int128> marks)
    {
        foreach (var member in members)
            member.Marks(axis, marks);
    }

    private static Truth ExactlyOne(int held, bool open, bool tainted) =>
        tainted ? Truth.Unknown : held > 1 ? Truth.No : open ? Truth.Open : held == 1 ? Truth.Yes : Truth.No;
}
