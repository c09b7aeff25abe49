using Dure.Exchange.Policies;
using Dure.Kernel;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class InheritanceTests
{
    [Fact]
    public void Passing_on_must_be_granted_in_so_many_words_by_every_source()
    {
        var quiet = new PolicyTerms { MembersOnly = true }.ToPolicy();
        var open = new PolicyTerms { MayPassOn = true, MayDerive = true }.ToPolicy();

        Assert.False(PolicyInheritance.MayPassOn(quiet));
        Assert.True(PolicyInheritance.MayPassOn(open) && PolicyInheritance.MayDerive(open));
        Assert.False(PolicyInheritance.MayPassOn(PolicyInheritance.Combine([open, quiet])));
        Assert.False(PolicyInheritance.MayPassOn(open with { Prohibitions = [new PolicyRule("distribute", [])] }));
        Assert.False(PolicyInheritance.MayPassOn(open with { Permissions = [.. open.Permissions.Select(rule => rule with { Foreign = [new ForeignMember("duty", "[]")] })] }));
        Assert.IsType<PolicyDecision.Refused>(PolicyInheritance.JudgePassingOn(quiet, Ask()));
        Assert.IsType<PolicyDecision.Permitted>(PolicyInheritance.JudgePassingOn(open, Ask()));
    }

    [Fact]
    public void Who_got_data_for_a_time_cannot_lengthen_it_by_passing_them_on()
    {
        var upstream = new PolicyTerms { DaysAfterAgreement = 15, MayPassOn = true }.ToPolicy();
        var inherited = PolicyInheritance.CombineReceived([(upstream, AgreedAt), (new PolicyTerms { MembersOnly = true }.ToPolicy(), Now)]);

        var later = Ask() with { AgreedAt = AgreedAt.AddDays(15).AddTicks(1), Now = AgreedAt.AddDays(15).AddTicks(1) };
        Assert.True(Permits(inherited, later with { Now = AgreedAt.AddDays(15), AgreedAt = AgreedAt.AddDays(15) }));
        Assert.Equal(["expired"], Reasons(inherited, later));
    }

    [Fact]
    public void Sources_with_nothing_in_common_forbid_every_use()
    {
        var combined = PolicyInheritance.Combine([new UsagePolicy { Permissions = [new PolicyRule("use", [])] }, new UsagePolicy { Permissions = [new PolicyRule("sell", [])] }]);

        Assert.Contains("prohibited", Reasons(combined, Ask()));
        Assert.Contains("prohibited", Reasons(combined, Ask() with { Action = "sell" }));
    }

    [Fact]
    public void Too_many_rules_together_are_refused_and_never_cut_short()
    {
        var sources = Enumerable.Range(0, 300).Select(i => UseWhen("spatial", "neq", $"'R{i}'"));

        Assert.Equal("urn:dure:exchange:bad-policy", Assert.Throws<ProblemException>(() => PolicyInheritance.Combine(sources)).Problem.Type);
        Assert.Throws<ArgumentException>(() => PolicyInheritance.Combine([]));
    }
}
