using Dure.Exchange.Policies;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

/// <summary>Every operand that is enforced, once fulfilled and once not, in every phase.</summary>
public sealed class OperandTests
{
    private static readonly (string Left, string Operator, string Passes, string Refuses, string Reason)[] table =
    [
        ("dateTime", "lteq", "'2026-03-01T00:00:00Z'", "'2026-02-28T23:59:59.9999999Z'", "expired"),
        ("dateTime", "lt", "'2026-03-01T09:00:01+09:00'", "'2026-03-01T09:00:00+09:00'", "expired"),
        ("dateTime", "gteq", "'2026-03-01T00:00Z'", "'2026-03-01T00:01Z'", "not-yet"),
        ("dateTime", "gt", "'2026-02-28T23:59Z'", "'2026-03-01T00:00Z'", "not-yet"),
        ("dateTime", "lteq", "{'@value':'2026-03-01T00:00:00Z','@type':'xsd:dateTime'}", "{'@value':'2026-02-01T00:00:00Z','@type':'xsd:dateTime'}", "expired"),
        ("dateTime", "lteq", "'2026-03-01T00:00:00Z'", "'2026-12-31T23:59:59'", "bad-operand"),
        ("dateTime", "lteq", "'2026-03-01T00:00:00Z'", "'2026-12-31'", "bad-operand"),
        ("dateTime", "lteq", "'9999-12-31T24:00:00Z'", "'2027-02-29T00:00:00Z'", "bad-operand"),
        ("dateTime", "lteq", "'9999-12-31T23:59:59-14:00'", "'２０２７-01-01T00:00:00Z'", "bad-operand"),
        ("dateTime", "eq", "'2026-03-01T00:00:00Z'", "'2026-03-01T00:00:01Z'", "not-yet"),
        ("dateTime", "neq", "'2026-03-01T00:00:01Z'", "'2026-03-01T00:00:00Z'", "expired"),
        ("dateTime", "lteq", "'2026-03-01T00:00:00Z'", "['2027-03-01T00:00:00Z']", "bad-operand"),
        ("http://www.w3.org/ns/odrl/2/dateTime", "lt", "'2027-01-01T00:00:00Z'", "'2026-01-01T00:00:00Z'", "expired"),
        ("edc:inForceDate", "lteq", "'2026-03-01T00:00:00Z'", "'2026-02-01T00:00:00Z'", "expired"),
        ("edc:inForceDate", "lteq", "'contractAgreement+28d'", "'contractAgreement+27d'", "expired"),
        ("https://w3id.org/edc/v0.0.1/ns/inForceDate", "gteq", "'contractAgreement+60m'", "'contractAgreement+28d'", "not-yet"),
        ("edc:inForceDate", "lteq", "'contractAgreement+999999999999999999d'", "'contractAgreement+9999999999999999999d'", "bad-operand"),
        ("edc:inForceDate", "lteq", "'contractAgreement+5000000s'", "'contractAgreement+15y'", "bad-operand"),
        ("DataUsageEndDate", "eq", "'2026-03-01T00:00:01Z'", "'2026-03-01T00:00:00Z'", "expired"),
        ("https://w3id.org/catenax/2025/9/policy/DataUsageEndDate", "eq", "'2026-03-01T00:00:01Z'", "'2026-03-01T00:00:00Z'", "expired"),
        ("DataUsageEndDate", "eq", "'2026-03-01T00:00:01Z'", "'soon'", "bad-operand"),
        ("DataUsageEndDurationDays", "eq", "'29'", "'28'", "expired"),
        ("DataUsageEndDurationDays", "eq", "'999999999999999999'", "'-1'", "bad-operand"),
        ("DataProvisioningEndDate", "eq", "'2026-03-01T00:00:01Z'", "'2026-03-01T00:00:00Z'", "expired"),
        ("DataProvisioningEndDurationDays", "eq", "'29'", "'28'", "expired"),
        ("elapsedTime", "lteq", "'P27DT12H'", "'P27DT11H59M59.5S'", "bad-operand"),
        ("elapsedTime", "lteq", "'P1M'", "'P27DT11H'", "expired"),
        ("elapsedTime", "lt", "'P999999999Y'", "'P27DT12H'", "expired"),
        ("elapsedTime", "gteq", "'P3W'", "'P1M'", "not-yet"),
        ("elapsedTime", "lteq", "'P1Y'", "'-P1Y'", "bad-operand"),
        ("elapsedTime", "lteq", "'PT1000H'", "'PT'", "bad-operand"),
        ("elapsedTime", "lteq", "'P4W'", "'P1D1Y'", "bad-operand"),
        ("count", "lteq", "'1'", "'0'", "count-used-up"),
        ("count", "lt", "'2'", "'1'", "count-used-up"),
        ("count", "lteq", "{'@value':5}", "'5.0'", "bad-operand"),
        ("count", "lteq", "'999999999999999999'", "'99999999999999999999999999'", "bad-operand"),
        ("count", "lteq", "'5'", "'５'", "bad-operand"),
        ("http://www.w3.org/ns/odrl/2/count", "lteq", "'5'", "'+5'", "bad-operand"),
        ("urn:dure:bytes", "lteq", "'1'", "'0'", "bytes-used-up"),
        ("urn:dure:bytes", "lt", "'2'", "' 2'", "bad-operand"),
        ("spatial", "eq", "'KR'", "'EU'", "wrong-region"),
        ("spatial", "isAnyOf", "['EU','KR']", "['EU','JP']", "wrong-region"),
        ("spatial", "isAnyOf", "'KR'", "[]", "wrong-region"),
        ("spatial", "isNoneOf", "['EU']", "['KR']", "wrong-region"),
        ("spatial", "isNoneOf", "[]", "['kr']", "ambiguous"),
        ("spatial", "neq", "'EU'", "'KR'", "wrong-region"),
        ("spatial", "eq", "'KR'", "['KR']", "bad-operand"),
        ("spatial", "eq", "{'@id':'KR'}", "{'@id':'KR','@type':'x'}", "bad-operand"),
        ("spatial", "isAnyOf", "['KR']", "['KR',5]", "bad-operand"),
        ("spatial", "isAnyOf", "['KR']", "['КR']", "wrong-region"),
        ("Membership", "eq", "'active'", "'inactive'", "not-a-member"),
        ("Membership", "eq", "'active'", "'Active'", "ambiguous"),
        ("https://w3id.org/catenax/2025/9/policy/Membership", "eq", "'active'", "''", "bad-operand"),
        ("purpose", "eq", "'research'", "'marketing'", "wrong-purpose"),
        ("purpose", "isAnyOf", "['research','quality']", "['quality']", "wrong-purpose"),
        ("UsagePurpose", "isAnyOf", "['research']", "['cx.pcf.base:1']", "wrong-purpose"),
        ("BusinessPartnerNumber", "isAnyOf", "['BPNL02']", "['BPNL03']", "wrong-partner"),
        ("BusinessPartnerNumber", "isNoneOf", "['BPNL03']", "['BPNL02']", "wrong-partner"),
        ("BusinessPartnerNumber", "isAllOf", "['BPNL01','BPNL02']", "['BPNL01','BPNL03']", "wrong-partner"),
        ("BusinessPartnerGroup", "isAnyOf", "['gold']", "['silver']", "wrong-group"),
        ("BusinessPartnerGroup", "isAllOf", "['gold']", "[]", "bad-operand"),
        ("FrameworkAgreement", "eq", "'DataExchangeGovernance:1.0'", "'DataExchangeGovernance:2.0'", "no-framework-agreement"),
        ("recipient", "eq", "'did:web:lab.example'", "'did:web:other.example'", "wrong-partner"),
        ("assignee", "isAnyOf", "['did:web:lab.example']", "['did:web:other.example']", "wrong-partner"),
        ("recipient", "neq", "'did:web:other.example'", "'did:web:LAB.example'", "ambiguous"),
        ("recipient", "isNoneOf", "['did:web:other.example']", "['did:web:lab.example%3A443']", "ambiguous"),
    ];

