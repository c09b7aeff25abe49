using System.Globalization;
using System.Text;
using Dure.Edge.Device;
using Dure.Edge.Device.Forwarding;
using Dure.Edge.Packages;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class DeviceRunTests : IDisposable
{
    private const long Second = 1_000_000;
    private const long Start = 1_700_000_000 * Second;

    private readonly KeyFolder folder = new();
    private readonly ModelPackage package;
    private readonly FakeNode node = new();
    private readonly List<string> said = [];

    public DeviceRunTests() => package = ModelPackage.Open(SamplePackages.Build(folder.Key), folder.Key.PublicKey);

    public void Dispose()
    {
        node.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Every_row_is_scored_and_reported_once_with_the_devices_token()
    {
        var summary = await Run(Rows(1, 1200));
        Assert.IsType<ForwardingEnd.AllSent>(summary.End);
        Assert.Equal(Expected(1200), node.Rows.Select(row => (row.TimeMicros, row.Score)));
        Assert.All(node.ReportSizes, size => Assert.InRange(size, 0, 500));
        Assert.All(node.Requests, request => Assert.Equal("POST http://node.test/base/api/v1/devices/d1/reports Bearer secret", request));
    }

    [Fact]
    public async Task An_alarm_is_reported_at_its_onset_with_the_signals_that_made_it()
    {
        await Run([Row(1, 10, 2), Row(2, 20, 3), Row(3, 20, 3), Row(4, 10, 2), Row(5, 10, 2), Row(6, 10, 2), Row(7, 18, 2)]);
        Assert.Equal([Start + 2 * Second, Start + 7 * Second], node.Alarms.Select(alarm => alarm.FromMicros));
        Assert.Equal("Pressure", node.Alarms[0].Contributions[0].Signal);
        Assert.Equal(25 / 25.25, node.Alarms[0].Contributions[0].Share, 1e-9);
        Assert.Equal([false, true, true, true, true, false, true], node.Rows.Select(row => row.Alarm));
    }

    [Fact]
    public async Task Reports_wait_on_the_disk_while_the_node_is_away_and_arrive_in_order()
    {
        foreach (var fate in new[] { Fate.NodeAway, Fate.ServerError, Fate.AnswerLost, Fate.NodeAway, Fate.AnswerLost })
            node.Fates.Enqueue(fate);
        await Run(Rows(1, 700));
        Assert.Equal(Expected(700), node.Rows.Select(row => (row.TimeMicros, row.Score)));
        Assert.Contains(said, line => line.Contains("they wait in the buffer", StringComparison.Ordinal));
    }

    [Fact]
    public void Whatever_happens_on_the_line_no_row_is_lost_or_doubled() =>
        Prop.ForAll<int>(seed =>
        {
            using var stormy = new FakeNode();
            var random = new Random(seed);
            for (var i = random.Next(30); i > 0; i--)
                stormy.Fates.Enqueue((Fate)random.Next((int)Fate.ServerError + 1));
            var rows = random.Next(1, 60);
            var run = new Batching { MostRows = random.Next(1, 10) };
            using var own = new KeyFolder();
            for (var part = 0; part < 3; part++) // each part is a start of its own, which reads from the beginning
                Task.Run(() => Run(Rows(1, rows * (part + 1) / 3), stormy, own.File("buffer"), run, TimeSpan.FromMilliseconds(part == 2 ? 60_000 : 0))).GetAwaiter().GetResult();
            return stormy.Rows.Select(row => (row.TimeMicros, row.Score)).SequenceEqual(Expected(rows));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public async Task A_start_after_a_kill_goes_on_behind_the_last_row_with_the_detectors_memory()
    {
        node.Always = Fate.NodeAway;
        var first = await Run(Rows(1, 30), afterEnd: TimeSpan.Zero);
        Assert.IsType<ForwardingEnd.NodeAway>(first.End);
        node.Always = Fate.Answered;
        var second = await Run(Rows(1, 50));
        Assert.Equal(30, second.SeenBefore);
        Assert.Equal(Expected(50), node.Rows.Select(row => (row.TimeMicros, row.Score)));
    }

    [Fact]
    public async Task A_device_whose_buffer_was_lost_goes_on_behind_what_the_node_has()
    {
        await Run(Rows(1, 10));
        Directory.Delete(folder.File("buffer"), recursive: true);
        await Run(Rows(11, 20));
        Assert.Equal(20, node.Rows.Count);
    }

    [Fact]
    public async Task A_line_that_gives_no_row_is_named_and_the_rest_goes_on()
    {
        var summary = await Run(
        [
            Row(1, 10, 2),
            "{\"asset\":\"plant/pump/1\",\"time\":1700000002000000,\"values\":[1]}",
            "not json",
            "{\"asset\":\"plant/pump/1\",\"time\":1700000002000000,\"values\":[NaN,1]}",
            "{\"asset\":\"plant/pump/7\",\"time\":1700000002000000,\"values\":[1,2]}",
            "",
            "{\"asset\":\"plant/pump/1\",\"time\":\"yesterday\",\"values\":[1,2]}",
            Row(1, 10, 2),
            "{\"asset\":\"plant/pump/1\",\"time\":1700000002000000,\"values\":[null,null]}",
            new string('x', 1 << 21),
            "{\"time\":\"2023-11-14T22:13:22Z\",\"values\":[10,null],\"asset\":\"plant/pump/1\"}",
        ]);
        Assert.Equal((2, 8), (summary.Scored, summary.Refused));
        Assert.Equal([Start + Second, Start + 2 * Second], node.Rows.Select(row => row.TimeMicros));
        Assert.Equal(["line 2:", "line 3:", "line 4:", "line 5:", "line 7:", "line 8:", "line 9:", "line 10:"], said.Select(line => line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)]));
        Assert.Contains("1 values; the package has 2 signals", said[0], StringComparison.Ordinal);
        Assert.Contains("'plant/pump/7' is not in the package", said[3], StringComparison.Ordinal);
        Assert.Contains("not after that of the machine's row before", said[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_ends_the_run_and_keeps_the_rows()
    {
        node.Always = Fate.Unauthorized;
        var refused = Assert.IsType<ForwardingEnd.Refused>((await Run(Rows(1, 5))).End);
        Assert.Contains("The token is not this device's.", refused.Why, StringComparison.Ordinal);
        Assert.DoesNotContain(said, line => line.Contains("secret", StringComparison.Ordinal));
        node.Always = Fate.Answered;
        await Run(Rows(1, 5));
        Assert.Equal(5, node.Rows.Count);
    }

    [Fact]
    public async Task A_full_buffer_makes_reading_wait_and_loses_nothing()
    {
        for (var i = 0; i < 5; i++)
            node.Fates.Enqueue(Fate.NodeAway);
        await Run(Rows(1, 40), node, folder.File("buffer"), new Batching { MostRows = 1 }, TimeSpan.FromMinutes(1), bufferBytes: 1);
        Assert.Equal(Expected(40), node.Rows.Select(row => (row.TimeMicros, row.Score)));
    }

    [Fact]
    public async Task A_stop_keeps_what_was_read()
    {
        using var stop = new CancellationTokenSource();
        using var input = new NeverEndingStream(Encoding.UTF8.GetBytes(string.Join('\n', Rows(1, 20)) + "\n"));
        var running = Run(input, node, folder.File("buffer"), new Batching { MostRows = 20 }, TimeSpan.FromMinutes(1), 1 << 20, stop.Token);
        await input.AllRead;
        await stop.CancelAsync();
        Assert.IsType<ForwardingEnd.AllSent>((await running).End);
        Assert.Equal(20, node.Rows.Count);
    }

    [Fact]
    public void A_buffer_belongs_to_one_device_and_one_process()
    {
        using (ReportBuffer.Open(folder.File("buffer"), "d1", 1000))
            Assert.Equal("urn:dure:edge:buffer-in-use", Assert.Throws<ProblemException>(() => ReportBuffer.Open(folder.File("buffer"), "d1", 1000)).Problem.Type);
        using (var buffer = ReportBuffer.Open(folder.File("buffer"), "d1", 1000))
            buffer.SetOffset(1);
        Assert.Equal("urn:dure:edge:wrong-buffer", Assert.Throws<ProblemException>(() => ReportBuffer.Open(folder.File("buffer"), "d2", 1000)).Problem.Type);
    }

    [Fact]
    public async Task Scores_are_also_written_as_lines()
    {
        using var scores = new MemoryStream();
        using var buffer = ReportBuffer.Open(folder.File("buffer"), "d1", 1 << 20);
        using var link = Link(node);
        var run = new DeviceRun(package, buffer, link, new Patience(), new Batching(), TimeProvider.System, said.Add) { ScoresOut = scores };
        await run.Run(new MemoryStream(Encoding.UTF8.GetBytes(Row(1, 12, 2))), TestContext.Current.CancellationToken);
        Assert.Equal("""{"asset":"plant/pump/1","time":1700000001000000,"score":1,"alarm":false}""" + "\n", Encoding.UTF8.GetString(scores.ToArray()));
    }

    private Task<RunSummary> Run(IEnumerable<string> lines, TimeSpan? afterEnd = null) =>
        Run(lines, node, folder.File("buffer"), new Batching(), afterEnd ?? TimeSpan.FromMinutes(1));

    private Task<RunSummary> Run(IEnumerable<string> lines, FakeNode to, string buffer, Batching batching, TimeSpan afterEnd, long bufferBytes = 1 << 20) =>
        Run(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), to, buffer, batching, afterEnd, bufferBytes, TestContext.Current.CancellationToken);

    private async Task<RunSummary> Run(Stream input, FakeNode to, string bufferFolder, Batching batching, TimeSpan afterEnd, long bufferBytes, CancellationToken stop)
    {
        using var buffer = ReportBuffer.Open(bufferFolder, "d1", bufferBytes);
        using var link = Link(to);
        var patience = new Patience { FirstWait = TimeSpan.FromMilliseconds(1), LongestWait = TimeSpan.FromMilliseconds(4), AfterEnd = afterEnd };
        return await new DeviceRun(package, buffer, link, patience, batching, TimeProvider.System, line => { lock (said) said.Add(line); }).Run(input, stop);
    }

    private static NodeLink Link(FakeNode to) => new(to, new Uri("http://node.test/base/"), "d1", "secret");

    private static IEnumerable<string> Rows(int first, int last) => Enumerable.Range(first, last - first + 1).Select(i => Row(i, 10 + i % 7, 2));

    private static string Row(int second, double pressure, double current) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"asset":"{{SamplePackages.First}}","time":{{Start + second * Second}},"values":[{{pressure}},{{current}}]}""");

    /// <summary>The scores of <see cref="Rows"/> from the first on, worked out beside the device.</summary>
    private static IEnumerable<(long, double)> Expected(int count)
    {
        var memory = 0.0;
        for (var i = 1; i <= count; i++)
        {
            memory = (i % 7 + memory) * 0.5;
            yield return (Start + i * Second, memory * memory);
        }
    }
}

/// <summary>Gives its bytes and then waits for ever, as a quiet pipe does.</summary>
internal sealed class NeverEndingStream(byte[] content) : Stream
{
    private readonly TaskCompletionSource allRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int at;

    public Task AllRead => allRead.Task;
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(buffer.Length, content.Length - at);
        if (count == 0)
        {
            allRead.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        content.AsMemory(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
