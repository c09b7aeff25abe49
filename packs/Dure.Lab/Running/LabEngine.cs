using System.Collections.Concurrent;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Safety;

namespace Dure.Lab.Running;

/// <summary>
/// Keeps the campaigns of a laboratory going: asks for suggestions, begins the steps whose turn it is, sees them through. It holds nothing that the journal does not
/// hold: started anew, it goes on where the journal ends.
/// </summary>
public sealed class LabEngine : IAsyncDisposable
{
    private const string By = "laboratory";
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastTick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(30);

    private readonly CampaignBook book;
    private readonly InstrumentBench bench;
    private readonly MaterialStore materials;
    private readonly CampaignPlanner planner;
    private readonly Admission admission = new();
    private readonly LabDispatch dispatch = new();
    private readonly LabOptions options;
    private readonly TimeProvider time;
    private readonly Action<Exception, string> fault;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<StepKey, Flight> flights = new();
    private readonly ConcurrentDictionary<(string Campaign, int Trial), Rest> resting = new();
    private readonly ConcurrentDictionary<(StepKey Step, DateTimeOffset Returned), bool> asked = new();
    private Task loop = Task.CompletedTask;

    /// <param name="fault">Told of what should not happen, and in which campaign: it is tried again.</param>
    public LabEngine(CampaignBook book, InstrumentBench bench, MaterialStore materials, LabOptions options, TimeProvider time, Action<Exception, string> fault)
    {
        (this.book, this.bench, this.materials, this.options, this.time, this.fault) = (book, bench, materials, options, time, fault);
        planner = new CampaignPlanner(book, fault, Wake);
    }

    /// <summary>A step that is being made.</summary>
    private sealed record Flight(StepRun Run, Task Task);

    /// <summary>A trial whose next step may not begin for the time being.</summary>
    private sealed record Rest(DateTimeOffset Until, TimeSpan For, string Why);

    /// <summary>Takes up what was open, then goes on.</summary>
    public void Start()
    {
        book.Changed += Noticed;
        bench.Changed += Wake;
        loop = Task.Run(Run);
        Wake();
    }

    /// <summary>Since when a trial's step is later than expected; null while it is not.</summary>
    public DateTimeOffset? LateSince(string campaign, int trial) => flights.FirstOrDefault(flight => flight.Key.Campaign == campaign && flight.Key.Trial == trial).Value?.Run.LateSince;

    /// <summary>Why a trial's next step may not begin for the time being; null where nothing keeps it.</summary>
    public string? Kept(string campaign, int trial) => resting.GetValueOrDefault((campaign, trial)) is { } rest && rest.Until + 2 * Tick > time.GetUtcNow() && LateSince(campaign, trial) is null ? rest.Why : null; // it is looked at again within a tick

    public async ValueTask DisposeAsync()
    {
        book.Changed -= Noticed;
        bench.Changed -= Wake;
        await stopping.CancelAsync();
        await loop;
        await Task.WhenAll(flights.Values.Select(flight => flight.Task));
        await planner.DisposeAsync();
        stopping.Dispose();
        wake.Dispose();
    }

    private void Noticed(Campaign campaign, LabEvent happened) => Wake();

    private void Wake()
    {
        try
        {
            if (wake.CurrentCount == 0)
                wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Someone else was faster: it is awake.
        }
        catch (ObjectDisposedException)
        {
            // It stops.
        }
    }

    private async Task Run()
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await Turn();
                var until = bench.Stopped is null && dispatch.NextStart - time.GetUtcNow() is { } next && next < Tick ? next : Tick;
                await wake.WaitAsync(until > LeastTick ? until : LeastTick, stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task Turn()
    {
        try
        {
            foreach (var (key, flight) in flights)
                if (flight.Task.IsCompleted && flights.TryRemove(key, out _))
                    Landed(key, flight);
            foreach (var campaign in book.All.Where(campaign => campaign.Stage == CampaignStage.Running))
                await Care(campaign);
            Dispatch();
        }
#pragma warning disable CA1031 // the outermost loop of the laboratory: what fails now, such as a full disk, is tried again
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            fault(failure, "");
            await Task.Delay(Tick, time, stopping.Token);
        }
#pragma warning restore CA1031
    }

