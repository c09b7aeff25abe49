using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class DeviceFleetTests : IAsyncLifetime
{
    private const string Pump = "plant/pump/1";
    private readonly KeyFolder folder = new();
    private Journal journal = null!; // opened before each test

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => journal = await Journal.Open(folder.File("journal"), folder.Key, TimeProvider.System, Cancel);

    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_device_is_known_by_its_token_and_the_journal_holds_only_a_hash()
    {
        var fleet = DeviceFleet.Open(journal);
        var (device, token) = await fleet.Enrol("pump-house", "anna", Cancel);
        Assert.Equal(device, fleet.Authenticate(token));
        Assert.DoesNotContain(journal.Read(), entry => entry.Body.ToJsonString().Contains(token.Split('_', 3)[2], StringComparison.Ordinal));
        Assert.Equal(43, token.Split('_', 3)[2].Length); // 256 bits in base64url
    }

    [Fact]
    public async Task A_token_changed_in_any_place_is_not_known()
    {
        var fleet = DeviceFleet.Open(journal);
        var (_, token) = await fleet.Enrol("pump-house", "anna", Cancel);
        for (var i = 0; i < token.Length; i++)
            Assert.Null(fleet.Authenticate(string.Concat(token.AsSpan(0, i), token[i] == 'x' ? "y" : "x", token.AsSpan(i + 1))));
        Assert.Null(fleet.Authenticate(null));
        Assert.Null(fleet.Authenticate(token + "x"));
        Assert.Null(fleet.Authenticate(token[..^1]));
    }

    [Fact]
    public async Task A_report_sent_again_is_acknowledged_and_changes_nothing()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        var raised = new List<RaisedAlarm>();
        fleet.AlarmRaised += raised.Add;
        Assert.Equal(new ReportReceipt(1, false), await fleet.Report(id, Report(1, alarms: 1), null, Cancel));
        var entries = journal.Count;
        Assert.Equal(new ReportReceipt(1, true), await fleet.Report(id, Report(1, alarms: 1), null, Cancel));
        Assert.Equal(entries, journal.Count);
        Assert.Single(fleet.RecentScores(AssetId.Parse(Pump)));
        var alarm = Assert.Single(raised);
        Assert.Equal(journal.Entry(alarm.Entry).Hash, alarm.EntryHash);
        Assert.Equal("Pressure", alarm.Contributions[0].Signal);
    }

    [Fact]
    public async Task Two_copies_of_a_report_at_once_count_once()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        var receipts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => fleet.Report(id, Report(1, alarms: 2), null, Cancel), Cancel)));
        Assert.Single(receipts, receipt => !receipt.WasKnown);
        Assert.Equal(2, fleet.AlarmCount);
    }

    [Fact]
    public async Task A_report_that_leaves_one_out_is_refused()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        var refused = await Assert.ThrowsAsync<ProblemException>(() => fleet.Report(id, Report(3), null, Cancel));
        Assert.Equal("Send report 1 first.", refused.Problem.Mend);
    }

    [Fact]
    public async Task A_restart_remembers_devices_deployments_and_reports()
    {
        var before = DeviceFleet.Open(journal);
        var (device, token) = await before.Enrol("pump-house", "anna", Cancel);
        await before.Deploy(device.Id, ContentHash.Of("package"u8), ContentHash.Of("model"u8), EntryRef.To(journal.Entry(0)), "anna", Cancel);
        await before.Report(device.Id, Report(1, alarms: 1), null, Cancel);
        var after = DeviceFleet.Open(journal);
        Assert.Equal(before.Find(device.Id)! with { Health = null }, after.Authenticate(token));
        Assert.Equal(new ReportReceipt(1, true), await after.Report(device.Id, Report(1, alarms: 1), null, Cancel));
        Assert.Equal(ContentHash.Of("package"u8), Assert.Single(after.Devices).Package);
    }

    [Fact]
    public async Task Alarms_entered_before_a_crash_are_not_entered_again()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        await fleet.Report(id, Report(1, alarms: 2), null, Cancel);
        await using var copy = await Journal.Open(folder.File("copy"), folder.Key, TimeProvider.System, Cancel);
        foreach (var entry in journal.Read().Where(entry => entry.Kind != DeviceFleet.Reported).Take(2)) // enrolled, and the first of two alarms
            await copy.Append(entry.Kind, entry.Subject, (System.Text.Json.Nodes.JsonObject)entry.Body.DeepClone(), entry.Actor, Cancel);
        var restarted = DeviceFleet.Open(copy);
        await restarted.Report(id, Report(1, alarms: 2), null, Cancel);
        Assert.Equal(2, copy.Read().Count(entry => entry.Kind == DeviceFleet.Raised));
    }

    [Theory]
    [InlineData("", 0L, 0.5)]
    [InlineData("plant//pump", 0L, 0.5)]
    [InlineData(Pump, -1L, 0.5)]
    [InlineData(Pump, long.MaxValue, 0.5)]
    [InlineData(Pump, 0L, 1.5)]
    public async Task A_broken_alarm_leaves_no_entry_behind(string asset, long micros, double share)
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        var report = new DeviceReport(1, [], [new AlarmOnset(asset, micros, 2, [new AlarmPart("Pressure", share)])], null);
        await Assert.ThrowsAsync<ProblemException>(() => fleet.Report(id, report, null, Cancel));
        Assert.Equal(1, journal.Count);
    }

    [Fact]
    public async Task The_page_sees_only_the_newest_scores()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        var rows = Enumerable.Range(0, 1000).Select(i => new ScoredRow(Pump, i, 0.5, false)).ToArray();
        await fleet.Report(id, new DeviceReport(1, rows, [], null), null, Cancel);
        Assert.Equal(rows[^DeviceFleet.ScoresKept..], fleet.RecentScores(AssetId.Parse(Pump)));
    }

    [Fact]
    public async Task A_slow_watcher_is_told_how_much_it_missed()
    {
        var fleet = DeviceFleet.Open(journal);
        var id = (await fleet.Enrol("pump-house", "anna", Cancel)).Device.Id;
        await using var watching = fleet.Watch(Cancel).GetAsyncEnumerator(Cancel);
        var first = watching.MoveNextAsync();
        await fleet.Report(id, new DeviceReport(1, [.. Enumerable.Range(0, 5000).Select(i => new ScoredRow(Pump, i, 0.5, false))], [], null), null, Cancel);
        Assert.True(await first);
        var seen = 0L;
        var missed = 0L;
        for (var more = true; more; more = seen + missed < 5000 && await watching.MoveNextAsync())
        {
            if (watching.Current is FleetEvent.Missed(var count))
                missed += count;
            else
                seen++;
        }
        Assert.Equal(5000, seen + missed);
        Assert.True(missed > 0);
    }

    private static DeviceReport Report(long sequence, int alarms = 0) => new(sequence, [new ScoredRow(Pump, sequence * 1_000_000, 2, true)],
        [.. Enumerable.Range(0, alarms).Select(i => new AlarmOnset(Pump, sequence * 1_000_000 + i, 2, [new AlarmPart("Pressure", 0.9)]))], null);
}
