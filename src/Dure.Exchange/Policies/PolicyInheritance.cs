using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>
/// What travels with data. Whatever is made from data of others keeps their rules: the combined policy is attached to it, and each use of it is
/// judged by that too. So nothing has to be compared for strictness; an offer may add conditions but cannot lose one.
/// </summary>
public static class PolicyInheritance
{
    /// <summary>
    /// The policy that permits what every one of these permits, and nothing else. Rules that count from an agreement must be tied to it before
    /// (<see cref="CombineReceived"/> does), or they would begin anew with each time the data are passed on. A limit on uses or bytes stays a limit for each
    /// agreement made further down, not one for all of them together.
    /// </summary>
    /// <exception cref="ArgumentException">None is given: data of one's own inherit nothing, which is not a policy.</exception>
    /// <exception cref="ProblemException">Together they are more than a policy may hold.</exception>
    public static UsagePolicy Combine(IEnumerable<UsagePolicy> upstream)
    {
        var all = upstream.Distinct().ToList();
        if (all.Count == 0)
            throw new ArgumentException("There is no policy to combine.", nameof(upstream));
        if (all.Count == 1)
            return all[0];
        var actions = all[0].Permissions.Select(rule => PolicyNames.Action(rule.Action)).Distinct(StringComparer.Ordinal).Where(action => all.TrueForAll(policy => Grants(policy, action).Any()));
        var combined = new UsagePolicy
        {
            Permissions = [.. actions.Select(action => new PolicyRule(action, [.. all.SelectMany(policy => Conditions(policy, action)).Distinct()]))],
            Prohibitions = [.. all.SelectMany(policy => policy.Prohibitions).Distinct()],
            Obligations = [.. all.SelectMany(policy => policy.Obligations).Distinct()],
            Foreign = [.. all.SelectMany(policy => policy.Foreign).DistinctBy(member => member.Name, StringComparer.Ordinal).Take(PolicyReader.MaxForeign)],
        };
        // Rules that grant nothing in common forbid everything; a policy without any rule could not be written.
        return Bounded(combined.Permissions.Count > 0 ? combined : combined with { Prohibitions = [.. combined.Prohibitions, new PolicyRule(PolicyNames.Use, [])] });
    }

    /// <summary>What data made from received data inherit: every agreement's rules, each tied to when that agreement was made.</summary>
    /// <exception cref="ArgumentException">None is given.</exception>
    /// <exception cref="ProblemException">Together they are more than a policy may hold.</exception>
    public static UsagePolicy CombineReceived(IEnumerable<(UsagePolicy Policy, DateTimeOffset AgreedAt)> agreements) =>
        Combine(agreements.Select(agreement => Anchored(agreement.Policy, agreement.AgreedAt)));

    /// <summary>The same policy with what counts from the agreement written as the instant it comes to, for an agreement made then.</summary>
    public static UsagePolicy Anchored(UsagePolicy policy, DateTimeOffset agreedAt) => policy with
    {
        Permissions = Anchored(policy.Permissions, agreedAt),
        Prohibitions = Anchored(policy.Prohibitions, agreedAt),
        Obligations = Anchored(policy.Obligations, agreedAt),
    };

    /// <summary>Whether handing the data on is granted in so many words (action <c>distribute</c>). Under which conditions, <see cref="JudgePassingOn"/> says.</summary>
    public static bool MayPassOn(UsagePolicy policy) => IsGranted(policy, PolicyNames.Distribute);

    /// <summary>Whether making something new of the data is granted in so many words (action <c>derive</c>).</summary>
    public static bool MayDerive(UsagePolicy policy) => IsGranted(policy, PolicyNames.Derive);

    /// <summary>Whether one who got data under <paramref name="inherited"/> may pass them on now; the question is about that one, not about who gets them next.</summary>
    public static PolicyDecision JudgePassingOn(UsagePolicy inherited, PolicyQuestion question) => PolicyJudge.Decide(inherited, question with { Action = PolicyNames.Distribute });

    /// <summary>Whether one who got data under <paramref name="inherited"/> may make something new of them now.</summary>
    public static PolicyDecision JudgeDeriving(UsagePolicy inherited, PolicyQuestion question) => PolicyJudge.Decide(inherited, question with { Action = PolicyNames.Derive });

