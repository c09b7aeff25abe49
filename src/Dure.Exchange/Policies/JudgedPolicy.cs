namespace Dure.Exchange.Policies;

/// <summary>The rules of a policy that bear on one question, ready to be asked for many moments.</summary>
internal sealed class JudgedPolicy
{
    private readonly UsagePolicy policy;
    private readonly string action;
    private readonly List<JudgedRule> permissions;
    private readonly List<JudgedRule> prohibitions;
    private readonly List<JudgedRule> obligations;

    public JudgedPolicy(UsagePolicy policy, PolicyQuestion question)
    {
        this.policy = policy;
        action = PolicyNames.Action(question.Action);
        var judge = new ConstraintJudge(question);
        permissions = [.. policy.Permissions.Where(rule => PolicyNames.Action(rule.Action) == action).Select(rule => new JudgedRule(rule, judge))];
        prohibitions = [.. policy.Prohibitions.Where(rule => PolicyNames.Covers(rule.Action, action)).Select(rule => new JudgedRule(rule, judge))];
        obligations = [.. policy.Obligations.Select(rule => new JudgedRule(rule, judge))];
    }

    public bool Permits(Moment moment) => policy.Foreign.Count == 0 && permissions.Exists(rule => rule.IsFulfilled(moment))
        && !prohibitions.Exists(rule => rule.MayBeActive(moment)) && obligations.TrueForAll(rule => rule.IsKept(moment));

    public IEnumerable<Refusal> Reasons(Moment moment)
    {
        var reasons = policy.Foreign.Select(member => new Refusal(RefusalReasons.UnknownMember, PolicyText.Shown(member.Name))).ToList();
        foreach (var rule in prohibitions.Where(rule => rule.MayBeActive(moment)))
        {
            reasons.Add(new Refusal(RefusalReasons.Prohibited, rule.Shown));
            rule.Explain(moment, onlyUnknown: true, reasons);
        }
        foreach (var rule in obligations.Where(rule => !rule.IsKept(moment)))
            rule.ExplainDuty(moment, reasons);
        if (permissions.Count == 0)
            reasons.Add(new Refusal(RefusalReasons.ActionNotGranted, PolicyText.Shown(action)));
        else if (!permissions.Exists(rule => rule.IsFulfilled(moment)))
            permissions.ForEach(rule => rule.Explain(moment, onlyUnknown: false, reasons));
        return reasons;
    }

    /// <summary>The points of an axis beyond the moment at which the answer may change, in order.</summary>
    public List<Int128> Marks(Axis axis, Moment moment)
    {
        var marks = new SortedSet<Int128>();
        foreach (var rule in permissions.Concat(prohibitions).Concat(obligations))
            rule.Marks(axis, marks);
        return [.. marks.Where(mark => mark > moment[axis])];
    }
}

/// <summary>A rule: all its conditions together, and what else it says.</summary>
internal sealed class JudgedRule(PolicyRule rule, ConstraintJudge judge)
{
    // The rule's own list of conditions is a group like any other; its foreign members make it one that cannot be known.
    private readonly JudgedConstraint all = judge.Judge(new PolicyConstraint.Group(GroupKind.And, rule.Constraints) { Foreign = rule.Foreign });

    public string Shown => $"{PolicyText.Shown(rule.Action)}{(rule.Constraints.Count == 0 ? "" : ": ")}{string.Join("; ", rule.Constraints.Take(4).Select(PolicyText.Shown))}";

    // An obligation to do something is for people to keep. Only those on the use itself (Catena-X: provide it until …) can be seen kept here.
    private bool IsVisibleDuty => PolicyNames.Action(rule.Action) == PolicyNames.Use;

    public bool IsFulfilled(in Moment moment) => all.At(moment).Truth >= Truth.Open;

    public bool MayBeActive(in Moment moment) => all.At(moment) is { Truth: Truth.Yes } or { IsTainted: true };

    public bool IsKept(in Moment moment) => IsVisibleDuty && IsFulfilled(moment);

    public void Explain(in Moment moment, bool onlyUnknown, ICollection<Refusal> reasons) => all.Explain(moment, onlyUnknown, reasons);

    public void ExplainDuty(in Moment moment, ICollection<Refusal> reasons)
    {
        if (IsVisibleDuty)
            all.Explain(moment, onlyUnknown: false, reasons);
        else
            reasons.Add(new Refusal(RefusalReasons.UnknownDuty, PolicyText.Shown(rule.Action)));
    }

    public void Marks(Axis axis, ISet<Int128> marks) => all.Marks(axis, marks);
}
