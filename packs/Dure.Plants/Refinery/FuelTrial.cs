using Dure.Kernel;
using Dure.Loop;
using Dure.Optimize.SetPoints;

namespace Dure.Plants.Refinery;

/// <summary>
/// A trial of the loop on the virtual crude unit: a fortnight at the base point, the search for less fuel, then back and forth between both points in blocks. Every
/// set-point is moved by a gate. All of it is a function of the plan: done again it gives the same rows and the same proposals, so that a
/// trial that was cut off is simply run again, with a ledger that knows what was decided.
/// </summary>
public sealed class FuelTrial : IDisposable
{
    private const string ProposedBy = "fuel saving loop";
    private const int StepMinutes = 15;
    private const int TripMinutes = 3;

    private readonly CrudeUnit unit;
    private readonly FuelTrialPlan plan;
    private readonly FuelTrialEnvelope envelope;
    private readonly Gate gate;
    private readonly FuelSaving saving;
    private readonly Func<FuelTrial, CancellationToken, ValueTask> record;
    private readonly List<FuelTrialMove> moves = [];
    private readonly List<FuelTrialTally> tallies = [];
    private readonly double[] startKpis = new double[4];
    private int beyond;

    /// <param name="ledger">Where the gate's decisions are kept.</param>
    /// <param name="log">The newest decisions.</param>
    /// <param name="record">Called after each minute; reads what it wants of <see cref="Unit"/>.</param>
    /// <exception cref="ProblemException">The plan is out of range.</exception>
    public FuelTrial(FuelTrialPlan plan, IDecisionLedger ledger, DecisionLog log, Func<FuelTrial, CancellationToken, ValueTask> record)
    {
        plan.Check();
        (this.plan, this.record, unit) = (plan, record, new CrudeUnit(plan.Seed));
        Base = [.. FuelSaving.SetPoints.Select(unit.SetpointOf)];
        saving = new FuelSaving(unit, plan.Seed);
        envelope = new FuelTrialEnvelope(unit);
        gate = new Gate(_ => envelope.Current, new CrudeUnitActuator(unit), ledger, log);
    }

    public CrudeUnit Unit => unit;

    public FuelTrialPhase Phase { get; private set; }

    /// <summary>The simulated time.</summary>
    public DateTimeOffset Now => FuelTrialPlan.Begin + unit.Elapsed;

    /// <summary>Both purities, oxygen, stack temperature, as the unit was run before: our choice, and deliberately poor.</summary>
    public IReadOnlyList<double> Base { get; }

    /// <summary>The point that the search came to; null before.</summary>
    public IReadOnlyList<double>? Optimised { get; private set; }

    /// <summary>Every move that was made, in its order.</summary>
    public IReadOnlyList<FuelTrialMove> Moves => moves;

    /// <summary>One for each phase that is over.</summary>
    public IReadOnlyList<FuelTrialTally> Tallies => tallies;

    /// <summary>Runs the fortnight at the base point.</summary>
    public async Task RunBaseline(CancellationToken cancel)
    {
        Enter(FuelTrialPhase.Baseline);
        await Move(Base, "base", "The operating point that the unit is compared with.", cancel);
        await Run(FuelTrialPlan.SearchFrom, null, cancel);
        Leave();
    }

    /// <summary>Lets the loop look for less fuel.</summary>
    /// <exception cref="ProblemException">It stopped itself or the gate refused; the unit was sent back.</exception>
    public async Task RunSearch(CancellationToken cancel)
    {
        Enter(FuelTrialPhase.Search);
        await Run(FuelTrialPlan.BlocksFrom, Search, cancel);
        // A search that has nothing better to try holds, and keeps the moves it has left.
        var best = saving.Optimizer.Explorer?.Best(unit.Elapsed) ?? throw Stopped("The search came to no point that is certified.");
        Optimised = [.. best.SetPoints];
        Leave();
    }

