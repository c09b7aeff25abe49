using System.Diagnostics;

namespace Dure.Bench.Historian;

/// <summary>Half and all but a hundredth of the waits are at most this long, ms.</summary>
internal readonly record struct Latency(double P50, double P99)
{
    public static Latency Of(double[] milliseconds)
    {
        Array.Sort(milliseconds);
        return new Latency(milliseconds[milliseconds.Length / 2], milliseconds[Math.Min(milliseconds.Length - 1, milliseconds.Length * 99 / 100)]);
    }

    public override string ToString() => $"p50 {P50:0.####} ms, p99 {P99:0.####} ms";
}

/// <summary>Clocks around work.</summary>
internal static class Measure
{
    public static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    public static async Task<double> Seconds(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The median of several runs, s.</summary>
    public static double Median(int runs, Action work) => Report.Median(Enumerable.Range(0, runs).Select(_ => Seconds(work)).ToArray());

    public static async Task<double> Median(int runs, Func<int, Task> work)
    {
        var seconds = new double[runs];
        for (var run = 0; run < runs; run++)
            seconds[run] = await Seconds(() => work(run));
        return Report.Median(seconds);
    }

    /// <summary>Median time of the processor that work on one thread takes, s: other programs on the machine do not count.</summary>
    public static double MedianOfProcessor(int runs, Action work) => Report.Median(Enumerable.Range(0, runs).Select(_ =>
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }).ToArray());

    /// <summary>The wait for each of several questions.</summary>
    public static async Task<Latency> Each(int questions, Func<int, Task> ask)
    {
        var waits = new double[questions];
        for (var i = 0; i < questions; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            await ask(i);
            waits[i] = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        }
        return Latency.Of(waits);
    }

    public static Latency Each(int questions, Action<int> ask)
    {
        var waits = new double[questions];
        for (var i = 0; i < questions; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            ask(i);
            waits[i] = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        }
        return Latency.Of(waits);
    }

    public static long BytesUnder(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>An engine that answers quickly and wrongly is not measured.</summary>
    public static void Expect(string engine, string what, double got, double expected)
    {
        if (!(Math.Abs(got - expected) <= 1e-9 * Math.Abs(expected) + 1e-6))
            throw new InvalidOperationException($"{engine} gives {got:R} as {what}, {expected:R} is right.");
    }
}
