using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Instruments;
using Dure.Lab.Protocols;
using Dure.Lab.Virtual;
using Dure.Loop;
using Xunit;

namespace Dure.Tests.Lab.Virtual;

public sealed class VirtualExampleTests
{
    [Fact]
    public void The_plan_can_be_read_and_its_instruments_may_do_all_that_it_may_ask()
    {
        var plan = CampaignText.Parse(VirtualExample.Plan);
        var cards = VirtualExample.Cards("nobody").Select(InstrumentCardText.Read).ToDictionary(card => card.Name, StringComparer.Ordinal);
        foreach (var step in plan.Protocol!.Steps)
            foreach (var card in step.Instruments.Select(name => cards[name]))
            {
                Assert.True(card.Link.IsVirtual);
                var allowed = Assert.Single(card.Actions, action => action.Name == step.Action);
                Assert.Empty(step.Set.Keys.Except(allowed.Values.Select(value => value.Name), StringComparer.Ordinal));
                foreach (var range in allowed.Values.OfType<AllowedValue.Range>())
                {
                    var (low, high) = step.Set[range.Name] switch
                    {
                        StepValue.OfFactor of => (plan.Space.LowOf(plan.Space.NumberOf(of.Factor)), plan.Space.HighOf(plan.Space.NumberOf(of.Factor))),
                        StepValue.Constant { Value: ActionValue.Number number } => (number.Value, number.Value),
                        var other => throw new Xunit.Sdk.XunitException($"{range.Name} comes from {other}."),
                    };
                    Assert.InRange(low, range.Low, range.High);
                    Assert.InRange(high, range.Low, range.High);
                }
            }
    }
}
