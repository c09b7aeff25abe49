using System.Text.Json.Nodes;
using Dure.Effects;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Dure.Loop;
using Dure.Node.Acting;
using Dure.Node.Http;
using Dure.Plants.Refinery;

namespace Dure.Node.Runs;

/// <summary>
/// A trial of the set-point loop on a virtual plant, from the fortnight before to the claim: readings go into the historian, every set-point through a gate into the
/// journal, the plan of the switchback into the journal before its first block, and the effect is computed from what the historian holds. The same
/// seed gives the same trial: one that was cut off is run again, and nothing stands anywhere twice.
/// </summary>
internal sealed class PlantTrialWork(PlantHistorian historian, ClaimBook claims, Journal journal, DecisionLog decisions)
{
    public const string Kind = "plant-trial";
    public const string CrudeUnit = "crude-unit";

    /// <summary>What a request asks for.</summary>
    /// <exception cref="ProblemException">Another plant, or figures out of range.</exception>
    public static FuelTrialPlan PlanOf(JsonObject request)
    {
        if (Requests.TextOr(request, "plant", CrudeUnit) is var plant && plant != CrudeUnit)
            throw Requests.Bad("plant", $"There is no trial of '{plant}'.", $"Name {CrudeUnit}.");
        var plan = new FuelTrialPlan(Requests.WholeOr(request, "seed", 1), Requests.WholeOr(request, "pairs", 12));
        plan.Check();
        return plan;
    }

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        var plan = PlanOf(request);
        var teller = new Teller(plan, context);
        TrialRecorder? recorder = null;
        using var trial = new FuelTrial(plan, new ResumedLedger(journal, plan.Asset, decisions), new DecisionLog(), async (running, cancel) =>
        {
            await recorder!.Add(running, cancel); // opened before anything runs
            teller.Tell(running);
        });
        recorder = await TrialRecorder.Open(historian, trial.Unit.Description, plan.Asset, context.Actor, context.Cancel);

        await trial.RunBaseline(context.Cancel);
        await recorder.Flush(context.Cancel);
        await trial.RunSearch(context.Cancel);
        await recorder.Flush(context.Cancel);
        var registered = await Register(plan, trial, context);
        var study = FuelTrialStudy.Study(plan);
        await trial.RunBlocks(study.Design.Assignment(), context.Cancel);
        await recorder.Flush(context.Cancel);

        context.Report(1, "computing the interval");
        var recorded = claims.Claims.FirstOrDefault(one => one.Claim.PlanDigest == registered.Plan.Digest().ToString()) ?? await Claim(plan, trial, registered, context);
        var answer = EffectWork.Describe(recorded, null);
        answer["trial"] = FuelTrialReport.Of(plan, trial);
        return answer;
    }

    /// <summary>The plan of the switchback, in the journal before its first block; it rests on the fortnight's batches and on the search's moves.</summary>
    private async Task<RegisteredPlan> Register(FuelTrialPlan plan, FuelTrial trial, RunContext context)
    {
        var effect = FuelTrialStudy.EffectPlan(plan, trial.Base);
        var digest = effect.Digest();
        if (claims.Plans.FirstOrDefault(one => one.Plan.Digest() == digest) is { } before)
            return before;
        FuelTrialStudy.Study(plan).Require(await Record(plan, FuelTrialPlan.Begin, FuelTrialPlan.SearchFrom, context.Cancel), History, FuelTrialStudy.Claimed / 100);
        return await claims.Plan(effect, [.. Batches(plan, FuelTrialPlan.Begin, FuelTrialPlan.BlocksFrom, context.Cancel), .. ResumedLedger.EntriesOf(journal, plan.Asset)], context.Actor, context.Cancel);
    }

    private async Task<RecordedClaim> Claim(FuelTrialPlan plan, FuelTrial trial, RegisteredPlan registered, RunContext context)
    {
        var batches = Batches(plan, FuelTrialPlan.BlocksFrom, plan.End, context.Cancel);
        var evidence = new SwitchbackEvidence(await Record(plan, FuelTrialPlan.Begin, plan.End, context.Cancel), FuelTrialPlan.BlocksFrom, History, batches[0], FuelTrialStudy.Treatment(trial.Optimised!),
            [.. FuelTrialStudy.Columns.Select(name => plan.Asset.Signal(name).Path)], [.. batches.Select(batch => ContentHash.Parse(batch.Subject))], SoftwareDigest: null,
            [.. batches, .. ResumedLedger.EntriesOf(journal, plan.Asset).Where(entry => entry.Index > registered.Entry.Index)])
        {
            Events = [.. FuelTrialReport.Told(trial), .. FuelTrialStudy.Plainly],
            Attachments = [new(FuelTrialReport.Role, $"{plan.Asset.Path.Replace('/', '-')}.json", CanonicalJson.Serialize(FuelTrialReport.Of(plan, trial)))],
        };
        return await claims.Write(registered.Plan, evidence, context.Actor, context.Cancel);
    }

    private static TimeRange History => new(FuelTrialPlan.Begin, FuelTrialPlan.SearchFrom);

    /// <summary>The batches with rows after a time, up to another: a phase's last minute is its own, not the next one's.</summary>
    private JournalEntry[] Batches(FuelTrialPlan plan, DateTimeOffset after, DateTimeOffset until, CancellationToken cancel) =>
        [.. historian.BatchesOf([plan.Asset], new TimeRange(after.AddTicks(TimeSpan.TicksPerMinute), until.AddTicks(TimeSpan.TicksPerMinute)), cancel).Select(batch => journal.Entry(batch.Entry))];

    /// <summary>What the historian holds of the columns; all were written in the same minutes.</summary>
    private async Task<SwitchbackRecord> Record(FuelTrialPlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel)
    {
        var columns = new Dictionary<string, double[]>(StringComparer.Ordinal);
        long[] times = [];
        foreach (var name in FuelTrialStudy.Columns)
        {
            var (read, values) = (new List<long>(), new List<double>());
            await foreach (var block in historian.Read(plan.Asset.Signal(name), new TimeRange(from, to), cancel))
            {
                read.AddRange(block.TimesMicros.Span);
                values.AddRange(block.Values.Span);
            }
            (times, columns[name]) = ([.. read], [.. values]);
        }
        return new(times, columns);
    }

    /// <summary>Tells the phase and how far the simulated clock is.</summary>
    private sealed class Teller(FuelTrialPlan plan, RunContext context)
    {
        private const int EveryMinutes = 360;

        public void Tell(FuelTrial trial)
        {
            if (trial.Unit.Elapsed.Ticks % TimeSpan.FromMinutes(EveryMinutes).Ticks != 0)
                return;
            var day = (trial.Now - FuelTrialPlan.Begin).TotalDays;
            context.Report((trial.Now - FuelTrialPlan.Begin) / (plan.End - FuelTrialPlan.Begin), trial.Phase switch
            {
                FuelTrialPhase.Baseline => $"at the base point: {day:0.0} d",
                FuelTrialPhase.Search => $"the loop looks for less fuel: {day:0.0} d",
                _ => $"switching back and forth: {day:0.0} d",
            });
        }
    }
}
