using Dure.Historian;
using Dure.Historian.Sources;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Sources;

public sealed class SourceDeskTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task An_item_nobody_has_accepted_waits_with_its_newest_value_and_a_proposal()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        var receipt = await desk.Deliver(TestSources.Batch("Oil temp!", "°C", (1_000_000, 20), (2_000_000, 21.5)), Cancel);
        Assert.Equal((0L, 0L), (receipt.Accepted, receipt.Rejected));
        var item = Assert.Single(desk.Items(10));
        Assert.Equal((ItemStanding.Waiting, "door/Oil temp", "Cel", true), (item.Standing, item.Path, item.Unit, item.IsUnitCertain));
        Assert.Equal(new Sample(Micros.Time(2_000_000), 21.5), item.Newest);
        Assert.Equal([20, 21.5], item.First.Select(sample => sample.Value));
        Assert.Equal((2L, 0L, 2L), (desk.Counts.Received, desk.Counts.Accepted, desk.Counts.Waiting));
    }

    [Fact]
    public async Task Accepting_registers_the_signal_and_keeps_the_samples_that_waited()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Deliver(TestSources.Batch("Temp", "degC", (1_000_000, 20), (2_000_000, 21)), Cancel);
        await desk.Accept([new ItemAcceptance("Temp", "plant/oven/Temp")], "tester", Cancel);
        await desk.Deliver(TestSources.Batch("Temp", "degC", (3_000_000, 22)), Cancel);
        Assert.Equal([(1_000_000, 20), (2_000_000, 21), (3_000_000, 22)], await sources.Kept("plant/oven/Temp"));
        Assert.Equal("Cel", sources.Stores.Historian.Find(SignalId.Parse("plant/oven/Temp")).Definition.Unit.Code);
        Assert.Equal((3L, 3L, 0L), (desk.Counts.Received, desk.Counts.Accepted, desk.Counts.Waiting));
    }

    [Fact]
    public async Task A_unit_that_is_not_certain_is_asked_for_with_the_guess()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Deliver(TestSources.Batch("T", "C", (1_000_000, 20)), Cancel);
        var asked = await Assert.ThrowsAsync<ProblemException>(() => desk.Accept([new ItemAcceptance("T")], "tester", Cancel));
        Assert.Equal("urn:dure:sources:unit-unknown", asked.Problem.Type);
        Assert.Contains("'Cel' is a guess", asked.Problem.Mend, StringComparison.Ordinal);
        var (accepted, left) = await desk.AcceptAll(null, "tester", Cancel);
        Assert.Empty(accepted);
        Assert.Equal("T", Assert.Single(left).Item);
        Assert.Single((await desk.AcceptAll("°C", "tester", Cancel)).Accepted);
    }

    [Fact]
    public async Task Scale_and_offset_change_values_and_a_wider_unit_converts()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Deliver(TestSources.Batch("raw", null, (1_000_000, 100)), Cancel);
        await desk.Accept([new ItemAcceptance("raw", TestHistorian.Pressure.Path, "mbar", Scale: 10, Offset: 500)], "tester", Cancel);
        Assert.Equal([(1_000_000, 1.5)], await sources.Kept(TestHistorian.Pressure.Path));
    }

    [Fact]
    public async Task An_item_with_the_name_of_a_known_signal_is_that_signal()
    {
        await using var sources = await TestSources.Create();
        var receipt = await sources.Desk().Deliver(TestSources.Batch(TestHistorian.Pressure.Path, "bar", (1_000_000, 2)), Cancel);
        Assert.Equal(1, receipt.Accepted);
    }

    [Fact]
    public async Task A_source_that_changes_its_unit_is_converted_and_one_nobody_knows_is_refused()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Deliver(TestSources.Batch("p", "bar", (1_000_000, 2)), Cancel);
        await desk.Accept([new ItemAcceptance("p", "plant/p/P")], "tester", Cancel);
        await desk.Deliver(TestSources.Batch("p", "mbar", (2_000_000, 3000)), Cancel);
        var refused = await desk.Deliver(TestSources.Batch("p", "furlong", (3_000_000, 4)), Cancel);
        Assert.Equal([(1_000_000, 2), (2_000_000, 3)], await sources.Kept("plant/p/P"));
        Assert.Equal(1, refused.Rejected);
        Assert.Contains("'furlong'", Assert.Single(desk.Rejections).Rejection.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ignored_items_are_dropped_and_can_wait_again()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Deliver(TestSources.Batch("beat", "1", (1_000_000, 1)), Cancel);
        await desk.Ignore(["beat"], "tester", Cancel);
        await desk.Deliver(TestSources.Batch("beat", "1", (2_000_000, 2)), Cancel);
        Assert.Equal((1L, ItemStanding.Ignored), (desk.Counts.Ignored, desk.Items(1)[0].Standing));
        await desk.Withdraw(["beat"], "tester", Cancel);
        Assert.Equal((1, ItemStanding.Waiting), (desk.ItemCounts.Waiting, desk.Items(1)[0].Standing));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_item_that_becomes_a_known_signal_brings_what_was_held_of_it(bool comesAgain)
    {
        await using var sources = await TestSources.Create();
        var time = new Tests.Mqtt.ManualTime();
        var desk = sources.Desk(time, keepsUntilAccepted: comesAgain);
        if (comesAgain)
            await Assert.ThrowsAsync<ProblemException>(async () => await desk.Deliver(TestSources.Batch("plant/oven/Temp", "°F", (1_000_000, 32)), Cancel));
        else
            await desk.Deliver(TestSources.Batch("plant/oven/Temp", "°F", (1_000_000, 32)), Cancel);
        await sources.Stores.Historian.Register([new SignalDefinition(SignalId.Parse("plant/oven/Temp"), Unit.Parse("Cel"))], "tester", Cancel);
        time.Advance(TimeSpan.FromSeconds(6));
        await desk.Deliver(TestSources.Batch("plant/oven/Temp", "°F", (2_000_000, 212)), Cancel);
        Assert.Equal(comesAgain ? [2_000_000] : [1_000_000, 2_000_000], (await sources.Kept("plant/oven/Temp")).Select(sample => sample.Item1));
        Assert.Equal(0, desk.Counts.Waiting);
        // What was held takes none of the room of others any more.
        var item = desk.Items(1)[0];
        Assert.Equal((ItemStanding.Accepted, 0), (item.Standing, item.First.Count));
    }

    [Fact]
    public async Task An_item_that_the_rule_accepts_brings_what_was_held_of_it()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk(TimeProvider.System);
        await desk.Deliver(TestSources.Batch("Temp", "°C", (1_000_000, 20)), Cancel);
        desk.SetRule(new AcceptRule("", "plant/oven"));
        await desk.Deliver(TestSources.Batch("Temp", "°C", (2_000_000, 21)), Cancel);
        Assert.Equal([(1_000_000, 20), (2_000_000, 21)], await sources.Kept("plant/oven/Temp"));
        Assert.Equal((0L, 0), (desk.Counts.Waiting, desk.Items(1)[0].First.Count));
    }

    [Fact]
    public async Task Accepting_again_leaves_scale_and_offset_as_they_are_unless_they_are_said()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Accept([new ItemAcceptance("raw", "plant/x/y", "bar", Scale: 0.1, Offset: -2)], "tester", Cancel);
        var again = Assert.Single(await desk.Accept([new ItemAcceptance("raw", "plant/x/y", "bar")], "tester", Cancel));
        Assert.Equal((0.1, -2), (again.Scale, again.Offset));
        var said = Assert.Single(await desk.Accept([new ItemAcceptance("raw", "plant/x/y", "bar", Scale: 1)], "tester", Cancel));
        Assert.Equal((1, -2), (said.Scale, said.Offset));
    }

    [Fact]
    public async Task A_withdrawn_item_waits_until_a_person_accepts_it_whatever_its_name_the_rule_and_restarts()
    {
        await using var sources = await TestSources.Create();
        var time = new Tests.Mqtt.ManualTime();
        var desk = sources.Desk(time, new AcceptRule("", "plant/oven"));
        var known = TestHistorian.Pressure.Path;
        await desk.Deliver(TestSources.Batch(known, "bar", (1_000_000, 1)), Cancel);
        await desk.Deliver(TestSources.Batch("Temp", "°C", (1_000_000, 1)), Cancel);
        Assert.Equal(2, desk.ItemCounts.Accepted);
        await desk.Withdraw([known, "Temp"], "tester", Cancel);
        foreach (var one in new[] { desk, sources.Desk(time, new AcceptRule("", "plant/oven")) })
        {
            time.Advance(TimeSpan.FromSeconds(6));
            await one.Deliver(TestSources.Batch(known, "bar", (2_000_000, 2)), Cancel);
            await one.Deliver(TestSources.Batch("Temp", "°C", (2_000_000, 2)), Cancel);
            Assert.Equal((0, 2), (one.ItemCounts.Accepted, one.ItemCounts.Waiting));
        }
        await desk.AcceptAll(null, "tester", Cancel);
        Assert.Equal((2, 0), (desk.ItemCounts.Accepted, desk.ItemCounts.Waiting));
        Assert.Equal(2, sources.Desk(time).ItemCounts.Accepted);
    }

    [Fact]
    public async Task A_known_signal_that_another_item_has_is_asked_about()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Accept([new ItemAcceptance("other", TestHistorian.Pressure.Path, "bar")], "tester", Cancel);
        await desk.Deliver(TestSources.Batch(TestHistorian.Pressure.Path, "bar", (1_000_000, 1)), Cancel);
        var item = desk.Items(2).Single(item => item.Name == TestHistorian.Pressure.Path);
        Assert.Equal(ItemStanding.Waiting, item.Standing);
        Assert.Contains("'other'", item.Question, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_items_cannot_be_one_signal()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        await desk.Accept([new ItemAcceptance("a", "plant/x/y", "bar")], "tester", Cancel);
        var conflict = await Assert.ThrowsAsync<ProblemException>(() => desk.Accept([new ItemAcceptance("b", "plant/x/y", "bar")], "tester", Cancel));
        Assert.Contains("'a'", conflict.Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plant//x", "bar", "plant/x")]
    [InlineData("plant/x/y", "parsnips", "UCUM")]
    public async Task What_cannot_be_kept_is_refused_with_what_can(string path, string unit, string mend)
    {
        await using var sources = await TestSources.Create();
        var refused = await Assert.ThrowsAsync<ProblemException>(() => sources.Desk().Accept([new ItemAcceptance("a", path, unit)], "tester", Cancel));
        Assert.Contains(mend, refused.Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_names_beyond_the_bound_are_counted_and_not_kept()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        var batch = new SampleBatch("test");
        for (var i = 0; i < 10_100; i++)
        {
            var block = new SignalBlock($"item {i}", null);
            block.Add(1_000_000, i);
            batch.Blocks.Add(block);
        }
        await desk.Deliver(batch, Cancel);
        Assert.Equal((0, 10_000, 100L), desk.ItemCounts);
        Assert.Equal(10_100, desk.Counts.Waiting);
    }

    [Fact]
    public async Task What_the_source_could_not_read_is_counted_and_told()
    {
        await using var sources = await TestSources.Create();
        var batch = TestSources.Batch(TestHistorian.Pressure.Path, "bar", (1_000_000, 2));
        batch.Reject("line 7", "It is not a number.", "Mend it.", samples: 3);
        var desk = sources.Desk();
        var receipt = await desk.Deliver(batch, Cancel);
        Assert.Equal((1L, 3L), (receipt.Accepted, receipt.Rejected));
        Assert.Equal((4L, 1L, 3L), (desk.Counts.Received, desk.Counts.Accepted, desk.Counts.Rejected));
        Assert.Equal("line 7", Assert.Single(desk.Rejections).Rejection.Where);
    }

    [Fact]
    public async Task Only_the_last_50_refusals_are_kept_newest_first()
    {
        await using var sources = await TestSources.Create();
        var desk = sources.Desk();
        for (var i = 0; i < 60; i++)
        {
            var batch = new SampleBatch("test");
            batch.Reject($"line {i}", "Bad.", "Mend.");
            await desk.Deliver(batch, Cancel);
        }
        Assert.Equal(50, desk.Rejections.Count);
        Assert.Equal("line 59", desk.Rejections[0].Rejection.Where);
    }

    [Fact]
    public void A_proposed_path_is_valid_whatever_the_name() => Prop.ForAll<string?>(name =>
        PathProposal.Of("source", name ?? "") is not { } path || (SignalId.TryParse(path, out _, out _) && path.StartsWith("source/", StringComparison.Ordinal))).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_a_unit_or_not_and_never_throws() => Prop.ForAll<string?>(text =>
    {
        _ = UnitSpelling.GuessFromName(text ?? "");
        return !UnitSpelling.TryUnderstand(text, out var unit) || Unit.TryParse(unit.Unit.Code, out _, out _);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("°C", "Cel", true)]
    [InlineData("deg C", "Cel", true)]
    [InlineData("l/min", "l/min", true)]
    [InlineData("m³/h", "m3/h", true)]
    [InlineData("% RH", "%", true)]
    [InlineData("rpm", "/min", true)]
    [InlineData("U/min", "/min", true)]
    [InlineData("kWh", "kW.h", true)]
    [InlineData("µm", "um", true)]
    [InlineData("bar(g)", "bar", true)]
    [InlineData("KPA", "kPa", true)]
    [InlineData("C", "Cel", false)]
    [InlineData("Nm", "N.m", false)]
    public void Customary_spellings_are_understood(string written, string code, bool isCertain)
    {
        Assert.True(UnitSpelling.TryUnderstand(written, out var unit));
        Assert.Equal((code, isCertain), (unit.Unit.Code, unit.IsCertain));
    }

    [Theory]
    [InlineData("Flow [l/min]", "l/min")]
    [InlineData("Temp (°C)", "Cel")]
    [InlineData("pressure_bar", "bar")]
    [InlineData("Pressure", null)]
    public void A_unit_in_a_name_is_a_guess(string name, string? code) => Assert.Equal(code, UnitSpelling.GuessFromName(name)?.Unit.Code);
}
