using Dure.Exchange.Policies;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class JudgeTests
{
    private static readonly string yes = Atom("spatial", "eq", "'KR'");
    private static readonly string no = Atom("spatial", "eq", "'EU'");
    private static readonly string unknown = Atom("urn:example:unknown", "eq", "'x'");

    [Theory]
    [InlineData("or", "no,no", false)]
    [InlineData("or", "no,yes", true)]
    [InlineData("or", "unknown,yes", true)]
    [InlineData("or", "unknown,no", false)]
    [InlineData("or", "", false)]
    [InlineData("and", "", true)]
    [InlineData("and", "yes,yes", true)]
    [InlineData("and", "yes,no", false)]
    [InlineData("and", "yes,unknown", false)]
    [InlineData("andSequence", "yes,yes", true)]
    [InlineData("andSequence", "yes,unknown", false)]
    [InlineData("xone", "", false)]
    [InlineData("xone", "yes", true)]
    [InlineData("xone", "yes,no", true)]
    [InlineData("xone", "yes,yes", false)]
    [InlineData("xone", "no,no", false)]
    [InlineData("xone", "yes,unknown", false)]
    [InlineData("xone", "yes,yes,unknown", false)]
    public void Groups_mean_all_any_and_exactly_one(string kind, string members, bool permits)
    {
        var written = string.Join(',', members.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(member => member switch { "yes" => yes, "no" => no, _ => unknown }));
        var policy = Policy($"{{'permission':[{{'action':'use','constraint':[{{'{kind}':[{written}]}}]}}]}}");

        Assert.Equal(permits, Permits(policy, Ask()));
        Assert.Equal(permits, Reasons(policy, Ask()).Length == 0);
    }

    [Theory]
    [InlineData("use", "", false)]
    [InlineData("http://www.w3.org/ns/odrl/2/use", "", false)]
    [InlineData("use", "yes", false)]
    [InlineData("use", "no", true)]
    [InlineData("use", "unknown", false)]
    [InlineData("use", "no,unknown", false)]
    [InlineData("read", "", false)]
    [InlineData("reproduce", "", false)]
    [InlineData("distribute", "", true)]
    [InlineData("sell", "", true)]
    [InlineData("urn:example:look-at", "", false)]
    [InlineData("Use", "", false)]
    public void A_prohibition_wins_when_it_is_or_could_be_active(string action, string members, bool permits)
    {
        var written = string.Join(',', members.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(member => member switch { "yes" => yes, "no" => no, _ => unknown }));
        var policy = Policy($"{{'permission':[{{'action':'use'}}],'prohibition':[{{'action':'{action}','constraint':[{written}]}}]}}");

        Assert.Equal(permits, Permits(policy, Ask()));
        Assert.Equal(!permits, Reasons(policy, Ask()).Contains("prohibited"));
    }

    [Fact]
    public void A_prohibition_that_asks_for_a_missing_claim_could_be_active()
    {
        var policy = Policy($"{{'permission':[{{'action':'use'}}],'prohibition':[{{'action':'use','constraint':[{no}]}}]}}");

        Assert.True(Permits(policy, Ask()));
        Assert.Equal(["prohibited", "claim-missing"], Reasons(policy, Ask() with { Claims = PolicyClaims.None }));
    }

    [Theory]
    [InlineData("{'permission':[{'action':'use','duty':[{'action':'delete'}]}]}")]
    [InlineData("{'permission':[{'action':'use','target':'other'}]}")]
    [InlineData("{'permission':[{'action':'use','assigner':'did:web:x.example'}]}")]
    [InlineData("{'permission':[{'action':'use','odrl:constraint':[]}]}")]
    [InlineData("{'permission':[{'action':'use','Constraint':[]}]}")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'lteq','rightOperand':'3','refinement':[]}]}]}")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'lteq','rightOperand':'3','unit':'dozen'}]}]}")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'and':[],'@type':'Something'}]}]}")]
    [InlineData("{'permission':[{'action':'use'}],'inheritFrom':'urn:other'}")]
    [InlineData("{'permission':[{'action':'use'}],'odrl:prohibition':[{'action':'use'}]}")]
    [InlineData("{'permission':[{'action':'use'}],'http://www.w3.org/ns/odrl/2/prohibition':[]}")]
    [InlineData("{'permission':[{'action':'use'}],'Prohibition':[{'action':'use'}]}")]
    [InlineData("{'permission':[{'action':'use'}],'@graph':[{'prohibition':[]}]}")]
    [InlineData("{'permission':[{'action':'use'}],'@context':{'use':'http://www.w3.org/ns/odrl/2/sell'}}")]
    [InlineData("{'permission':[{'action':'use'}],'constraint':[]}")]
    [InlineData("{'permission':[{'action':'use'}],'prohibition':[{'action':'sell'},{'action':'use','remedy':[],'constraint':[{'or':[]}]}]}")]
    [InlineData("{'permission':[{'action':'use'}],'obligation':[{'action':'use','consequence':[]}]}")]
    public void What_could_change_a_rule_and_is_not_understood_refuses_and_is_never_dropped(string json)
    {
        var policy = Policy(json);

        Assert.Contains("unknown-member", Reasons(policy, Ask()));
        Assert.Equal(policy, Policy(policy.ToString().Replace('"', '\'')));
        Assert.False(Permits(Policy(policy.ToString().Replace('"', '\'')), Ask()));
    }

    [Fact]
    public void One_permission_of_several_is_enough_and_another_actions_is_not()
    {
        Assert.True(Permits(Policy($"{{'permission':[{{'action':'use','constraint':[{no}]}},{{'action':'use','constraint':[{yes}]}}]}}"), Ask()));
        Assert.Equal(["action-not-granted"], Reasons(Policy("{'permission':[{'action':'distribute'}]}"), Ask()));
        Assert.Equal(["action-not-granted"], Reasons(Policy("{'permission':[{'action':'use'}]}"), Ask() with { Action = "distribute" }));
        Assert.True(Permits(Policy("{'permission':[{'action':'http://www.w3.org/ns/odrl/2/use'}]}"), Ask()));
        Assert.Equal(["action-not-granted"], Reasons(Policy("{'permission':[{'action':'odrl:use'}]}"), Ask()));
        Assert.Equal(["action-not-granted"], Reasons(Policy("{'prohibition':[{'action':'sell'}]}"), Ask()));
    }

    [Fact]
    public void An_obligation_on_the_use_must_hold_and_one_that_cannot_be_seen_kept_refuses()
    {
        var ending = Policy($"{{'permission':[{{'action':'use'}}],'obligation':[{{'action':'use','constraint':[{Atom("DataProvisioningEndDate", "eq", "'2026-06-01T00:00:00Z'")}]}}]}}");

        Assert.Equal(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero), Assert.IsType<PolicyDecision.Permitted>(PolicyJudge.Decide(ending, Ask())).Until);
        Assert.Equal(["expired"], Reasons(ending, Ask() with { Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero) }));
        Assert.Equal(["unknown-duty"], Reasons(Policy("{'permission':[{'action':'use'}],'obligation':[{'action':'delete'}]}"), Ask()));
    }

    [Fact]
    public void The_earliest_end_of_all_conditions_is_the_limit()
    {
        var policy = Policy($"{{'permission':[{{'action':'use','constraint':[{Atom("dateTime", "lteq", "'2026-12-31T23:59:59Z'")},{Atom("edc:inForceDate", "lt", "'contractAgreement+60d'")},"
            + $"{Atom("urn:dure:bytes", "lteq", "'1000'")},{Atom("count", "lt", "'5'")}]}}]}}");

        var permitted = Assert.IsType<PolicyDecision.Permitted>(PolicyJudge.Decide(policy, Ask() with { Bytes = 400, Uses = 1 }));
        Assert.Equal(new PolicyDecision.Permitted(AgreedAt.AddDays(60), 600, 3), permitted);
        Assert.Equal(["bytes-used-up"], Reasons(policy, Ask() with { Bytes = 1000 }));
    }

    [Fact]
    public void A_last_instant_that_is_allowed_ends_a_tick_later()
    {
        var permitted = (PolicyDecision.Permitted)PolicyJudge.Decide(UseWhen("dateTime", "lteq", "'2026-03-01T00:00:00Z'"), Ask());

        Assert.Equal(Now.AddTicks(1), permitted.Until);
        Assert.Null(((PolicyDecision.Permitted)PolicyJudge.Decide(UseWhen("dateTime", "lteq", "'9999-12-31T23:59:59.9999999Z'"), Ask())).Until);
    }

    [Fact]
    public void A_stream_under_either_an_end_or_an_amount_stops_at_both()
    {
        var policy = Policy($"{{'permission':[{{'action':'use','constraint':[{{'or':[{Atom("dateTime", "lt", "'2026-03-01T12:00:00Z'")},{Atom("urn:dure:bytes", "lteq", "'1000'")}]}}]}}]}}");

        Assert.Equal(new PolicyDecision.Permitted(null, 1000, null), PolicyJudge.Decide(policy, Ask()));
        Assert.Equal(new PolicyDecision.Permitted(Now.AddHours(12), null, null), PolicyJudge.Decide(policy, Ask() with { Bytes = 1000 }));
        Assert.False(Permits(policy, Ask() with { Bytes = 1000, Now = Now.AddHours(12) }));
    }

    [Fact]
    public void A_prohibition_that_begins_later_ends_the_permission()
    {
        var policy = Policy($"{{'permission':[{{'action':'use'}}],'prohibition':[{{'action':'use','constraint':[{Atom("dateTime", "gteq", "'2026-04-01T00:00:00Z'")}]}}]}}");

        Assert.Equal(new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero), ((PolicyDecision.Permitted)PolicyJudge.Decide(policy, Ask())).Until);
    }

    [Fact]
    public void Reasons_are_said_in_english_and_korean()
    {
        var refused = (PolicyDecision.Refused)PolicyJudge.Decide(UseWhen("dateTime", "lt", "'2026-01-01T00:00:00Z'"), Ask());

        Assert.Equal(new Refusal("expired", "dateTime lt 2026-01-01T00:00:00Z"), Assert.Single(refused.Reasons));
        Assert.Equal("The time allowed is over: dateTime lt 2026-01-01T00:00:00Z.", refused.Reasons[0].Sentence);
        Assert.StartsWith("허용된 기간이 지났습니다", refused.Reasons[0].In("ko"));
    }
}
