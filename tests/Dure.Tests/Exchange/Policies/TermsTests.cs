using Dure.Exchange.Policies;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class TermsTests
{
    private static readonly TimeZoneInfo seoul = TimeZoneInfo.CreateCustomTimeZone("Seoul", TimeSpan.FromHours(9), "Seoul", "Seoul");
    private static readonly DateOnly today = new(2026, 11, 21);

    private static PolicyTerms Parse(string words) => PolicyTerms.Parse(words, today, seoul);

    [Theory]
    [InlineData("members only, until 31 December 2026, three downloads")]
    [InlineData("Members only. Until December 31, 2026; at most 3 downloads")]
    [InlineData("only members and until 2026-12-31 and 3 times")]
    [InlineData("for alliance members, until 31 Dec, up to three uses")]
    [InlineData("three downloads, until the end of the year, members")]
    [InlineData("회원만, 2026년 12월 31일까지, 세 번")]
    [InlineData("회원사 전용, 12월 31일까지, 다운로드 3회")]
    [InlineData("회원만 및 2026-12-31까지 그리고 세 번까지")]
    [InlineData("회원만、올해 말까지、최대 3회 다운로드")]
    [InlineData("members only, 12월 31일까지, 세 번 다운로드")]
    public void A_person_may_say_it_in_many_ways(string words) =>
        Assert.Equal(new PolicyTerms { MembersOnly = true, Until = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.FromHours(9)), MaxUses = 3 }, Parse(words));

    [Fact]
    public void The_last_day_named_is_included_to_its_end_in_the_zone()
    {
        var policy = Parse("until 31 December").ToPolicy();

        Assert.True(Permits(policy, Ask() with { Now = new(2026, 12, 31, 23, 59, 59, 999, TimeSpan.FromHours(9)) }));
        Assert.False(Permits(policy, Ask() with { Now = new(2027, 1, 1, 0, 0, 0, TimeSpan.FromHours(9)) }));
        Assert.Equal("""{"permission":[{"action":"use","constraint":[{"leftOperand":"dateTime","operator":"lt","rightOperand":"2027-01-01T00:00:00+09:00"}]}]}""", policy.ToString());
    }

    [Fact]
    public void Everything_a_form_has_can_be_said()
    {
        var english = Parse("members only, from 1 December until 28 February, two weeks after the agreement, once, at most 2.5 GB in all, only in KR, DE or US-CA, for the purpose of research:1 or quality, "
            + "only did:web:lab.example or did:web:plant.example%3A8443, may be passed on, may train models");
        var korean = Parse("회원만, 12월 1일부터 2월 28일까지, 계약 후 14일, 한 번만, 최대 2.5GB, KR, DE, US-CA 지역에서만, 목적 research:1 또는 quality, did:web:lab.example, did:web:plant.example%3A8443만, 재공유 가능, 모델 학습 허용");

        Assert.Equal(new PolicyTerms
        {
            MembersOnly = true,
            NotBefore = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.FromHours(9)),
            Until = new DateTimeOffset(2027, 3, 1, 0, 0, 0, TimeSpan.FromHours(9)),
            DaysAfterAgreement = 14,
            MaxUses = 1,
            MaxBytes = 2_500_000_000,
            Regions = ["KR", "DE", "US-CA"],
            Purposes = ["research:1", "quality"],
            Partners = ["did:web:lab.example", "did:web:plant.example%3A8443"],
            MayPassOn = true,
            MayDerive = true,
        }, english);
        Assert.Equal(english, korean);
    }

    [Theory]
    [InlineData("members only, except on Sundays", "except on Sundays")]
    [InlineData("not members only", "not members only")]
    [InlineData("members only until further notice", "until further notice")]
    [InlineData("until 31 February", "until 31 February")]
    [InlineData("until 2026-11-20", "until 2026-11-20")]
    [InlineData("zero downloads", "zero downloads")]
    [InlineData("0 downloads", "0 downloads")]
    [InlineData("three downloads per day", "per day")]
    [InlineData("3 downloads, 5 downloads", "5 downloads")]
    [InlineData("three downloads or until 31 December", "or until 31 December")]
    [InlineData("99999999999999 downloads", "99999999999999 downloads")]
    [InlineData("0.3 bytes", "0.3 bytes")]
    [InlineData("회원만, 일요일 제외", "일요일 제외")]
    [InlineData("비회원만", "비회원만")]
    [InlineData("2026년 13월 1일까지", "2026년 13월 1일까지")]
    [InlineData("no conditions, three downloads", "no conditions, three downloads")]
    [InlineData("3 times a day", "a day")]
    [InlineData("once a week", "a week")]
    [InlineData("three downloads 2 days", "2 days")]
    [InlineData("from 1 January for 3 days", "from 1 January for 3 days")]
    [InlineData("1일 3회", "1일 3회")]
    [InlineData("하루 세 번", "하루 세 번")]
    [InlineData("KR만 제외", "제외")]
    [InlineData("목적 연구 금지", "금지")]
    [InlineData("10 GB per download", "per download")]
    [InlineData("", "the text")]
    [InlineData(" , and ", "the text")]
    [InlineData("from 31 December until 1 December 2026", "Until")]
    [InlineData("membersonly", "membersonly")]
    [InlineData("until 31 December 2026x", "until 31 December 2026x")]
    public void What_was_not_understood_is_shown_and_nothing_is_guessed(string words, string part)
    {
        var problem = Assert.Throws<ProblemException>(() => Parse(words)).Problem;

        Assert.Equal(part, problem.Where.Trim('\''));
        Assert.NotEmpty(problem.Mend);
    }

    [Fact]
    public void No_conditions_must_be_said() => Assert.Equal(new PolicyTerms(), Parse("no conditions"));

    [Theory]
    [InlineData("may be used to make something new")]
    [InlineData("may make something new of it")]
    [InlineData("can be used to train models on it")]
    [InlineData("may create models from it")]
    [InlineData("파생물 작성 가능")]
    [InlineData("파생물 허용")]
    public void Making_something_new_is_allowed_in_the_words_of_the_pages(string words) => Assert.Equal(new PolicyTerms { MayDerive = true }, Parse(words));

    [Fact]
    public void What_is_not_allowed_anyway_may_be_said()
    {
        Assert.Equal(new PolicyTerms { MaxUses = 3 }, Parse("3 downloads, no passing on, may not derive"));
        Assert.Equal(new PolicyTerms { MaxUses = 3 }, Parse("3회, 재공유 금지, 모델 학습 불가"));
    }

    [Fact]
    public void No_words_make_the_parser_throw_anything_but_a_problem()
    {
        string[] pieces =
        [
            "members only", "until ", "31 December", " 2026", ",", " and ", " or ", "from ", "2026-02-30", "12월 31일", "까지", "부터", "세 번", "3", " downloads", " days", "for ", "10", " GB", ".5", "in KR", "/", "DE", "purpose ", "research:1",
            "did:web:a.b", "만", "회원", "재공유 ", "가능", "once", " ", "\n", "x", "year", "the end of ", "9999", "99999999999999999", "\ud800", "년", "월", "일",
        ];
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var words = string.Concat(Enumerable.Range(0, random.Next(1, random.Next(20) == 0 ? 200 : 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                var terms = Parse(words);
                return terms.ToPolicy().Permissions.Count > 0 && PolicyTerms.TryFrom(terms.ToPolicy(), out var again) && again == terms;
            }
            catch (ProblemException problem)
            {
                return problem.Problem.Where.Length > 0;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Days_begin_where_the_clock_begins_them()
    {
        // On 29 March this zone's clocks skip from midnight to one; on 25 October they strike midnight twice.
        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(new DateTime(2020, 1, 1), new DateTime(2040, 1, 1), TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 0, 0), 3, 29), TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 1, 0, 0), 10, 25));
        var zone = TimeZoneInfo.CreateCustomTimeZone("Shifting", TimeSpan.FromHours(2), "Shifting", "Standard", "Summer", [rule]);

        Assert.Equal(new DateTimeOffset(2027, 3, 28, 22, 0, 0, TimeSpan.Zero), PolicyTerms.Parse("until 28 March 2027", today, zone).Until);
        Assert.Equal(new DateTimeOffset(2027, 10, 24, 21, 0, 0, TimeSpan.Zero), PolicyTerms.Parse("until 24 October 2027", today, zone).Until);
    }

    [Fact]
    public void A_form_that_makes_no_sense_makes_no_policy()
    {
        Assert.Equal("MaxUses", Where(new PolicyTerms { MaxUses = 0 }));
        Assert.Equal("MaxBytes", Where(new PolicyTerms { MaxBytes = -1 }));
        Assert.Equal("DaysAfterAgreement", Where(new PolicyTerms { DaysAfterAgreement = 0 }));
        Assert.Equal("Partners", Where(new PolicyTerms { Partners = ["lab"] }));
        Assert.Equal("Regions", Where(new PolicyTerms { Regions = [" "] }));
        Assert.Equal("Until", Where(new PolicyTerms { NotBefore = Now, Until = Now }));

        static string Where(PolicyTerms terms) => Assert.Throws<ProblemException>(terms.ToPolicy).Problem.Where;
    }

    [Fact]
    public void A_policy_that_says_more_than_the_form_is_no_form()
    {
        var terms = new PolicyTerms { MaxUses = 3, MembersOnly = true, MayPassOn = true };
        Assert.True(PolicyTerms.TryFrom(terms.ToPolicy(), out _));

        Assert.False(PolicyTerms.TryFrom(terms.ToPolicy() with { Prohibitions = [new PolicyRule("sell", [])] }, out _));
        Assert.False(PolicyTerms.TryFrom(UseWhen("Membership", "eq", "'suspended'"), out _));
        Assert.False(PolicyTerms.TryFrom(UseWhen("count", "lt", "'3'"), out _));
        Assert.False(PolicyTerms.TryFrom(Policy($"{{'permission':[{{'action':'use','constraint':[{Atom("count", "lteq", "'3'")},{Atom("count", "lteq", "'4'")}]}}]}}"), out _));
        Assert.False(PolicyTerms.TryFrom(Policy($"{{'permission':[{{'action':'use','constraint':[{Atom("count", "lteq", "'3'")}]}},{{'action':'use'}}]}}"), out _));
    }
}