    /// <summary>Suggests, ends and pauses.</summary>
    private async Task Care(Campaign campaign)
    {
        if (campaign.Made >= campaign.Plan.Budget && campaign.Open.IsEmpty)
            await Move(campaign, CampaignStage.Done, $"All {campaign.Plan.Budget} trials of the budget are made.");
        else if (planner.Verdict(campaign) is { } verdict)
            await Move(campaign, verdict.To, verdict.Why);
        else if (FaultsInARow(campaign) >= options.FaultsUntilPaused)
            await Move(campaign, CampaignStage.Paused, $"The last {options.FaultsUntilPaused} trials ended by faults: {campaign.Trials[^1].Why}");
        else
            planner.Fill(campaign, stopping.Token);
    }

    private async Task Move(Campaign campaign, CampaignStage to, string why)
    {
        try
        {
            await book.Write(new LabEvent.Moved(campaign.Id, to, why), By, stopping.Token);
        }
        catch (ProblemException late) when (late.Problem.Type == CampaignRules.NotNow)
        {
            // A person moved it meanwhile.
        }
    }

    /// <summary>Faults since the campaign last began to run: a person who starts it again has looked.</summary>
    private static int FaultsInARow(Campaign campaign)
    {
        var since = campaign.Moves.FindLast(move => move.To == CampaignStage.Running)?.At ?? DateTimeOffset.MinValue;
        var count = 0;
        for (var i = campaign.Trials.Count - 1; i >= 0 && (campaign.Trials[i].EndedAt is null || campaign.Trials[i].EndedAt > since); i--)
            if (campaign.Trials[i] is { Stage: TrialStage.Void, Steps.Count: > 0, EnteredBy: null })
                count++;
            else if (campaign.Trials[i].HasEnded)
                break;
        return count;
    }

    /// <summary>Takes up what a crash left open, and begins the steps whose turn it is.</summary>
    private void Dispatch()
    {
        var now = time.GetUtcNow();
        var campaigns = book.All.Where(campaign => campaign.Plan.Protocol is not null && (campaign.Stage == CampaignStage.Running || !campaign.Open.IsEmpty)).ToList();
        var (going, waiting) = (new Dictionary<(string, int), (Campaign, LabTrial)>(), new List<(Campaign, LabTrial)>());
        foreach (var campaign in campaigns)
            foreach (var number in campaign.Open)
            {
                var (key, trial) = ((campaign.Id, number), campaign.Trials[number - 1]);
                var isResting = resting.TryGetValue(key, out var rest) && now < rest.Until;
                if (trial.Stage == TrialStage.Unknown)
                    AskAgain(trial);
                else if (trial.Stage == TrialStage.Running && campaign.NextStep(trial) is { } place && trial.At(place) is { HasEnded: false } open)
                {
                    going[key] = (campaign, trial);
                    if (!isResting && !flights.ContainsKey(open.Key))
                        Resume(open);
                }
                else if (isResting || (trial.Stage != TrialStage.Running && !MayBegin(campaign, trial)))
                    continue;
                else if (Missing(campaign, trial) is { } missing)
                    Keep(campaign, trial, missing, Tick);
                else if (trial.Stage == TrialStage.Running)
                    going[key] = (campaign, trial);
                else
                    waiting.Add((campaign, trial));
            }
        if (bench.Stopped is not null)
            return;
        var instruments = bench.All;
        admission.LetIn(waiting, bench.Shares, campaigns, Most(instruments) - going.Count, now, Keep);
        foreach (var (campaign, trial) in waiting.Where(one => admission.IsIn(one.Item2, one.Item1)))
            going[(campaign.Id, trial.Number)] = (campaign, trial);
        foreach (var due in dispatch.Next(going, instruments, now, Keep, stopping.Token))
            Begin(new StepKey(due.Campaign.Id, due.Trial.Number, due.Place, due.Trial.Run), due.Instrument);
    }

    /// <summary>Trials that are made at once: enough that no instrument wants for work, and no more, so that shares are kept and samples do not age.</summary>
    private static int Most(IReadOnlyList<LabInstrument> instruments) => 1 + 4 * instruments.Where(one => one.IsUsable).Sum(one => one.Card.Capacity);

