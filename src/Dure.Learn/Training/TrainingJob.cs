using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Chooses limits and a detector without labels, fits every machine on its commissioning rows, and then judges on the held-out rows.</summary>
public sealed class TrainingJob(TrainingOptions options, TimeProvider time)
{
    // 64 million values are half a gigabyte; beyond that a machine's rows must be thinned first.
    private const long MostValues = 64_000_000;

    public async Task<TrainingResult> Run(DatasetVersion dataset, IAsyncEnumerable<Frame> frames, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var all = await Load(frames, progress, cancel);
        var machines = all.Where(m => !options.Reference.Contains(m.Asset)).ToArray();
        if (machines.Length == 0)
            throw new ProblemException("urn:dure:learn:no-machine", $"All {all.Count} machines of the dataset are references.", $"dataset {dataset.Id.Short}",
                "Leave at least one machine to be fitted out of the references.");

        var trials = Trials(all, machines);
        var selection = new DetectorSelection(InjectedFault.Standard, options.Seed).Run(Fitting(options.Recipes, trials), trials, progress, cancel);

        var leaderboard = new List<LeaderboardRow>();
        TrainedMachine[] chosen = [];
        foreach (var (rank, score) in selection.Best.Index())
        {
            progress?.Report(new($"fitting {score.Recipe.Name} to {machines.Length} machines", rank, selection.Best.Count));
            var trained = FitAll(score.Recipe, machines, cancel);
            leaderboard.Add(new(score.Recipe, score, Judge(score.Recipe.Name, trained), rank == 0));
            if (rank == 0)
                chosen = trained;
        }
        progress?.Report(new("done", selection.Best.Count, selection.Best.Count));
        return new()
        {
            Dataset = dataset,
            Options = options,
            Selection = selection,
            Leaderboard = leaderboard,
            Dummies = Judged(chosen) is { Count: > 0 } judged ? AnomalyProtocol.Dummies(judged, options.Seed) : [],
            Machines = chosen,
            Duration = time.GetElapsedTime(started),
        };
    }

    private static async Task<List<MachineRows>> Load(IAsyncEnumerable<Frame> frames, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        var (machines, values) = (new List<MachineRows>(), 0L);
        await foreach (var frame in frames.WithCancellation(cancel))
        {
            values += (long)frame.Rows * frame.SignalNames.Count;
            if (values > MostValues)
                throw new ProblemException("urn:dure:learn:too-many-values", $"The dataset holds more than {MostValues:N0} values by {frame.Asset}.", "training run",
                    "Train on fewer machines at a time, or cut the dataset with a coarser step.");
            machines.Add(MachineRows.Of(frame));
            progress?.Report(new("reading machines", machines.Count, 0));
        }
        // Order decides which signal an injected fault meets, so it must not depend on the order of reading.
        machines.Sort((a, b) => string.CompareOrdinal(a.Asset.Path, b.Asset.Path));
        return machines;
    }

    /// <summary>Healthy rows to choose by: the machines' own commissioning rows, and windows of the references as long as a machine is to run.</summary>
    private List<HealthyTrial> Trials(List<MachineRows> all, MachineRows[] machines)
    {
        List<HealthyTrial> trials = [.. machines.Select(m => HealthyTrial.FromCommissioning(m.Asset.Path, m.Commissioning, m.Columns))];
        var commissioning = Median(machines.Select(m => m.CommissioningTimes.Length));
        var horizon = Math.Max(1, Median(machines.Select(m => m.HeldOutTimes.Length)));
        foreach (var reference in all.Where(m => options.Reference.Contains(m.Asset)))
            trials.AddRange(HealthyTrial.FromReference(reference.Asset.Path, (double[])[.. reference.Commissioning, .. reference.HeldOut], reference.Columns, commissioning, horizon));
        return trials;
    }

    // Where nothing fits, the first recipe's fit says what is missing.
    private static IReadOnlyList<AnomalyRecipe> Fitting(IReadOnlyList<AnomalyRecipe> recipes, List<HealthyTrial> trials)
    {
        AnomalyRecipe[] fitting = [.. recipes.Where(r => trials.TrueForAll(t => t.Commissioning.Length / t.Columns >= r.FewestRows(t.Columns)))];
        return fitting.Length > 0 ? fitting : recipes;
    }

    private static int Median(IEnumerable<int> lengths)
    {
        int[] sorted = [.. lengths.Order()];
        return sorted[sorted.Length / 2];
    }

    private static TrainedMachine[] FitAll(AnomalyRecipe recipe, MachineRows[] machines, CancellationToken cancel)
    {
        var trained = new TrainedMachine[machines.Length];
        InParallel.For(machines.Length, i => trained[i] = Fit(recipe, machines[i], cancel), cancel);
        return trained;
    }

    private static TrainedMachine Fit(AnomalyRecipe recipe, MachineRows machine, CancellationToken cancel)
    {
        try
        {
            var detector = recipe.FitUnlessCancelled(machine.Commissioning, machine.Columns, cancel);
            return new(machine, detector, detector.Score(machine.HeldOut));
        }
        catch (ProblemException cause)
        {
            var problem = cause.Problem;
            throw new ProblemException(problem with { Where = $"machine {machine.Asset}, {problem.Where}" }, cause);
        }
    }

    private static ProtocolResult? Judge(string name, TrainedMachine[] machines) =>
        Judged(machines) is { Count: > 0 } judged ? AnomalyProtocol.Evaluate(name, judged, AnomalyProtocol.Seed) : null;

    private static List<JudgedMachine> Judged(TrainedMachine[] machines) =>
    [
        .. from machine in machines
           let truth = machine.Rows.HeldOutTruth
           where truth is { Length: > 0 }
           select new JudgedMachine(machine.Asset.Path, machine.Rows.Group, machine.Rows.HeldOutTimes, truth, [.. machine.HeldOutScores.Select(s => s > 1)]),
    ];
}
