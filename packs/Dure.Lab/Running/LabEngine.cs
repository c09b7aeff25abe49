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
    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(30);

    private readonly CampaignBook book;
    private readonly InstrumentBench bench;
    private readonly MaterialStore materials;
    private readonly CampaignPlanner planner;
    private readonly LabOptions options;
    private readonly TimeProvider time;
    private readonly Action<Exception, string> fault;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<(string Campaign, int Trial), Flight> flights = new();
    private readonly ConcurrentDictionary<(string Campaign, int Trial), Rest> resting = new();
    private Task loop = Task.CompletedTask;

    /// <param name="fault">Told of what should not happen, and in which campaign: it is tried again.</param>
    public LabEngine(CampaignBook book, InstrumentBench bench, MaterialStore materials, LabOptions options, TimeProvider time, Action<Exception, string> fault)
    {
        (this.book, this.bench, this.materials, this.options, this.time, this.fault) = (book, bench, materials, options, time, fault);
        planner = new CampaignPlanner(book, fault, Wake);
    }

    /// <summary>A step that is being made.</summary>
    private sealed record Flight(string Instrument, StepRun Run, Task Task);

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
    public DateTimeOffset? LateSince(string campaign, int trial) => flights.GetValueOrDefault((campaign, trial))?.Run.LateSince;

    /// <summary>Why a trial's next step may not begin for the time being; null where nothing keeps it.</summary>
    public string? Kept(string campaign, int trial) => resting.GetValueOrDefault((campaign, trial))?.Why;

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
                await wake.WaitAsync(Tick, stopping.Token);
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
        catch (ProblemException)
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

    /// <summary>Begins the steps whose turn it is, on instruments that are free.</summary>
    private void Dispatch()
    {
        var busy = flights.Values.Select(flight => flight.Instrument).ToHashSet(StringComparer.Ordinal);
        foreach (var (campaign, trial, place) in Ready())
        {
            var open = trial.At(place);
            if (open is { HasEnded: false })
                Begin(campaign, trial, open.Instrument, run => instrument => run.Resume(open, instrument, stopping.Token), busy, isResumed: true);
            else if (bench.Stopped is null && campaign.Plan.Protocol!.Steps[place - 1].Instruments.FirstOrDefault(name => !busy.Contains(name) && bench.TryFind(name) is { IsUsable: true }) is { } free)
                Begin(campaign, trial, free, run => instrument => run.Make(new StepKey(campaign.Id, trial.Number, place, trial.Run), instrument, stopping.Token), busy, isResumed: false);
        }
    }

    /// <summary>The trials with a step to make, in the order in which they take instruments: what is begun is ended first, then by priority, then the oldest.</summary>
    private IEnumerable<(Campaign Campaign, LabTrial Trial, int Place)> Ready()
    {
        var now = time.GetUtcNow();
        var ready = new List<(Campaign Campaign, LabTrial Trial, int Place)>();
        foreach (var campaign in book.All.Where(campaign => campaign.Plan.Protocol is not null))
            foreach (var number in campaign.Open)
            {
                var trial = campaign.Trials[number - 1];
                var mayBegin = trial.Stage switch
                {
                    TrialStage.Running => true,
                    TrialStage.Approved => campaign.Stage == CampaignStage.Running,
                    TrialStage.Proposed => campaign.Stage == CampaignStage.Running && !campaign.Plan.AsksPerson,
                    _ => false,
                };
                if (mayBegin && !flights.ContainsKey((campaign.Id, number)) && campaign.NextStep(trial) is { } place && IsDue(campaign, trial, place, now))
                    ready.Add((campaign, trial, place));
            }
        return ready.OrderByDescending(one => one.Place).ThenByDescending(one => one.Campaign.Plan.Priority).ThenBy(one => one.Trial.ProposedAt);
    }

    /// <summary>Whether the sample has rested long enough, and nothing keeps the step back.</summary>
    private bool IsDue(Campaign campaign, LabTrial trial, int place, DateTimeOffset now)
    {
        if (resting.TryGetValue((campaign.Id, trial.Number), out var rest) && now < rest.Until)
            return false;
        return place == 1 || trial.At(place) is not null || trial.At(place - 1)?.EndedAt + campaign.Plan.Protocol!.Steps[place - 1].LeastWait <= now;
    }

    private void Begin(Campaign campaign, LabTrial trial, string name, Func<StepRun, Func<LabInstrument, Task>> make, HashSet<string> busy, bool isResumed)
    {
        var key = (campaign.Id, trial.Number);
        if (bench.TryFind(name) is not { } instrument)
        {
            if (isResumed && trial.Steps[^1] is var lost)
                _ = book.Write(new LabEvent.StepEnded(campaign.Id, lost.Key, name, StepStage.Unknown, lost.Results, $"The instrument '{name}' was removed while it made the step."), By, CancellationToken.None);
            return;
        }
        busy.Add(name);
        var run = new StepRun(book, bench, materials, options, time);
        flights[key] = new Flight(name, run, See(make(run)(instrument), key));
    }

    private async Task See(Task step, (string Campaign, int Trial) key)
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
            resting[key] = new Rest(time.GetUtcNow() + MostRest, MostRest, failure.Message);
        }
#pragma warning restore CA1031
        finally
        {
            _ = Task.Run(Wake); // not before this task is over
        }
    }

    private void Landed((string Campaign, int Trial) key, Flight flight)
    {
        if (flight.Run.NotNow is not { } why)
        {
            if (resting.TryGetValue(key, out var past) && past.Until <= time.GetUtcNow())
                resting.TryRemove(key, out _);
            return;
        }
        var rest = resting.TryGetValue(key, out var before) && before.For < MostRest ? before.For * 2 : before?.For ?? Tick;
        resting[key] = new Rest(time.GetUtcNow() + rest, rest, why);
    }
}
