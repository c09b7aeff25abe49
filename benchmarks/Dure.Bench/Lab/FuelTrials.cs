using Dure.Effects;
using Dure.Kernel;
using Dure.Loop;
using Dure.Plants.Refinery;

namespace Dure.Bench.Lab;

/// <summary>The refinery's trial, whole: fortnight, search, randomised switchback. Its interval is held against the true effect, known from two more runs of the same weather in which all blocks are of one kind.</summary>
internal static class FuelTrials
{
    private readonly record struct One(Interval Change, double True, bool IsCarriedOver, int Moves, int OffMinutes, int EmissionMinutes);

    public static async Task Run(Report report, int trials)
    {
        var found = new One[trials];
        await Parallel.ForAsync(0, trials, async (seed, cancel) => found[seed] = await Try(new FuelTrialPlan(seed), cancel));
        var changes = found.Select(one => one.Change.Estimate).Order().ToArray();
        var (off, emission) = (found.Sum(one => one.OffMinutes), found.Sum(one => one.EmissionMinutes));
        var days = (found.Length * (new FuelTrialPlan(0).End - FuelTrialPlan.Begin)).TotalDays;
        report.Verdict($"refinery, simulated: fuel per feed by a randomised switchback of {new FuelTrialPlan(0).Pairs} pairs of days, 95 % interval wholly at 20 % less or beyond, in {trials:N0} seeded trials",
            $"median {changes[trials / 2]:0.00} %, from {changes[0]:0.00} to {changes[^1]:0.00} %; interval on average {found.Average(one => one.Change.High - one.Change.Low):0.00} points wide; {found.Count(one => one.Change.High <= -20)} trials wholly at -20 % or beyond; {off} minutes off specification, {emission} of emission in {days:N0} days; at most {found.Max(one => one.Moves)} moves of the search",
            found.All(one => one.Change.High <= -20 && one.Moves <= 30) && off == 0 && emission == 0);
        report.Note($"the true effect, from the same weather run wholly at one point and wholly at the other, lies in the interval in {found.Count(one => !one.Change.Excludes(one.True))} of {trials} trials; estimates differ from it by {Math.Sqrt(found.Average(one => Math.Pow(one.Change.Estimate - one.True, 2))):0.000} points (root mean square); carry-over is seen in {found.Count(one => one.IsCarriedOver)} (1 % of sound trials are expected)");
    }

    private static async Task<One> Try(FuelTrialPlan plan, CancellationToken cancel)
    {
        var study = FuelTrialStudy.Study(plan);
        var coins = study.Design.Assignment();
        var (trial, record) = await RunOnce(plan, coins, cancel);
        var result = study.Evaluate(record, FuelTrialPlan.BlocksFrom, new TimeRange(FuelTrialPlan.Begin, FuelTrialPlan.SearchFrom));
        var (_, treated) = await RunOnce(plan, Array.ConvertAll(coins, _ => true), cancel);
        var (_, untreated) = await RunOnce(plan, Array.ConvertAll(coins, _ => false), cancel);
        return new(result.Effect("specific-fuel").Change, TrueChange(study.Design, treated, untreated), result.IsCarriedOver, trial.Tallies[(int)FuelTrialPhase.Search].Moves,
            trial.Tallies.Sum(tally => tally.OffSpecificationMinutes), trial.Tallies.Sum(tally => tally.EmissionMinutes));
    }

    /// <summary>In per cent, over what the switchback counts: the mean over blocks of the difference of logarithms of fuel per feed.</summary>
    private static double TrueChange(SwitchbackDesign design, SwitchbackRecord treated, SwitchbackRecord untreated)
    {
        var sum = 0.0;
        for (var block = 0; block < design.Blocks; block++)
        {
            var from = FuelTrialPlan.BlocksFrom + block * design.BlockLength;
            var counted = new TimeRange(from + design.WashOut, from + design.BlockLength);
            sum += Math.Log(SpecificFuel(treated, counted) / SpecificFuel(untreated, counted));
        }
        return 100 * double.ExpM1(sum / design.Blocks);
    }

    private static double SpecificFuel(SwitchbackRecord record, TimeRange range)
    {
        var (fuel, feed) = (0.0, 0.0);
        for (var row = 0; row < record.TimesMicros.Length; row++)
            if (range.Contains(Micros.Time(record.TimesMicros[row])))
                (fuel, feed) = (fuel + record.Columns["fuel"][row], feed + record.Columns["feed"][row]);
        return fuel / feed;
    }

    private static async Task<(FuelTrial Trial, SwitchbackRecord Record)> RunOnce(FuelTrialPlan plan, bool[] treated, CancellationToken cancel)
    {
        var (times, readings) = (new List<long>(), FuelTrialStudy.Columns.Select(_ => new List<double>()).ToArray());
        using var trial = new FuelTrial(plan, new NoLedger(), new DecisionLog(), (running, _) =>
        {
            times.Add(Micros.Of(running.Now));
            for (var i = 0; i < readings.Length; i++)
                readings[i].Add(running.Unit.Measure(FuelTrialStudy.Columns[i]));
            return ValueTask.CompletedTask;
        });
        await trial.RunBaseline(cancel);
        await trial.RunSearch(cancel);
        await trial.RunBlocks(treated, cancel);
        return (trial, new([.. times], FuelTrialStudy.Columns.Select((name, i) => (name, i)).ToDictionary(one => one.name, one => readings[one.i].ToArray(), StringComparer.Ordinal)));
    }

    /// <summary>Keeps nothing: the benchmark counts minutes, not entries.</summary>
    private sealed class NoLedger : IDecisionLedger
    {
        public Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel) => Task.FromResult(default(EntryReference));

        public Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel) => Task.CompletedTask;
    }
}
