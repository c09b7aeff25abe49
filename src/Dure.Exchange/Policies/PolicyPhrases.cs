using System.Globalization;

namespace Dure.Exchange.Policies;

/// <summary>The phrases of one language. A condition is said as a clause that fits behind "when" as well as on its own.</summary>
internal sealed class PolicyPhrases(bool isKorean)
{
    public string Say(string english, string korean) => isKorean ? korean : english;

    public string Permission(PolicyRule rule, bool isAgain)
    {
        var action = Action(rule.Action);
        var also = isAgain ? Say(" also", " 또한") : "";
        if (rule.Foreign.Count > 0)
            return Say($"{action}: this rule grants nothing, because it says something not known here: {Names(rule.Foreign)}.", $"{action}: 여기서 알지 못하는 내용({Names(rule.Foreign)})이 있어 이 규칙은 아무것도 허용하지 않습니다.");
        return rule.Constraints.Count == 0
            ? Say($"{action} is{also} allowed, without conditions.", $"{action}:{also} 조건 없이 허용됩니다.")
            : Say($"{action} is{also} allowed when all of this holds:", $"{action}:{also} 다음 조건을 모두 만족하면 허용됩니다.");
    }

    public string Prohibition(PolicyRule rule) => rule.Foreign.Count > 0
        ? Say($"{Action(rule.Action)} is forbidden; the rule says something not known here: {Names(rule.Foreign)}.", $"{Action(rule.Action)}: 금지됩니다. 여기서 알지 못하는 내용이 있습니다: {Names(rule.Foreign)}.")
        : rule.Constraints.Count == 0 ? Say($"{Action(rule.Action)} is forbidden.", $"{Action(rule.Action)}: 금지됩니다.")
        : Say($"{Action(rule.Action)} is forbidden when {All(rule.Constraints, isTainting: true)}.", $"{Action(rule.Action)}: 다음의 경우 금지됩니다: {All(rule.Constraints, isTainting: true)}.");

    public string Obligation(PolicyRule rule) => PolicyNames.Action(rule.Action) == PolicyNames.Use && rule.Foreign.Count == 0
        ? Say($"Besides, this must hold: {All(rule.Constraints)}.", $"또한 다음을 만족해야 합니다: {All(rule.Constraints)}.")
        : Say($"A duty that nobody here can see done ('{PolicyText.Shown(rule.Action)}'); it refuses every use.", $"여기서 이행을 확인할 수 없는 의무('{PolicyText.Shown(rule.Action)}')이므로 모든 이용을 거부합니다.");

    public string ForeignSentence(ForeignMember member) =>
        Say($"The policy says something not known here: {PolicyText.Shown(member.Name)}; it refuses every use.", $"정책에 여기서 알지 못하는 내용이 있어 모든 이용을 거부합니다: {PolicyText.Shown(member.Name)}.");

    /// <summary>A condition of a permission as sentences; those of an inner "all of" stand among the others.</summary>
    public IEnumerable<string> Sentences(PolicyConstraint constraint) => constraint is PolicyConstraint.Group { Kind: GroupKind.And, Foreign.Count: 0 } group
        ? group.Members.SelectMany(Sentences)
        : [Sentence(Clause(constraint, isTainting: false, hasWayAround: false))];

    private static string Sentence(string clause) => $"{char.ToUpperInvariant(clause[0])}{clause[1..]}.";

    private string All(Sequence<PolicyConstraint> constraints, bool isTainting = false) =>
        string.Join(Say(" and ", ", 그리고 "), constraints.Select(constraint => Clause(constraint, isTainting, hasWayAround: false)));