    private static bool MayBegin(Campaign campaign, LabTrial trial) => campaign.Stage == CampaignStage.Running && (trial.Stage == TrialStage.Approved || (trial.Stage == TrialStage.Proposed && !campaign.Plan.AsksPerson));

    /// <summary>What a trial lacks to be made to its end; null where each step to come has an instrument that can be used.</summary>
    private string? Missing(Campaign campaign, LabTrial trial)
    {
        for (var place = campaign.NextStep(trial) ?? int.MaxValue; place <= campaign.Plan.Protocol!.Steps.Count; place++)
            if (campaign.Plan.Protocol.Steps[place - 1] is var step && !step.Instruments.Any(name => bench.TryFind(name) is { IsUsable: true }))
                return $"For '{step.Name}' none of {string.Join(", ", step.Instruments)} can be used: {Trouble(step.Instruments[0])}";
        return null;
    }

    private string Trouble(string name) => bench.TryFind(name) switch
    {
        null => $"there is no instrument '{name}'.",
        { SetAside: { } why } => $"{name} was set aside: {why}",
        { IsSilent: true } => $"{name} does not answer.",
        var one => $"{name} cannot be reached. {one.Trouble}",
    };

    /// <summary>A trial that cannot be made for the time being; a person sees why.</summary>
    private void Keep(Campaign campaign, LabTrial trial, string why) => Keep(campaign, trial, why, MostRest);

    private void Keep(Campaign campaign, LabTrial trial, string why, TimeSpan time) => resting[(campaign.Id, trial.Number)] = new Rest(this.time.GetUtcNow() + time, time, why);

    /// <summary>An instrument that a person returned may know what became of a step that nobody could tell of.</summary>
    private void AskAgain(LabTrial trial)
    {
        if (trial.Steps is [.., { Stage: StepStage.Unknown } lost] && lost.Key.Run == trial.Run && !flights.ContainsKey(lost.Key) && bench.TryFind(lost.Instrument) is { IsUsable: true, ReturnedAt: { } returned } instrument
            && returned > lost.EndedAt && asked.TryAdd((lost.Key, returned), true))
        {
            var run = new StepRun(book, bench, materials, options, time);
            flights[lost.Key] = new Flight(run, See(run.AskAgain(lost, instrument, stopping.Token), lost.Key));
        }
    }

    private void Begin(StepKey key, string name)
    {
        var run = new StepRun(book, bench, materials, options, time);
        flights[key] = new Flight(run, See(run.Make(key, bench.Find(name), stopping.Token), key));
    }

    private void Resume(TrialStep open)
    {
        var run = new StepRun(book, bench, materials, options, time);
        var task = bench.TryFind(open.Instrument) is { } instrument ? run.Resume(open, instrument, stopping.Token)
            : book.Write(new LabEvent.StepEnded(open.Key.Campaign, open.Key, open.Instrument, StepStage.Unknown, open.Results, $"The instrument '{open.Instrument}' was removed while it made the step."), By, CancellationToken.None);
        flights[open.Key] = new Flight(run, See(task, open.Key));
    }

    private async Task See(Task step, StepKey key)
    {
        try
        {
            await step;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // the outermost loop of a step: one that fails must not end the others
        catch (Exception failure)
        {
            fault(failure, key.Campaign);
            resting[(key.Campaign, key.Trial)] = new Rest(time.GetUtcNow() + MostRest, MostRest, failure.Message);
        }
#pragma warning restore CA1031
        finally
        {
            _ = Task.Run(Wake); // not before this task is over
        }
    }

    private void Landed(StepKey step, Flight flight)
    {
        var key = (step.Campaign, step.Trial);
        if (book.TryFind(step.Campaign) is { } campaign && campaign.Trial(step.Trial) is { HasEnded: true } over)
            admission.Settle(campaign, over);
        if (flight.Run.NotNow is not { } why)
        {
            if (resting.TryGetValue(key, out var past) && past.Until <= time.GetUtcNow())
                resting.TryRemove(key, out _);
            return;
        }
        dispatch.TakeBack(key);
        var rest = resting.TryGetValue(key, out var before) && before.For < MostRest ? before.For * 2 : before?.For ?? Tick;
        resting[key] = new Rest(time.GetUtcNow() + rest, rest, why);
    }
}
