using System.Collections.Frozen;

namespace Dure.Exchange.Policies;

/// <summary>Rules and refusals in words for people, in English (<c>en</c>) and Korean (<c>ko</c>; any other language gives English).</summary>
public static class PolicyWords
{
    private static readonly FrozenDictionary<string, (string English, string Korean)> reasons = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        [RefusalReasons.Expired] = ("The time allowed is over", "허용된 기간이 지났습니다"),
        [RefusalReasons.NotYet] = ("The time allowed has not begun", "허용된 기간이 아직 시작되지 않았습니다"),
        [RefusalReasons.NotAgreed] = ("It counts from an agreement, and there is none", "계약 시점부터 계산하지만 계약이 없습니다"),
        [RefusalReasons.CountUsedUp] = ("The number of uses allowed is used up", "허용된 이용 횟수를 모두 썼습니다"),
        [RefusalReasons.BytesUsedUp] = ("The amount of data allowed is used up", "허용된 데이터 양을 모두 썼습니다"),
        [RefusalReasons.NotAMember] = ("The partner is not shown to be a member", "회원임이 확인되지 않았습니다"),
        [RefusalReasons.WrongRegion] = ("The partner's region is not allowed", "허용되지 않은 지역입니다"),
        [RefusalReasons.WrongPurpose] = ("A purpose that was declared is not allowed", "허용되지 않은 목적입니다"),
        [RefusalReasons.PurposeNotDeclared] = ("No purpose was declared", "이용 목적을 밝히지 않았습니다"),
        [RefusalReasons.WrongPartner] = ("It is not for this partner", "이 파트너에게는 허용되지 않습니다"),
        [RefusalReasons.WrongGroup] = ("It is not for the partner's groups", "이 파트너의 그룹에는 허용되지 않습니다"),
        [RefusalReasons.NoFrameworkAgreement] = ("The framework agreement is not shown to be signed", "기본 협약 체결이 확인되지 않았습니다"),
        [RefusalReasons.ClaimMissing] = ("What it asks about the partner is not verified", "파트너에 대해 필요한 사실이 확인되지 않았습니다"),
        [RefusalReasons.Ambiguous] = ("A value looks like the one meant but is spelled differently", "값이 비슷하지만 표기가 다릅니다"),
        [RefusalReasons.NotExactlyOne] = ("Exactly one of several conditions must hold", "여러 조건 중 정확히 하나만 맞아야 합니다"),
        [RefusalReasons.UnknownOperand] = ("This condition is not known here and counts as not fulfilled", "여기서 알지 못하는 조건이므로 만족하지 않은 것으로 봅니다"),
        [RefusalReasons.UnknownOperator] = ("This comparison is not known here for what it compares and counts as not fulfilled", "여기서 알지 못하는 비교이므로 만족하지 않은 것으로 봅니다"),
        [RefusalReasons.BadOperand] = ("The value of this condition cannot be read, so it counts as not fulfilled", "조건의 값을 읽을 수 없으므로 만족하지 않은 것으로 봅니다"),
        [RefusalReasons.ActionNotGranted] = ("This is not allowed by any rule", "이를 허용하는 규칙이 없습니다"),
        [RefusalReasons.Prohibited] = ("This is forbidden", "금지되어 있습니다"),
        [RefusalReasons.UnknownMember] = ("The rules say something that is not known here and cannot be passed over", "규칙에 여기서 알지 못하여 무시할 수 없는 내용이 있습니다"),
        [RefusalReasons.UnknownDuty] = ("A duty is demanded that nobody here can see done, so every use is refused", "여기서 이행을 확인할 수 없는 의무가 있으므로 모든 이용을 거부합니다"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The rules as sentences, in the order they are written. Nothing is left out: what is not known is shown and said to refuse.</summary>
    public static IReadOnlyList<string> Describe(UsagePolicy policy, string language)
    {
        var tongue = new PolicyPhrases(language == "ko");
        List<string> sentences = [];
        foreach (var (rule, at) in policy.Permissions.Select((rule, at) => (rule, at)))
        {
            var isAgain = policy.Permissions.Take(at).Any(earlier => PolicyNames.Action(earlier.Action) == PolicyNames.Action(rule.Action));
            sentences.Add(tongue.Permission(rule, isAgain));
            sentences.AddRange(rule.Constraints.SelectMany(tongue.Sentences));
        }
        if (policy.Permissions.Count == 0)
            sentences.Add(tongue.Say("Nothing is allowed.", "아무것도 허용되지 않습니다."));
        sentences.AddRange(policy.Prohibitions.Select(tongue.Prohibition));
        sentences.AddRange(policy.Obligations.Select(tongue.Obligation));
        sentences.AddRange(policy.Foreign.Select(tongue.ForeignSentence));
        return sentences;
    }

    internal static string Explain(Refusal refusal, string language) => reasons.TryGetValue(refusal.Reason, out var words)
        ? $"{(language == "ko" ? words.Korean : words.English)}: {refusal.Constraint}."
        : $"{refusal.Reason}: {refusal.Constraint}.";
}
