using Dure.Effects;
using Dure.Kernel;
using Dure.Loop;
using Dure.Plants.Refinery;

namespace Dure.Tests.Plants.Refinery;

/// <summary>A whole trial in memory, with its rows and its result.</summary>
internal sealed record TrialRun(FuelTrial Trial, MemoryLedger Ledger, SwitchbackRecord Record, SwitchbackResult Result)
{
    public TimeRange History { get; } = new(FuelTrialPlan.Begin, FuelTrialPlan.SearchFrom);

    public static async Task<TrialRun> Of(FuelTrialPlan plan, CancellationToken cancel)
    {
        var (times, readings, ledger) = (new List<long>(), FuelTrialStudy.Columns.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal), new MemoryLedger());
        using var trial = new FuelTrial(plan, ledger, new DecisionLog(), (running, _) =>
        {
            times.Add(Micros.Of(running.Now));
            foreach (var (name, values) in readings)
                values.Add(running.Unit.Measure(name));
            return ValueTask.CompletedTask;
        });
        var study = FuelTrialStudy.Study(plan);
        await trial.RunBaseline(cancel);
        await trial.RunSearch(cancel);
        await trial.RunBlocks(study.Design.Assignment(), cancel);
        var record = new SwitchbackRecord([.. times], readings.ToDictionary(one => one.Key, one => one.Value.ToArray(), StringComparer.Ordinal));
        return new(trial, ledger, record, study.Evaluate(record, FuelTrialPlan.BlocksFrom, new TimeRange(FuelTrialPlan.Begin, FuelTrialPlan.SearchFrom)));
    }
}

/// <summary>Decisions in a list.</summary>
internal sealed class MemoryLedger : IDecisionLedger
{
    public List<DecisionRecord> Records { get; } = [];

    public int Done { get; private set; }

    public Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel)
    {
        Records.Add(decision);
        return Task.FromResult(new EntryReference(Records.Count, default));
    }

    public Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel)
    {
        Done++;
        return Task.CompletedTask;
    }
}