    /// <summary>Runs the blocks: at the optimised point where chance says so, else at the base.</summary>
    /// <param name="treated">For each block whether it is run at the optimised point.</param>
    /// <exception cref="ProblemException">A limit was passed and the unit was sent back, or the gate refused.</exception>
    public async Task RunBlocks(IReadOnlyList<bool> treated, CancellationToken cancel)
    {
        Enter(FuelTrialPhase.Switchback);
        var optimised = Optimised ?? throw new InvalidOperationException("The search comes first.");
        for (var i = 0; i < treated.Count; i++)
        {
            var (target, reason) = treated[i] ? (optimised, $"Block {i + 1} of {treated.Count}: the coin says the optimised point.") : (Base, $"Block {i + 1} of {treated.Count}: the coin says the base point.");
            await Run(FuelTrialPlan.BlocksFrom + (i + 1) * FuelTrialPlan.BlockLength, token => StepTowards(target, reason, token), cancel);
        }
        Leave();
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Minute by minute: what is to be done at this minute, the unit's minute, the record.</summary>
    private async Task Run(DateTimeOffset until, Func<CancellationToken, Task>? act, CancellationToken cancel)
    {
        while (Now < until)
        {
            cancel.ThrowIfCancellationRequested();
            if (act is not null)
                await act(cancel);
            unit.Advance(unit.Interval, cancel);
            await Watch(cancel);
            await record(this, cancel);
        }
    }

    private async Task Search(CancellationToken cancel)
    {
        if (saving.Watch() is not { } command)
            return;
        envelope.IsRetreating = saving.Optimizer.Phase == OptimizerPhase.Stopped;
        await Move(command.SetPoints, command.Kind.ToString(), command.Reason, cancel);
        if (envelope.IsRetreating)
            throw Stopped(saving.Optimizer.StopReason!); // the phase says that there is one
    }

    /// <summary>A step of at most the largest allowed change on the straight way from where the unit is, every quarter of an hour.</summary>
    private async Task StepTowards(IReadOnlyList<double> target, string reason, CancellationToken cancel)
    {
        if (unit.Elapsed.Ticks % TimeSpan.FromMinutes(StepMinutes).Ticks != 0)
            return;
        var (steps, ranges) = (0.0, FuelSaving.Problem.SetPoints);
        double[] now = [.. FuelSaving.SetPoints.Select(unit.SetpointOf)];
        for (var j = 0; j < now.Length; j++)
            steps = Math.Max(steps, Math.Abs(target[j] - now[j]) / ranges[j].MostChange);
        if (steps == 0)
            return;
        var share = 1 / Math.Ceiling(steps - 1e-9);
        await Move([.. now.Select((from, j) => share >= 1 ? target[j] : from + share * (target[j] - from))], "switch", reason, cancel);
    }

    /// <summary>The set-points that change go to the gate, one after the other.</summary>
    private async Task Move(IReadOnlyList<double> to, string kind, string reason, CancellationToken cancel)
    {
        var number = moves.Count(move => move.Phase == Phase) + (Phase == FuelTrialPhase.Baseline ? 0 : 1);
        for (var j = 0; j < to.Count; j++)
        {
            if (moves.Count > 0 && to[j].Equals(unit.SetpointOf(FuelSaving.SetPoints[j])))
                continue;
            var proposal = new ProposedAction(plan.Asset, FuelTrialEnvelope.ActionFor(FuelSaving.SetPoints[j]), to[j], reason, ProposedBy, Now) { Key = $"{Now:yyyyMMddHHmm} {FuelSaving.SetPoints[j]}" };
            var decided = await gate.Propose(proposal, cancel);
            if (decided.Decision is not Decision.Allowed)
                throw Stopped($"The gate refused to {proposal.Action}: {decided.Decision.Explanation}");
        }
        moves.Add(new(Phase, number, Now, [.. to], kind, reason));
    }

    /// <summary>During the blocks: limits read as passed for three minutes send the unit back, and end the trial. In the search the optimiser watches, in the fortnight nothing is moved.</summary>
    private async Task Watch(CancellationToken cancel)
    {
        if (Phase != FuelTrialPhase.Switchback)
            return;
        var passed = envelope.Passed(FuelTrialLimit.Product) + envelope.Passed(FuelTrialLimit.Emission);
        beyond = passed.Length > 0 ? beyond + 1 : 0;
        if (beyond < TripMinutes)
            return;
        envelope.IsRetreating = true;
        await Move(Base, nameof(MoveKind.Retreat), passed, cancel);
        throw Stopped(passed);
    }

    private void Enter(FuelTrialPhase phase)
    {
        Phase = phase;
        Kpis(startKpis);
    }

    private void Leave()
    {
        var now = new double[startKpis.Length];
        Kpis(now);
        tallies.Add(new(Phase, tallies.Count > 0 ? tallies[^1].To : FuelTrialPlan.Begin, Now, now[0] - startKpis[0], now[1] - startKpis[1], (int)(now[2] - startKpis[2]), (int)(now[3] - startKpis[3]),
            moves.Count(move => move.Phase == Phase && move.Number > 0)));
    }

    private void Kpis(double[] into) => (into[0], into[1], into[2], into[3]) = (unit.Kpi("fuel used"), unit.Kpi("feed processed"), unit.Kpi("off-specification minutes"), unit.Kpi("emission minutes"));

    private ProblemException Stopped(string why) => new("urn:dure:plants:trial-stopped", why, $"{plan.Asset} at {Now:yyyy-MM-dd HH:mm} of the simulated clock", "Nothing is claimed. Look at the decisions and the series; another seed is another plant's weather.");
}
