using System.Text;
using System.Text.Json;

namespace Dure.Exchange.Policies;

/// <summary>
/// The text that two policies share exactly when they ask and allow the same but for order and spelling. Text from outside enters it only as a
/// JSON string, so that no value can look like a structure.
/// </summary>
internal static class PolicyMeaning
{
    public static string Of(UsagePolicy policy) =>
        $"permission{Rules(policy.Permissions)}prohibition{Rules(policy.Prohibitions)}obligation{Rules(policy.Obligations)}{Foreign(policy.Foreign)}";

    private static string Rules(Sequence<PolicyRule> rules) => $"[{Sorted(rules.Select(Rule), isSet: true)}]";

    private static string Rule(PolicyRule rule) => $"({Quoted(PolicyNames.Action(rule.Action))}:{All(rule.Constraints)}{Foreign(rule.Foreign)})";

    private static string Constraint(PolicyConstraint constraint) => constraint switch
    {
        PolicyConstraint.Group { Kind: GroupKind.And } group => $"all[{All(group.Members)}]{Foreign(group.Foreign)}",
        PolicyConstraint.Group { Kind: GroupKind.Or } group => $"any[{Sorted(group.Members.Select(Constraint), isSet: true)}]{Foreign(group.Foreign)}",
        // One said twice is two in an exclusive choice, and an order is an order.
        PolicyConstraint.Group { Kind: GroupKind.Xone } group => $"one[{Sorted(group.Members.Select(Constraint), isSet: false)}]{Foreign(group.Foreign)}",
        PolicyConstraint.Group group => $"sequence[{string.Join(',', group.Members.Select(Constraint))}]{Foreign(group.Foreign)}",
        PolicyConstraint.Atomic atomic => $"{Quoted(PolicyNames.Operand(atomic.LeftOperand) ?? atomic.LeftOperand)} {PolicyWriter.NameOf(atomic.Operator)} {Right(atomic)}{Foreign(atomic.Foreign)}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Conditions that must all hold: those of an inner group that says nothing else stand among the outer ones.</summary>
    private static string All(Sequence<PolicyConstraint> constraints) => Sorted(Flat(constraints).Select(Constraint), isSet: true);

    private static IEnumerable<PolicyConstraint> Flat(Sequence<PolicyConstraint> constraints) => constraints.SelectMany(constraint =>
        constraint is PolicyConstraint.Group { Kind: GroupKind.And, Foreign.Count: 0 } inner ? Flat(inner.Members) : [constraint]);

    /// <summary>A list of one and its item are the same to the operators that take lists; JSON-LD tools write the one for the other.</summary>
    private static string Right(PolicyConstraint.Atomic atomic)
    {
        var takesList = atomic.Operator is PolicyOperator.IsAnyOf or PolicyOperator.IsNoneOf or PolicyOperator.IsAllOf;
        return atomic.RightOperand switch
        {
            PolicyValue.List list when takesList => $"[{Sorted(list.Items.Select(Value), isSet: true)}]",
            PolicyValue.List list => $"[{string.Join(',', list.Items.Select(Value))}]",
            var single when takesList => $"[{Value(single)}]",
            var single => Value(single),
        };
    }

    private static string Value(PolicyValue value) => PolicyLiteral.TextOf(value) is { } text ? Quoted(text) : ((PolicyValue.Json)value).Canonical;

    private static string Foreign(Sequence<ForeignMember> members) =>
        members.Count == 0 ? "" : $"{{{Sorted(members.Select(member => $"{Quoted(member.Name)}={member.Json}"), isSet: false)}}}";

    private static string Sorted(IEnumerable<string> texts, bool isSet) =>
        string.Join(',', (isSet ? texts.Distinct(StringComparer.Ordinal) : texts).Order(StringComparer.Ordinal));

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
