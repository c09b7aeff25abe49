using System.Diagnostics;
using Dure.Plan.Scheduling;

namespace Dure.Bench.Lab;

/// <summary>Scheduling of a laboratory: four instruments, an arm, jobs of three to five operations that come back to instruments. How near plans and runs are to the bound,
/// beside opportunistic first-come-first-served, and how long planning and dispatching take.</summary>
internal static class ScheduleBenchmark
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    public static Report Run(bool isQuick)
    {
        var report = new Report("schedule");
        var seeds = isQuick ? 5 : 30;
        Makespans(report, jobs: 100, seeds, heldShare: 0);
        Makespans(report, jobs: 20, seeds, heldShare: 0);
        Makespans(report, jobs: 100, seeds, heldShare: 0.3);
        PlanningTime(report, isQuick ? 20 : 100);
        Online(report, isQuick ? 1_000 : 10_000, heldShare: 0);
        Online(report, isQuick ? 1_000 : 10_000, heldShare: 0.2);
        return report;
    }

    /// <summary>Bound over makespan: the share of the bottleneck's time in use that a plan reaches at least.</summary>
    private static void Makespans(Report report, int jobs, int seeds, double heldShare)
    {
        var (ours, fifo, deadlocks) = (new List<double>(), new List<double>(), 0);
        for (var seed = 0; seed < seeds; seed++)
        {
            var problem = Laboratory(jobs, seed, heldShare);
            var bound = ScheduleBound.Of(problem, Start).Makespan;
            ours.Add(bound / Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Seed = seed }, CancellationToken.None).Makespan);
            var run = FifoBaseline.Run(problem, Start, CancellationToken.None);
            if (run.Unplanned.Count > 0)
                deadlocks++;
            else
                fifo.Add(bound / run.Makespan);
        }
        var place = $"{jobs} jobs{(heldShare > 0 ? $", {100 * heldShare:0} % of operations keep their place" : "")}";
        var peer = fifo.Count == 0 ? "" : $", first come first served {fifo.Average():0.000} (least {fifo.Min():0.000})";
        report.Verdict($"bound over makespan of the plan, {place}", $"mean {ours.Average():0.000} (least {ours.Min():0.000}){peer}, which deadlocked in {deadlocks} of {seeds}; target 0.9", ours.Average() >= 0.9);
    }

    private static void PlanningTime(Report report, int repeats)
    {
        var problem = Laboratory(100, seed: 1, heldShare: 0.2, least: 4, most: 4);
        var times = new List<double>();
        for (var i = 0; i < repeats + 10; i++)
        {
            var clock = Stopwatch.StartNew();
            Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Seed = i }, CancellationToken.None);
            if (i >= 10)
                times.Add(clock.Elapsed.TotalMilliseconds);
        }
        report.Bounded("planning 100 jobs of 4 operations, 64 orders tried, median", Report.Median(times), "ms", 20);
    }

    /// <summary>A laboratory that runs by the dispatcher with durations that differ from the planned ones, all jobs waiting from the start.</summary>
    private static void Online(Report report, int jobs, double heldShare)
    {
        var problem = Laboratory(jobs, seed: 7, heldShare);
        var random = new Random(7);
        var lived = problem with { Jobs = [.. problem.Jobs.Select(job => job with { Operations = [.. job.Operations.Select(one => one with { Duration = one.Duration * (0.8 + 0.4 * random.NextDouble()) })] })] };
        var bound = ScheduleBound.Of(lived, Start).Makespan;
        var dispatcher = new Dispatcher(problem, ScheduleState.Empty, new());
        var times = new List<double>();
        var ends = new PriorityQueue<string, DateTimeOffset>();
        var durations = lived.Jobs.ToDictionary(job => job.Name, job => job.Operations.Select(operation => operation.Duration).ToArray(), StringComparer.Ordinal);
        var (now, bytes) = (Start, GC.GetAllocatedBytesForCurrentThread());
        while (dispatcher.Count > 0)
        {
            var clock = Stopwatch.GetTimestamp();
            var starts = dispatcher.Dispatch(now, CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            foreach (var one in starts)
            {
                var arrival = now + (one.Start - one.MoveAt);
                dispatcher.Started(one.Job, one.Resource, arrival);
                ends.Enqueue(one.Job, arrival + durations[one.Job][one.Operation]);
            }
            var hasEnd = ends.TryPeek(out _, out var end);
            if (dispatcher.NextStart is { } next && next > now && (!hasEnd || next < end))
                now = next;
            else
                dispatcher.Ended(ends.Dequeue(), now = end);
        }
        var sorted = times.Order().ToArray();
        var place = $"{jobs:N0} jobs waiting at first{(heldShare > 0 ? $", {100 * heldShare:0} % keep their place" : "")}";
        report.Bounded($"asking what may start now, {place}, median", sorted[sorted.Length / 2], "ms", 5);
        report.Note($"asked {times.Count:N0} times: 99 of 100 within {sorted[(int)(0.99 * sorted.Length)]:0.00} ms, longest {sorted[^1]:0.00} ms, {(GC.GetAllocatedBytesForCurrentThread() - bytes) / times.Count / 1024.0:N0} KiB each");
        report.Bounded($"bound over makespan as lived, durations off by up to 20 %, {place}", bound / (now - Start), "", 0.9, higherIsBetter: true);
    }

    private static ScheduleProblem Laboratory(int jobs, int seed, double heldShare, int least = 3, int most = 5)
    {
        var random = new Random(seed);
        string[] instruments = ["mixer", "reactor", "furnace", "spectrometer"];
        Operation Step(int i) => new($"step {i}", TimeSpan.FromSeconds(random.Next(120, 1_800)), [instruments[random.Next(instruments.Length)]]) { HoldsResource = random.NextDouble() < heldShare };
        return new([.. instruments.Select(name => new Resource(name)), new("arm")], [.. Enumerable.Range(0, jobs).Select(j => new ShopJob($"job {j}", [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(Step)]))])
        {
            Transports = [.. instruments.SelectMany(a => instruments.Where(b => string.CompareOrdinal(a, b) < 0).Select(b => new TransportTime(a, b, TimeSpan.FromSeconds(30))))],
            Transporter = "arm",
        };
    }
}