    public static TheoryData<string, string, string, string, string, PolicyPhase> Lines()
    {
        var lines = new TheoryData<string, string, string, string, string, PolicyPhase>();
        foreach (var (left, comparison, passes, refuses, reason) in table)
            foreach (var phase in Enum.GetValues<PolicyPhase>())
                lines.Add(left, comparison, passes, refuses, reason, phase);
        return lines;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Each_operand_permits_what_it_allows_and_refuses_the_rest_with_its_reason(string left, string comparison, string passes, string refuses, string reason, PolicyPhase phase)
    {
        Assert.Empty(Reasons(UseWhen(left, comparison, passes), Ask(phase)));
        Assert.Equal([reason], Reasons(UseWhen(left, comparison, refuses), Ask(phase)));
    }

    [Theory]
    [InlineData("urn:example:unknown", "eq", "unknown-operand")]
    [InlineData("cоunt", "lteq", "unknown-operand")]
    [InlineData("Count", "lteq", "unknown-operand")]
    [InlineData("odrl:count", "lteq", "unknown-operand")]
    [InlineData("http://www.w3.org/ns/odrl/2/Membership", "eq", "unknown-operand")]
    [InlineData("count ", "lteq", "unknown-operand")]
    [InlineData("dateTime", "isAnyOf", "unknown-operator")]
    [InlineData("dateTime", "term-lteq", "unknown-operator")]
    [InlineData("count", "isPartOf", "unknown-operator")]
    [InlineData("spatial", "lteq", "unknown-operator")]
    [InlineData("spatial", "isPartOf", "unknown-operator")]
    [InlineData("DataUsageEndDate", "gteq", "unknown-operator")]
    [InlineData("DataUsageEndDurationDays", "neq", "unknown-operator")]
    [InlineData("UsageRestriction", "eq", "unknown-operand")]
    [InlineData("DataFrequency", "eq", "unknown-operand")]
    public void What_is_not_known_is_refused(string left, string comparison, string reason)
    {
        foreach (var phase in Enum.GetValues<PolicyPhase>())
            Assert.Equal([reason], Reasons(UseWhen(left, comparison, "'5'"), Ask(phase)));
    }

    [Theory]
    [InlineData("spatial", "eq", "claim-missing")]
    [InlineData("spatial", "neq", "claim-missing")]
    [InlineData("spatial", "isNoneOf", "claim-missing")]
    [InlineData("Membership", "neq", "not-a-member")]
    [InlineData("BusinessPartnerNumber", "isNoneOf", "claim-missing")]
    [InlineData("BusinessPartnerGroup", "isNoneOf", "claim-missing")]
    [InlineData("FrameworkAgreement", "neq", "no-framework-agreement")]
    public void A_claim_that_is_missing_fulfils_nothing(string left, string comparison, string reason)
    {
        foreach (var phase in Enum.GetValues<PolicyPhase>())
            Assert.Equal([reason], Reasons(UseWhen(left, comparison, "'x'"), Ask(phase) with { Claims = PolicyClaims.None.With(PolicyClaims.Region, " ", "") }));
    }

    [Fact]
    public void A_purpose_not_declared_yet_hides_no_offer_but_agrees_to_nothing()
    {
        var policy = UseWhen("purpose", "isAnyOf", "['research']");

        Assert.True(Permits(policy, Ask(PolicyPhase.Catalogue) with { Purposes = null }));
        Assert.False(Permits(policy, Ask(PolicyPhase.Catalogue) with { Purposes = [] }));
        Assert.False(Permits(policy, Ask(PolicyPhase.Catalogue) with { Purposes = ["marketing"] }));
        foreach (var phase in new[] { PolicyPhase.Negotiation, PolicyPhase.Transfer, PolicyPhase.Access })
            Assert.Equal(["purpose-not-declared"], Reasons(policy, Ask(phase) with { Purposes = null }));
        Assert.Equal(["bad-operand"], Reasons(UseWhen("purpose", "eq", "['research']"), Ask(PolicyPhase.Catalogue) with { Purposes = null }));
    }

    [Fact]
    public void Whoever_declares_a_wrong_purpose_beside_a_right_one_is_refused()
    {
        var both = Ask() with { Purposes = ["research", "marketing"] };

        Assert.Equal(["wrong-purpose"], Reasons(UseWhen("purpose", "isAnyOf", "['research']"), both));
        Assert.Equal(["wrong-purpose"], Reasons(UseWhen("purpose", "neq", "'marketing'"), both));
        Assert.True(Permits(UseWhen("purpose", "isAnyOf", "['research','marketing']"), both));
        Assert.True(Permits(UseWhen("purpose", "isAllOf", "['research','marketing']"), both));
    }

    [Fact]
    public void A_partner_that_states_two_regions_or_memberships_states_none()
    {
        var claims = PolicyClaims.None.With(PolicyClaims.Region, "KR", "JP").With(PolicyClaims.Membership, "active", "suspended");

        Assert.False(Permits(UseWhen("spatial", "eq", "'KR'"), Ask() with { Claims = claims }));
        Assert.False(Permits(UseWhen("spatial", "neq", "'KR'"), Ask() with { Claims = claims }));
        Assert.True(Permits(UseWhen("spatial", "isAnyOf", "['KR','JP']"), Ask() with { Claims = claims }));
        Assert.False(Permits(UseWhen("Membership", "eq", "'active'"), Ask() with { Claims = claims }));
    }

    [Fact]
    public void A_span_from_the_agreement_needs_one_once_data_may_flow()
    {
        foreach (var (left, right) in new[] { ("edc:inForceDate", "'contractAgreement+15d'"), ("elapsedTime", "'P15D'") })
        {
            var policy = UseWhen(left, "lteq", right);
            Assert.True(Permits(policy, Ask(PolicyPhase.Catalogue) with { AgreedAt = null }));
            Assert.True(Permits(policy, Ask(PolicyPhase.Negotiation) with { AgreedAt = null }));
            Assert.Equal(["not-agreed"], Reasons(policy, Ask(PolicyPhase.Transfer) with { AgreedAt = null }));
            Assert.Equal(["not-agreed"], Reasons(policy, Ask(PolicyPhase.Access) with { AgreedAt = null }));
            Assert.Equal(["not-agreed"], Reasons(policy, Ask() with { AgreedAt = Now.AddHours(1) }));
        }
        Assert.Equal(["expired"], Reasons(UseWhen("DataUsageEndDurationDays", "eq", "'0'"), Ask(PolicyPhase.Catalogue) with { AgreedAt = null }));
    }

    [Fact]
    public void A_count_of_three_allows_exactly_three()
    {
        var policy = UseWhen("count", "lteq", "'3'");

        Assert.Equal([3, 2, 1], Enumerable.Range(0, 3).Select(uses => ((PolicyDecision.Permitted)PolicyJudge.Decide(policy, Ask() with { Uses = uses })).UsesLeft!.Value));
        Assert.Equal(["count-used-up"], Reasons(policy, Ask() with { Uses = 3 }));
        Assert.Equal(["count-used-up"], Reasons(policy, Ask() with { Uses = long.MaxValue }));
    }
}
