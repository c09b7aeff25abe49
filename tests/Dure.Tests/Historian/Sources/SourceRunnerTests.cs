using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Sources;

public sealed class SourceRunnerTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task A_source_and_what_its_items_are_kept_as_come_back_after_a_restart()
    {
        var kind = new ScriptedKind(Sending("Temp", "degC"));
        await using var sources = await TestSources.Create(kind);
        await sources.Add("oven");
        await TestSources.Until(() => sources.Runner.Desk("oven").ItemCounts.Waiting == 1);
        await sources.Runner.Desk("oven").Accept([new ItemAcceptance("Temp", "plant/oven/Temp")], "tester", Cancel);
        await sources.Reopen();
        await TestSources.Until(() => sources.Runner.Status("oven").Counts.Accepted > 0);
        Assert.Equal((1, 0), (sources.Runner.Status("oven").AcceptedItems, sources.Runner.Status("oven").WaitingItems));
    }

    [Fact]
    public async Task A_source_that_throws_is_started_again_and_harms_no_other()
    {
        var kind = new ScriptedKind((settings, desk, cancel) => settings["host"]!.GetValue<string>() == "bad"
            ? throw new InvalidOperationException("the driver fell over")
            : Sending("Temp", "degC")(settings, desk, cancel));
        await using var sources = await TestSources.Create(kind);
        await sources.Runner.Add("bad", "scripted", new JsonObject { ["host"] = "bad" }, true, null, "tester", Cancel);
        await sources.Add("good");
        await TestSources.Until(() => kind.Runs >= 4 && sources.Runner.Status("good").Counts.Received > 0);
        var bad = sources.Runner.Status("bad");
        Assert.Contains("the driver fell over", bad.Problem!.What, StringComparison.Ordinal);
        Assert.Equal(SourceState.Connected, sources.Runner.Status("good").State);
    }

    [Fact]
    public async Task A_source_whose_settings_cannot_work_fails_in_words_and_is_not_tried_again_until_restarted()
    {
        var kind = new ScriptedKind((_, _, _) => throw new ProblemException("urn:dure:test:bad", "The certificate has expired.", "file client.pem", "Renew it."));
        await using var sources = await TestSources.Create(kind);
        await sources.Add("press");
        await TestSources.Until(() => sources.Runner.Status("press").State == SourceState.Failed);
        Assert.Equal("Renew it.", sources.Runner.Status("press").Problem!.Mend);
        Assert.Equal(1, kind.Runs);
        await sources.Runner.Restart("press", Cancel);
        await TestSources.Until(() => kind.Runs == 2);
    }

    [Fact]
    public async Task A_secret_is_in_its_own_file_and_never_in_the_journal()
    {
        var seen = new TaskCompletionSource<string>();
        var kind = new ScriptedKind((settings, _, cancel) =>
        {
            seen.TrySetResult(settings["password"]!.GetValue<string>());
            return Task.Delay(Timeout.Infinite, cancel);
        });
        await using var sources = await TestSources.Create(kind);
        await sources.Add("broker", password: "open sesame 4711");
        Assert.Equal("open sesame 4711", await seen.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.DoesNotContain(sources.Stores.Journal.Read(), entry => System.Text.Encoding.UTF8.GetString(entry.Bytes.Span).Contains("sesame", StringComparison.Ordinal));
        Assert.Equal(["password"], sources.Runner.SecretsOf("broker"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(sources.SecretsFile));

        // Left out when the others change, it stays; removing the source removes it.
        await sources.Runner.Change("broker", new JsonObject { ["host"] = "device" }, null, (false, null), "tester", Cancel);
        Assert.Equal(["password"], sources.Runner.SecretsOf("broker"));
        await sources.Runner.Remove("broker", "tester", Cancel);
        Assert.DoesNotContain("sesame", await File.ReadAllTextAsync(sources.SecretsFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_goes_to_no_other_host_than_the_one_it_was_given_for()
    {
        var kind = new ScriptedKind((_, _, cancel) => Task.Delay(Timeout.Infinite, cancel));
        await using var sources = await TestSources.Create(kind);
        await sources.Add("broker", password: "open sesame 4711");
        var elsewhere = new JsonObject { ["host"] = "elsewhere" };
        var refused = await Assert.ThrowsAsync<ProblemException>(() => sources.Runner.Change("broker", elsewhere, null, (false, null), "tester", Cancel));
        Assert.Contains("setting 'password'", refused.Problem.Where, StringComparison.Ordinal);
        var runs = kind.Runs;
        var tried = await sources.Runner.Try("scripted", "broker", "broker", elsewhere, TimeSpan.FromSeconds(1), Cancel);
        Assert.Equal(("urn:dure:sources:secret-needed", runs), (tried.Problem!.Type, kind.Runs));
        await sources.Runner.Change("broker", new JsonObject { ["host"] = "elsewhere", ["password"] = "another" }, null, (false, null), "tester", Cancel);
        Assert.Equal(["password"], sources.Runner.SecretsOf("broker"));
    }

    [Fact]
    public async Task A_rule_accepts_what_is_certain_and_asks_about_the_rest()
    {
        await using var sources = await TestSources.Create(new ScriptedKind(async (_, desk, cancel) =>
        {
            desk.Report(SourceState.Connected);
            await desk.Deliver(TestSources.Batch("hall/a", "bar", (1_000_000, 1)), cancel);
            await desk.Deliver(TestSources.Batch("hall/b", "C", (1_000_000, 2)), cancel);
            await desk.Deliver(TestSources.Batch("yard/c", "bar", (1_000_000, 3)), cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        }));
        await sources.Add("mill", new AcceptRule("hall/", "plant/hall1"));
        await TestSources.Until(() => sources.Runner.Status("mill").Counts.Received == 3);
        Assert.Equal([(1_000_000, 1)], await sources.Kept("plant/hall1/a"));
        var waiting = sources.Runner.Desk("mill").Items(10).Where(item => item.Standing == ItemStanding.Waiting).ToArray();
        Assert.Equal(["hall/b", "yard/c"], waiting.Select(item => item.Name));
        Assert.Contains("'C' is not certain", waiting[0].Question, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_rule_looks_again_at_what_waits()
    {
        await using var sources = await TestSources.Create(new ScriptedKind(Sending("hall/a", "bar")));
        await sources.Add("mill", new AcceptRule("yard/", "plant"));
        await TestSources.Until(() => sources.Runner.Status("mill").Counts.Waiting > 0);
        await sources.Runner.Change("mill", null, null, (true, new AcceptRule("hall/", "plant/hall1")), "tester", Cancel);
        await TestSources.Until(() => sources.Runner.Status("mill") is { AcceptedItems: 1, Counts.Accepted: > 0 });
        Assert.Equal("plant/hall1/a", sources.Runner.Desk("mill").Items(1)[0].Path);
    }

    [Fact]
    public async Task A_sender_that_keeps_its_samples_is_held_back_until_every_item_is_decided_about()
    {
        var kind = new ScriptedKind(async (_, desk, cancel) =>
        {
            while (true)
            {
                try
                {
                    await desk.Deliver(TestSources.Batch("a", "bar", (1_000_000, 1)), cancel);
                    desk.Report(SourceState.Connected);
                }
                catch (ProblemException wait)
                {
                    desk.Report(SourceState.Retrying, wait.Problem);
                }
                await Task.Delay(20, cancel);
            }
        }, keepsUntilAccepted: true);
        await using var sources = await TestSources.Create(kind);
        await sources.Add("files");
        await TestSources.Until(() => sources.Runner.Status("files").Problem?.Type == "urn:dure:sources:items-wait");
        await sources.Runner.Desk("files").AcceptAll(null, "tester", Cancel);
        await TestSources.Until(() => sources.Runner.Status("files") is { State: SourceState.Connected, Counts.Accepted: 1 });
        Assert.Equal([(1_000_000, 1)], await sources.Kept("files/a"));
    }

    [Fact]
    public async Task Trying_a_source_shows_what_arrives_and_keeps_nothing()
    {
        await using var sources = await TestSources.Create(new ScriptedKind(Sending("Temp [°C]", null)));
        var entries = sources.Stores.Journal.Count;
        var result = await sources.Runner.Try("scripted", "oven", null, new JsonObject { ["host"] = "device" }, TimeSpan.FromSeconds(10), Cancel);
        var item = Assert.Single(result.Items);
        Assert.Equal(("Temp [°C]", "oven/Temp", "Cel", false), (item.Name, item.Path, item.Unit, item.IsUnitCertain));
        Assert.Null(result.Problem);
        Assert.Equal(entries, sources.Stores.Journal.Count);
        Assert.DoesNotContain(sources.Runner.Sources, source => source.Name == "oven");
    }

    [Fact]
    public async Task Trying_a_source_that_sends_nothing_says_so_in_words()
    {
        await using var sources = await TestSources.Create(new ScriptedKind((_, desk, cancel) =>
        {
            desk.Report(SourceState.Connected);
            return Task.Delay(Timeout.Infinite, cancel);
        }));
        var result = await sources.Runner.Try("scripted", "oven", null, new JsonObject { ["host"] = "device" }, TimeSpan.FromSeconds(0.5), Cancel);
        Assert.Equal("urn:dure:sources:nothing-arrived", result.Problem!.Type);
        Assert.Contains("connected", result.Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Press", "scripted", "lower-case")]
    [InlineData("press", "telepathy", "scripted")]
    [InlineData("door", "scripted", "another name")]
    public async Task A_source_that_cannot_be_added_is_refused_with_what_can(string name, string kind, string mend)
    {
        await using var sources = await TestSources.Create(new ScriptedKind(Sending("a", null)));
        sources.Desk("door");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => sources.Runner.Add(name, kind, new JsonObject { ["host"] = "x" }, true, null, "tester", Cancel));
        Assert.Contains(mend, refused.Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_does_not_stop_is_left_behind_within_seconds()
    {
        using var never = new SemaphoreSlim(0);
        await using var sources = await TestSources.Create(new ScriptedKind((_, _, _) => never.WaitAsync(CancellationToken.None)));
        await sources.Add("stuck");
        var begun = TimeProvider.System.GetTimestamp();
        await sources.Runner.Remove("stuck", "tester", Cancel);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 20);
        Assert.Empty(sources.Runner.Sources);
        never.Release();
    }

    /// <summary>A source that sends one sample after the other.</summary>
    private static Func<JsonObject, ISourceDesk, CancellationToken, Task> Sending(string item, string? unit) => async (_, desk, cancel) =>
    {
        desk.Announce([new SourceItem(item, unit)]);
        desk.Report(SourceState.Connected);
        for (var i = 1L; ; i++)
        {
            await desk.Deliver(TestSources.Batch(item, unit, (i * 1_000_000, i)), cancel);
            await Task.Delay(10, cancel);
        }
    };
}