    private static bool IsGranted(UsagePolicy policy, string action) =>
        policy.Foreign.Count == 0 && Grants(policy, action).Any() && !policy.Prohibitions.Any(rule => PolicyNames.Covers(rule.Action, action));

    // A permission with members that are not understood grants nothing.
    private static IEnumerable<PolicyRule> Grants(UsagePolicy policy, string action) =>
        policy.Permissions.Where(rule => PolicyNames.Action(rule.Action) == action && rule.Foreign.Count == 0);

    /// <summary>The conditions under which one policy grants an action: those of its rule, or of any of its rules.</summary>
    private static IEnumerable<PolicyConstraint> Conditions(UsagePolicy policy, string action)
    {
        var rules = Grants(policy, action).ToList();
        return rules switch
        {
            [var only] => only.Constraints,
            _ when rules.Exists(rule => rule.Constraints.Count == 0) => [],
            _ => [new PolicyConstraint.Group(GroupKind.Or, [.. rules.Select(rule => rule.Constraints.Count == 1 ? rule.Constraints[0] : new PolicyConstraint.Group(GroupKind.And, rule.Constraints))])],
        };
    }

    private static Sequence<PolicyRule> Anchored(Sequence<PolicyRule> rules, DateTimeOffset agreedAt) =>
        [.. rules.Select(rule => rule with { Constraints = [.. rule.Constraints.Select(constraint => Anchored(constraint, agreedAt))] })];

    private static PolicyConstraint Anchored(PolicyConstraint constraint, DateTimeOffset agreedAt)
    {
        if (constraint is PolicyConstraint.Group group)
            return group with { Members = [.. group.Members.Select(member => Anchored(member, agreedAt))] };
        var atomic = (PolicyConstraint.Atomic)constraint;
        var text = PolicyLiteral.TextOf(atomic.RightOperand);
        return PolicyNames.Operand(atomic.LeftOperand) switch
        {
            PolicyNames.InForceDate when text is not null && PolicyTime.AfterAgreement(text, agreedAt) is { } at => At(atomic, PolicyNames.DateTime, at),
            PolicyNames.ElapsedTime when PolicyTime.After(agreedAt, text) is { } at => At(atomic, PolicyNames.DateTime, at),
            PolicyNames.UsageEndDays when PolicyTime.EndOfDays(atomic.RightOperand, agreedAt) is { } at => At(atomic, PolicyNames.UsageEndDate, at),
            PolicyNames.ProvisioningEndDays when PolicyTime.EndOfDays(atomic.RightOperand, agreedAt) is { } at => At(atomic, PolicyNames.ProvisioningEndDate, at),
            _ => atomic,
        };
    }

    private static PolicyConstraint.Atomic At(PolicyConstraint.Atomic atomic, string operand, Int128 ticks) => atomic with
    {
        LeftOperand = operand,
        // Beyond the calendar its last instant is taken, which is year 9999.
        RightOperand = new PolicyValue.Text(PolicyTime.Written(new DateTimeOffset((long)Int128.Clamp(ticks, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero))),
    };

    private static UsagePolicy Bounded(UsagePolicy policy)
    {
        var rules = policy.Permissions.Concat(policy.Prohibitions).Concat(policy.Obligations).ToList();
        if (rules.Sum(rule => 1 + rule.Constraints.Sum(Nodes)) > UsagePolicy.MaxNodes || rules.Exists(rule => rule.Constraints.Any(constraint => Depth(constraint) > UsagePolicy.MaxNesting))
            || PolicyWriter.Bytes(policy).Length > PolicyReader.MaxBytes / 2)
            throw PolicyReader.Refuse($"The rules of all sources together are more than {UsagePolicy.MaxNodes} or nested more than {UsagePolicy.MaxNesting} deep, or too long.", "sources", "Use fewer sources, or agree on common terms with their owners.");
        return policy;
    }

    private static int Nodes(PolicyConstraint constraint) => 1 + (constraint is PolicyConstraint.Group group ? group.Members.Sum(Nodes) : 0);

    private static int Depth(PolicyConstraint constraint) => 1 + (constraint is PolicyConstraint.Group { Members.Count: > 0 } group ? group.Members.Max(Depth) : 0);
}
