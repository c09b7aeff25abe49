namespace Dure.Exchange.Policies;

/// <summary>One condition of a rule: a comparison, or a group of conditions (DSP 2025-1, contract-schema, Constraint).</summary>
public abstract record PolicyConstraint
{
    private PolicyConstraint()
    {
    }

    /// <summary>Members beside the ones that are understood. A condition that has any is refused when judged, and they are never dropped.</summary>
    public Sequence<ForeignMember> Foreign { get; init; } = [];

    /// <summary>A comparison. The left operand keeps the spelling it came with; it is understood, or not, when judged.</summary>
    public sealed record Atomic(string LeftOperand, PolicyOperator Operator, PolicyValue RightOperand) : PolicyConstraint
    {
        public Atomic(string leftOperand, PolicyOperator @operator, string rightOperand) : this(leftOperand, @operator, new PolicyValue.Text(rightOperand))
        {
        }
    }

    /// <summary>Several conditions of which all, any or exactly one must hold.</summary>
    public sealed record Group(GroupKind Kind, Sequence<PolicyConstraint> Members) : PolicyConstraint;
}

/// <summary>How the members of a group count together.</summary>
public enum GroupKind
{
    And,

    /// <summary>All, in this order. Judged as <see cref="And"/>: one request cannot show an order.</summary>
    AndSequence,
    Or,

    /// <summary>Exactly one.</summary>
    Xone,
}

/// <summary>The operators that the Dataspace Protocol lists; a test keeps the names equal to the schema's.</summary>
public enum PolicyOperator
{
    Eq,
    Neq,
    Lt,
    Lteq,
    Gt,
    Gteq,
    IsAnyOf,
    IsNoneOf,
    IsAllOf,
    IsA,
    HasPart,
    IsPartOf,
    TermLteq,
}

/// <summary>The right side of a comparison: text, a list, or anything else the schema lets through.</summary>
public abstract record PolicyValue
{
    private PolicyValue()
    {
    }

    public sealed record Text(string Value) : PolicyValue;

    public sealed record List(Sequence<PolicyValue> Items) : PolicyValue;

    /// <summary>An object, or a number, boolean, null or array inside a list, as canonical JSON (RFC 8785).</summary>
    public sealed record Json(string Canonical) : PolicyValue;

    public static List ListOf(IEnumerable<string> texts) => new([.. texts.Select(text => new Text(text))]);
}

/// <summary>A member that this node does not understand, with its value as canonical JSON.</summary>
public sealed record ForeignMember(string Name, string Json);