    /// <param name="isTainting">Something unknown here counts against the whole, wherever it stands: in a prohibition, and inside an exclusive choice.</param>
    /// <param name="hasWayAround">Another condition may hold in place of this one.</param>
    private string Clause(PolicyConstraint constraint, bool isTainting, bool hasWayAround) => constraint switch
    {
        { Foreign.Count: > 0 } => Unknown($"{PolicyText.Shown(constraint)} ({Names(constraint.Foreign)})", hasWayAround),
        PolicyConstraint.Group { Members.Count: 0, Kind: GroupKind.And or GroupKind.AndSequence } => Say("nothing more is asked", "추가 조건 없음"),
        PolicyConstraint.Group { Members.Count: 0 } => Say("one of no conditions holds, which is never", "가능한 조건 없음(항상 거부)"),
        PolicyConstraint.Group group => $"{Heading(group.Kind)}: ({string.Join("; ", group.Members.Select(member =>
            Clause(member, isTainting || group.Kind == GroupKind.Xone, hasWayAround || group.Kind == GroupKind.Or && !isTainting)))})",
        PolicyConstraint.Atomic atomic when !ConstraintJudge.Understands(atomic) => Unknown(PolicyText.Shown(atomic), hasWayAround),
        PolicyConstraint.Atomic atomic => Known(atomic),
        _ => "",
    };

    private string Heading(GroupKind kind) => kind switch
    {
        GroupKind.Or => Say("at least one of these holds", "다음 중 하나 이상"),
        GroupKind.Xone => Say("exactly one of these holds", "다음 중 정확히 하나"),
        _ => Say("all of these hold", "다음 모두"),
    };

    private string Unknown(string what, bool hasWayAround) => hasWayAround
        ? Say($"condition not known here: {what}; it never holds", $"여기서 알지 못하는 조건: {what} (만족될 수 없습니다)")
        : Say($"condition not known here: {what}; it refuses every use", $"여기서 알지 못하는 조건: {what} (모든 이용을 거부합니다)");

    private string Known(PolicyConstraint.Atomic atomic)
    {
        var (how, value) = (atomic.Operator, atomic.RightOperand);
        return PolicyNames.Operand(atomic.LeftOperand) switch
        {
            PolicyNames.DateTime or PolicyNames.InForceDate => When(how, PolicyLiteral.TextOf(value)!),
            PolicyNames.UsageEndDate or PolicyNames.ProvisioningEndDate => When(PolicyOperator.Lt, PolicyLiteral.TextOf(value)!),
            PolicyNames.UsageEndDays or PolicyNames.ProvisioningEndDays =>
                Say($"it is one of the first {PolicyLiteral.NumberOf(value)} days (UTC), that of the agreement included", $"계약 당일을 포함하여 {PolicyLiteral.NumberOf(value)}일 이내(UTC)"),
            PolicyNames.ElapsedTime => AfterAgreement(how, PolicyText.Shown(value)),
            PolicyNames.Count => Amount(how, PolicyLiteral.NumberOf(value)!.Value),
            PolicyNames.Bytes => Size(how, PolicyLiteral.NumberOf(value)!.Value),
            PolicyNames.Membership when how == PolicyOperator.Eq && PolicyLiteral.TextOf(value) == "active" => Say("the partner is an active member", "활동 중인 회원"),
            PolicyNames.Membership => Which(Say("the partner's membership", "회원 자격"), how, value),
            PolicyNames.Spatial => Which(Say("the partner's region", "파트너의 지역"), how, value),
            PolicyNames.Purpose or PolicyNames.UsagePurpose => Which(Say("every purpose declared", "밝힌 이용 목적"), how, value),
            PolicyNames.PartnerNumber => Which(Say("the partner's number", "파트너 번호"), how, value),
            PolicyNames.PartnerGroup => Which(Say("a group of the partner", "파트너의 그룹"), how, value),
            PolicyNames.FrameworkAgreement => Which(Say("a framework agreement that the partner signed", "체결한 기본 협약"), how, value),
            _ => Which(Say("the partner", "파트너"), how, value),
        };
    }

    private string Which(string what, PolicyOperator how, PolicyValue value)
    {
        var listed = string.Join(", ", (PolicyLiteral.TextsOf(value) ?? []).Select(PolicyText.Shown) is var texts && texts.Count() > 12 ? [.. texts.Take(12), "…"] : texts);
        return how switch
        {
            PolicyOperator.Eq => Say($"{what} is {listed}", $"{what}: {listed}"),
            PolicyOperator.Neq => Say($"{what} is not {listed}", $"{what}: {listed} 아님"),
            PolicyOperator.IsAnyOf when listed.Length == 0 => Say($"{what} is one of none, which is never", $"{what}: 허용된 값 없음(항상 거부)"),
            PolicyOperator.IsAnyOf => Say($"{what} is one of {listed}", $"{what}: {listed} 중 하나"),
            PolicyOperator.IsNoneOf when listed.Length == 0 => Say($"{what} is known", $"{what}: 확인됨"),
            PolicyOperator.IsNoneOf => Say($"{what} is none of {listed}", $"{what}: {listed} 모두 아님"),
            _ => Say($"{what} covers all of {listed}", $"{what}: {listed} 모두 포함"),
        };
    }

    private string When(PolicyOperator how, string text)
    {
        if (PolicyTime.IsAfterAgreement(text))
            return AfterAgreement(how, PolicyText.Shown(text["contractAgreement+".Length..]));
        if (PolicyTime.Read(text) is not { } at)
            return Say($"the time is {PolicyWriter.NameOf(how)} {PolicyText.Shown(text)}", $"시각 {PolicyWriter.NameOf(how)} {PolicyText.Shown(text)}");
        // "Before midnight" is what people call "until the end of the day before".
        if (how == PolicyOperator.Lt && at.TimeOfDay == TimeSpan.Zero && at.UtcTicks > TimeSpan.TicksPerDay * 2)
            return Say($"it is not later than {Day(at.AddDays(-1))}, that day included{Zone(at)}", $"{Day(at.AddDays(-1))}까지(당일 포함){Zone(at)}");
        var instant = $"{Day(at)}{(at.TimeOfDay == TimeSpan.Zero ? "" : at.ToString(at.TimeOfDay.Ticks % TimeSpan.TicksPerMinute == 0 ? " HH:mm" : " HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture))}{Zone(at)}";
        return how switch
        {
            PolicyOperator.Lt => Say($"it is before {instant}", $"{instant} 이전"),
            PolicyOperator.Lteq => Say($"it is not later than {instant}", $"{instant}까지"),
            PolicyOperator.Gt => Say($"it is later than {instant}", $"{instant} 이후(그 시각 제외)"),
            PolicyOperator.Gteq => Say($"it is {instant} or later", $"{instant}부터"),
            PolicyOperator.Eq => Say($"it is exactly {instant}", $"정확히 {instant}"),
            _ => Say($"it is not exactly {instant}", $"{instant} 정각이 아님"),
        };
    }

    private string AfterAgreement(PolicyOperator how, string span) => how switch
    {
        PolicyOperator.Lt => Say($"less than {span} have passed since the agreement", $"계약 후 {span} 미만"),
        PolicyOperator.Lteq => Say($"no more than {span} have passed since the agreement", $"계약 후 {span} 이내"),
        PolicyOperator.Gt => Say($"more than {span} have passed since the agreement", $"계약 후 {span} 초과"),
        PolicyOperator.Gteq => Say($"at least {span} have passed since the agreement", $"계약 후 {span} 이상"),
        PolicyOperator.Eq => Say($"exactly {span} have passed since the agreement", $"계약 후 정확히 {span}"),
        _ => Say($"not exactly {span} have passed since the agreement", $"계약 후 정확히 {span}이 아님"),
    };

    private string Amount(PolicyOperator how, long number) => how switch
    {
        PolicyOperator.Lteq => Say($"it is one of the first {number} uses", $"이용 {number}회까지"),
        PolicyOperator.Lt => Say($"it is one of the first {Math.Max(number - 1, 0)} uses", $"이용 {Math.Max(number - 1, 0)}회까지"),
        _ => Say($"the number of this use is {Compared(how)} {number}", $"이번 이용의 순번 {Compared(how)} {number}"),
    };

    private string Size(PolicyOperator how, long bytes) => how switch
    {
        PolicyOperator.Lteq => Say($"no more than {bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes are delivered in all", $"모두 합하여 {bytes.ToString("N0", CultureInfo.InvariantCulture)}바이트까지"),
        PolicyOperator.Lt => Say($"fewer than {bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes are delivered in all", $"모두 합하여 {bytes.ToString("N0", CultureInfo.InvariantCulture)}바이트 미만"),
        _ => Say($"the number of the next byte is {Compared(how)} {bytes}", $"다음 바이트의 순번 {Compared(how)} {bytes}"),
    };

    private static string Compared(PolicyOperator how) => how switch { PolicyOperator.Eq => "=", PolicyOperator.Neq => "≠", PolicyOperator.Lt => "<", PolicyOperator.Lteq => "≤", PolicyOperator.Gt => ">", _ => "≥" };

    private string Action(string written) => PolicyNames.Action(written) switch
    {
        PolicyNames.Use => Say("Use", "이용"),
        PolicyNames.Distribute => Say("Passing it on", "재공유"),
        PolicyNames.Derive => Say("Making something new of it", "파생물 작성"),
        var other => $"'{PolicyText.Shown(other)}'",
    };

    private static string Names(Sequence<ForeignMember> members) => string.Join(", ", members.Select(member => PolicyText.Shown(member.Name)));

    private string Day(DateTimeOffset at) => at.ToString(Say("d MMMM yyyy", "yyyy'년' M'월' d'일'"), CultureInfo.InvariantCulture);

    private static string Zone(DateTimeOffset at) => at.Offset == TimeSpan.Zero ? " (UTC)" : $" (UTC{at.ToString("zzz", CultureInfo.InvariantCulture)})";
}
