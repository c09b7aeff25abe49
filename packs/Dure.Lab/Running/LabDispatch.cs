using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Protocols;
using Dure.Plan.Scheduling;

namespace Dure.Lab.Running;

/// <summary>A step that is to begin now, and where.</summary>
internal readonly record struct DueStep(Campaign Campaign, LabTrial Trial, int Place, string Instrument);

/// <summary>
/// The trials that are let in as jobs of the scheduler: it is told what has really happened, plans the next steps over all instruments, with their capacities, maintenance
/// and failures and the waits of the samples, and says what is to begin now. One thread at a time.
/// </summary>
internal sealed class LabDispatch
{
    private readonly Dictionary<(string Campaign, int Trial), Mirror> mirrors = [];
    private readonly HashSet<string> outages = new(StringComparer.Ordinal);
    private Dispatcher? dispatcher;
    private string instrumentsKnown = "";

    /// <summary>What the scheduler knows of a trial.</summary>
    private sealed class Mirror(string job, int first)
    {
        public string Job => job;

        /// <summary>The place of the step that is the job's first operation: what was done before concerns nobody any more.</summary>
        public int First => first;

        /// <summary>Operations that it was told of as begun, and how many of them as ended.</summary>
        public int Begun, Ended;
    }

    /// <summary>When to ask again though nothing happens; null: no need.</summary>
    public DateTimeOffset? NextStart => dispatcher?.NextStart;

    /// <summary>What is to begin now.</summary>
    /// <param name="trials">All that may go on now, those with a step under way among them.</param>
    /// <param name="refused">Told of trials that can never be scheduled, and why.</param>
    public IReadOnlyList<DueStep> Next(IReadOnlyDictionary<(string Campaign, int Trial), (Campaign Campaign, LabTrial Trial)> trials, IReadOnlyList<LabInstrument> instruments, DateTimeOffset now, Action<Campaign, LabTrial, string> refused, CancellationToken cancel)
    {
        var scheduler = Scheduler(instruments, now);
        foreach (var (key, mirror) in mirrors)
            if (!trials.TryGetValue(key, out var still) || mirror.Job != JobOf(still.Campaign, still.Trial))
                Forget(scheduler, key, mirror);
        foreach (var (key, (campaign, trial)) in trials)
            try
            {
                if (!mirrors.TryGetValue(key, out var mirror))
                    mirrors[key] = mirror = Introduce(scheduler, campaign, trial, instruments);
                Tell(scheduler, mirror, trial);
            }
            catch (ProblemException wrong)
            {
                if (mirrors.TryGetValue(key, out var mirror))
                    Forget(scheduler, key, mirror);
                refused(campaign, trial, wrong.Problem.ToString());
            }
        var due = new List<DueStep>();
        foreach (var planned in scheduler.Dispatch(now, cancel))
        {
            var key = Key(planned.Job);
            var (campaign, trial) = trials[key];
            scheduler.Started(planned.Job, planned.Resource, now);
            mirrors[key].Begun++;
            due.Add(new DueStep(campaign, trial, mirrors[key].First + planned.Operation, planned.Resource));
        }
        return due;
    }

    /// <summary>A step that was handed out did not begin after all: the trial is introduced anew.</summary>
    public void TakeBack((string Campaign, int Trial) key)
    {
        if (dispatcher is not null && mirrors.TryGetValue(key, out var mirror))
            Forget(dispatcher, key, mirror);
    }

    /// <summary>Why a trial's next step does not begin yet, in words; null where it is not waiting.</summary>
    public string? WaitsFor((string Campaign, int Trial) key) => dispatcher?.Plan is { } plan && mirrors.TryGetValue(key, out var mirror)
        ? plan.Operations.Where(one => one.Job == mirror.Job && one.Operation == mirror.Begun).Select(plan.WaitsFor).FirstOrDefault() : null;

    private Dispatcher Scheduler(IReadOnlyList<LabInstrument> instruments, DateTimeOffset now)
    {
        var known = string.Join(';', instruments.Select(one => $"{one.Card.Name} {one.Card.Capacity} {string.Join(',', one.Card.Maintenance)}"));
        if (dispatcher is null || known != instrumentsKnown)
        {
            dispatcher = new Dispatcher(new ScheduleProblem([.. instruments.Select(one => new Resource(one.Card.Name) { Capacity = one.Card.Capacity, Maintenance = one.Card.Maintenance })], []), ScheduleState.Empty, new DispatcherOptions());
            instrumentsKnown = known;
            mirrors.Clear();
            outages.Clear();
        }
        foreach (var one in instruments)
            if (!one.IsUsable && outages.Add(one.Card.Name))
                dispatcher.Fail(new Outage(one.Card.Name, now));
            else if (one.IsUsable && outages.Remove(one.Card.Name))
                dispatcher.Repaired(one.Card.Name);
        return dispatcher;
    }

    private static Mirror Introduce(Dispatcher scheduler, Campaign campaign, LabTrial trial, IReadOnlyList<LabInstrument> instruments)
    {
        var (job, first) = (JobOf(campaign, trial), campaign.NextStep(trial) ?? 1);
        var known = instruments.Select(one => one.Card.Name).ToHashSet(StringComparer.Ordinal);
        var release = trial.At(first - 1)?.EndedAt + campaign.Plan.Protocol!.Steps[first - 1].LeastWait ?? trial.ProposedAt;
        scheduler.Add(new ShopJob(job, [.. campaign.Plan.Protocol!.Steps.Skip(first - 1).Select((step, i) => OperationOf(step, known, isFirst: i == 0))]) { Priority = campaign.Plan.Priority, Release = release, Owner = campaign.Owner });
        return new Mirror(job, first);
    }

    private static Operation OperationOf(ProtocolStep step, HashSet<string> known, bool isFirst) =>
        new(step.Name, step.Expected, [.. step.Instruments.Where(known.Contains)]) { LeastWait = isFirst ? TimeSpan.Zero : step.LeastWait, MostWait = isFirst ? null : step.MostWait };

    private static void Tell(Dispatcher scheduler, Mirror mirror, LabTrial trial)
    {
        while (trial.At(mirror.First + mirror.Ended) is { } step)
        {
            if (mirror.Begun == mirror.Ended)
            {
                scheduler.Started(mirror.Job, step.Instrument, step.IntendedAt);
                mirror.Begun++;
            }
            if (!step.HasEnded)
                return;
            mirror.Ended++;
            scheduler.Ended(mirror.Job, step.EndedAt!.Value);
        }
    }

    private void Forget(Dispatcher scheduler, (string, int) key, Mirror mirror)
    {
        mirrors.Remove(key);
        scheduler.Remove(mirror.Job);
    }

    private static string JobOf(Campaign campaign, LabTrial trial) => new StepKey(campaign.Id, trial.Number, 0, trial.Run).ToString();

    private static (string, int) Key(string job) => StepKey.TryParse(job, out var key) ? (key.Campaign, key.Trial) : throw new System.Diagnostics.UnreachableException();
}
