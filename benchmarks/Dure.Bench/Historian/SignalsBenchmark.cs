using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Dure.Bench.Historian;

/// <summary>A node with 100,000 signals at 1 Hz: what it costs in cores and memory, and how long a sender waits for its acknowledgement.</summary>
internal static class SignalsBenchmark
{
    private const int Signals = 100_000;
    private const int LinesPerPost = 5_000;
    private const int Senders = 4;
    private const int Posts = Signals / LinesPerPost;
    private const double TakenShare = 0.99;
    private const double TargetCores = 0.3;
    private const double TargetMebibytes = 300;
    private static readonly MediaTypeHeaderValue Plain = new("text/plain");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static async Task<Report> Run(TimeSpan length)
    {
        var report = new Report("signals100k");
        var folder = Directory.CreateTempSubdirectory("dure-signals-").FullName;
        try
        {
            using var node = await BenchNode.Start(folder);
            await Send(node, 0, 0, register: true);
            await Drive(node, report, length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return report;
    }

    private static async Task Drive(BenchNode node, Report report, TimeSpan length)
    {
        var (waits, memory) = (new ConcurrentBag<double>(), new ConcurrentBag<double>());
        var late = 0;
        var (cpu, clock) = (node.CpuSeconds, Stopwatch.StartNew());
        async Task Sender(int sender)
        {
            for (var tick = 0; clock.Elapsed < length; tick++)
            {
                // Posts are spread over the second, as machines that know nothing of each other send.
                for (var post = sender; post < Posts; post += Senders)
                {
                    var due = (tick + (double)post / Posts) * Second - clock.Elapsed;
                    if (due > TimeSpan.Zero)
                        await Task.Delay(due);
                    else if (due < -Second)
                        Interlocked.Increment(ref late);
                    var sent = Stopwatch.GetTimestamp();
                    await Send(node, post, tick + 1, register: false);
                    waits.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }
                memory.Add(node.ResidentKibibytes / 1024);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(Sender));
        var seconds = clock.Elapsed.TotalSeconds;
        var cores = (node.CpuSeconds - cpu) / seconds;
        var rate = (double)waits.Count * LinesPerPost / seconds;
        var latency = Latency.Of([.. waits]);
        report.Bounded($"{Signals:N0} signals at 1 Hz for {seconds:N0} s by line protocol, {LinesPerPost:N0} a POST: taken", rate, "samples/s", TakenShare * Signals, higherIsBetter: true);
        // A node that was held back by a busy machine also used less: the cores are those for the full rate.
        report.Bounded("cores the node uses at the full rate", cores * Signals / rate, "cores", TargetCores);
        report.Bounded("its largest resident memory", node.PeakMebibytes, "MiB", TargetMebibytes);
        report.Note($"resident memory: mean {memory.Average():N0} MiB, last {node.ResidentKibibytes / 1024:N0} MiB; acknowledgement {latency}; {late} POSTs began over 1 s late");
        report.Note($"state of the node afterwards: {await node.Client.GetStringAsync("api/v1/overview")}");
    }

    private static async Task Send(BenchNode node, int post, int tick, bool register)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var first = post; first < (register ? Posts : post + 1); first++)
        {
            using var content = new ByteArrayContent(Body(first * LinesPerPost, tick, now));
            content.Headers.ContentType = Plain;
            using var response = await node.Client.PostAsync(register ? "write?precision=ms&register=true" : "write?precision=ms", content);
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
        }
    }

    private static byte[] Body(int firstSignal, int tick, long milliseconds)
    {
        var buffer = new byte[LinesPerPost * 64];
        var length = 0;
        for (var signal = firstSignal; signal < firstSignal + LinesPerPost; signal++)
        {
            Put("plant,machine="u8);
            Number(signal / 100);
            Put(",signal="u8);
            Number(signal % 100);
            Put(" v="u8);
            Utf8Formatter.TryFormat(Math.Round(50 + 10 * Math.Sin(0.001 * tick + signal), 3), buffer.AsSpan(length), out var written);
            length += written;
            Put(" "u8);
            Number(milliseconds);
            Put("\n"u8);
        }
        return buffer[..length];

        void Put(ReadOnlySpan<byte> text)
        {
            text.CopyTo(buffer.AsSpan(length));
            length += text.Length;
        }

        void Number(long number)
        {
            Utf8Formatter.TryFormat(number, buffer.AsSpan(length), out var digits);
            length += digits;
        }
    }
}
