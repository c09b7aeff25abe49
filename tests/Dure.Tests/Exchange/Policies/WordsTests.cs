using Dure.Exchange.Policies;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class WordsTests
{
    private static readonly UsagePolicy terms = new PolicyTerms
    {
        MembersOnly = true,
        Until = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.FromHours(9)),
        DaysAfterAgreement = 15,
        MaxUses = 3,
        MaxBytes = 2_500_000_000,
        Regions = ["KR", "DE"],
        Purposes = ["research:1"],
        Partners = ["did:web:lab.example"],
        MayDerive = true,
    }.ToPolicy() with
    { Prohibitions = [new PolicyRule("sell", [])] };

    [Fact]
    public void A_policy_reads_as_sentences() => Assert.Equal(
    [
        "Use is allowed when all of this holds:",
        "The partner is an active member.",
        "It is not later than 31 December 2026, that day included (UTC+09:00).",
        "No more than 15d have passed since the agreement.",
        "The partner's region is one of KR, DE.",
        "Every purpose declared is one of research:1.",
        "The partner is one of did:web:lab.example.",
        "It is one of the first 3 uses.",
        "No more than 2,500,000,000 bytes are delivered in all.",
    ], PolicyWords.Describe(terms, "en").Take(9));

    [Fact]
    public void A_policy_reads_as_korean_sentences()
    {
        var sentences = PolicyWords.Describe(terms, "ko");

        Assert.Equal("이용: 다음 조건을 모두 만족하면 허용됩니다.", sentences[0]);
        Assert.Equal("2026년 12월 31일까지(당일 포함) (UTC+09:00).", sentences[2]);
        Assert.Equal("이용 3회까지.", sentences[7]);
        Assert.Equal("'sell': 금지됩니다.", sentences[^1]);
    }

    [Fact]
    public void What_is_not_known_is_said_to_refuse_wherever_it_stands()
    {
        var policy = Policy($"{{'permission':[{{'action':'use','constraint':[{Atom("DataFrequency", "eq", "'once'")},{{'or':[{Atom("spatial", "eq", "'KR'")},{{'xone':[{Atom("count", "lteq", "'5'")},{Atom("x:y", "gt", "'1'")}]}}]}}]}}],"
            + "'prohibition':[{'action':'use','constraint':[" + Atom("spatial", "neq", "'KR'") + "]}],'obligation':[{'action':'delete'}],'inheritFrom':'urn:a'}");

        Assert.Equal(
        [
            "Use is allowed when all of this holds:",
            "Condition not known here: DataFrequency eq once; it refuses every use.",
            "At least one of these holds: (the partner's region is KR; exactly one of these holds: (it is one of the first 5 uses; condition not known here: x:y gt 1; it never holds)).",
            "Use is forbidden when the partner's region is not KR.",
            "A duty that nobody here can see done ('delete'); it refuses every use.",
            "The policy says something not known here: inheritFrom; it refuses every use.",
        ], PolicyWords.Describe(policy, "en"));
        Assert.Equal(PolicyWords.Describe(policy, "en").Count, PolicyWords.Describe(policy, "ko").Count);
    }
}
