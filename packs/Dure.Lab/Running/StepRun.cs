using Dure.Devices;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Safety;
using Dure.Loop;

namespace Dure.Lab.Running;

/// <summary>
/// One step on its way: through the gate, begun on the device under its key, watched to its end, written down. What a crash left open is taken up by asking the
/// device for the key; it is sent again only where the device has never been given it.
/// </summary>
internal sealed class StepRun(CampaignBook book, InstrumentBench bench, MaterialStore materials, LabOptions options, TimeProvider time)
{
    private const string By = "laboratory";
    private static readonly IReadOnlyDictionary<string, ActionValue> None = new Dictionary<string, ActionValue>();

    private bool isConfirmed;

    /// <summary>Since when the step is later than expected; null while it is not.</summary>
    public DateTimeOffset? LateSince { get; private set; }

    /// <summary>Why the step may not begin for the time being; null: it did, or never will.</summary>
    public string? NotNow { get; private set; }

    /// <summary>Commands a step and sees it through.</summary>
    public async Task Make(StepKey key, LabInstrument instrument, CancellationToken cancel)
    {
        using var use = instrument.Use();
        if (await Command(key, instrument, cancel))
            await Watch(key, instrument, isConfirmed, cancel);
    }

    /// <summary>Sees a step through that was commanded before a crash, or whose command was cut off by it.</summary>
    public async Task Resume(TrialStep open, LabInstrument instrument, CancellationToken cancel)
    {
        using var use = instrument.Use();
        await Watch(open.Key, instrument, open.Stage == StepStage.Begun, cancel);
    }

    /// <summary>Asks once more for a step of which nobody could say what became of it: the device may have come back with its result. Nothing is commanded.</summary>
    public async Task AskAgain(TrialStep lost, LabInstrument instrument, CancellationToken cancel)
    {
        using var use = instrument.Use();
        if (await instrument.Query(lost.Key.ToString(), cancel) is ActionStatus.Done done)
            await Conclude(lost.Key, book.Find(lost.Key.Campaign).Plan.Protocol!.Steps[lost.Key.Step - 1], instrument, done.Results);
    }

    /// <summary>True when it may run.</summary>
    private async Task<bool> Command(StepKey key, LabInstrument instrument, CancellationToken cancel)
    {
        if (await book.Reserve(key, cancel) is { } objection)
        {
            if (book.Find(key.Campaign).Trial(key.Trial) is { Stage: TrialStage.Running or TrialStage.Proposed or TrialStage.Approved } still && still.Run == key.Run && book.Find(key.Campaign).Stage == CampaignStage.Running)
                await End(key, instrument, StepStage.Refused, None, objection);
            return false;
        }
        try
        {
            return await CommandReserved(key, instrument, cancel);
        }
        finally
        {
            book.LetGo(key);
        }
    }

    private async Task<bool> CommandReserved(StepKey key, LabInstrument instrument, CancellationToken cancel)
    {
        var campaign = book.Find(key.Campaign);
        var trial = campaign.Trial(key.Trial);
        var step = campaign.Plan.Protocol!.Steps[key.Step - 1];
        if (key.Step > 1 && step.MostWait is { } most && time.GetUtcNow() - trial.At(key.Step - 1)?.EndedAt is { } waited && waited > most)
        {
            await End(key, instrument, StepStage.Refused, None, $"The sample waited {waited.TotalSeconds:0.#} s for '{step.Name}', more than the {most.TotalSeconds:0.#} s it may.");
            return false;
        }
        Dictionary<string, ActionValue> values;
        Dictionary<string, ActionValue.Number> uses;
        try
        {
            uses = StepRequest.Uses(campaign, trial, key.Step);
            values = StepRequest.Values(campaign, trial, key.Step, instrument.Description ?? throw new ProblemException("urn:dure:lab:unreachable", "The instrument cannot be reached.", instrument.Card.Name, "Look after it."));
        }
        catch (ProblemException wrong)
        {
            await End(key, instrument, StepStage.Refused, None, wrong.Problem.ToString());
            return false;
        }
        if (uses.Count > 0 && await materials.TryTake(key.ToString(), uses, Within(campaign, key.Step), By, cancel) is { } lacking)
        {
            NotNow = lacking;
            return false;
        }
        var proposal = new ProposedAction(instrument.Card.Asset, step.Action, null, $"trial {trial.Number} of {campaign.Plan.Name}: {step.Name}", $"campaign {campaign.Id}", time.GetUtcNow()) { Key = key.ToString(), Values = values };
        var record = await Propose(proposal, key, instrument, cancel);
        if (record.Decision is Decision.Refused { IsForNow: true } later)
        {
            NotNow = later.Explanation;
            await materials.PutBack(key.ToString(), By, CancellationToken.None);
            return false;
        }
        if (record.Outcome is not { } outcome)
        {
            await materials.PutBack(key.ToString(), By, CancellationToken.None);
            await End(key, instrument, StepStage.Refused, None, record.Decision.Explanation);
            return false;
        }
        await book.Take(new LabEvent.StepIntended(key.Campaign, key, instrument.Card.Name), time.GetUtcNow(), CancellationToken.None);
        if (outcome is { State: ActuationState.Refused, IsForNow: true })
        {
            NotNow = outcome.Words;
            return false; // intended and not sent: it is looked for on the device, and sent, when it may be
        }
        if (outcome.State == ActuationState.Refused && await instrument.State(cancel) == InstrumentState.Busy)
        {
            NotNow = $"{instrument.Card.Name} is busy with something that was not begun from here: {outcome.Words}";
            return false;
        }
        if (outcome.State == ActuationState.Refused)
        {
            await materials.PutBack(key.ToString(), By, CancellationToken.None);
            await End(key, instrument, StepStage.Refused, None, outcome.Words);
            return false;
        }
        isConfirmed = outcome.State == ActuationState.Begun;
        await book.Take(new LabEvent.StepAnswered(key.Campaign, key, isConfirmed, outcome.Words), time.GetUtcNow(), CancellationToken.None);
        return true;
    }

    /// <summary>Whatever goes wrong on the way, the step counts as intended on this very device: only it can say what came of the key.</summary>
    private async Task<DecisionRecord> Propose(ProposedAction proposal, StepKey key, LabInstrument instrument, CancellationToken cancel)
    {
        try
        {
            return await instrument.Gate.Propose(proposal, cancel);
        }
        catch
        {
            await book.Take(new LabEvent.StepIntended(key.Campaign, key, instrument.Card.Name), time.GetUtcNow(), CancellationToken.None);
            throw;
        }
    }

    /// <summary>What the steps before have put into the sample.</summary>
    private static IEnumerable<string> Within(Campaign campaign, int place) => campaign.Plan.Protocol!.Steps.Take(place - 1).SelectMany(step => step.Uses.Keys);

    private async Task Watch(StepKey key, LabInstrument instrument, bool isBegun, CancellationToken cancel)
    {
        var step = book.Find(key.Campaign).Plan.Protocol!.Steps[key.Step - 1];
        var (began, silentSince) = (time.GetUtcNow(), (DateTimeOffset?)null);
        var wait = options.LeastPoll;
        while (true)
        {
            var status = await instrument.Query(key.ToString(), cancel);
            switch (status)
            {
                case ActionStatus.Done done:
                    await Conclude(key, step, instrument, done.Results);
                    return;
                case ActionStatus.Failed failed:
                    await Fault(key, instrument, StepStage.Failed, failed.Cause);
                    return;
                case ActionStatus.NotKnown when !isBegun:
                    if (!instrument.IsUsable || bench.Stopped is not null)
                        break; // nothing has run of it; it is sent when it may be
                    if (await Command(key, instrument, cancel))
                        (isBegun, silentSince) = (isConfirmed, null);
                    else if (NotNow is null)
                        return;
                    NotNow = null;
                    break;
                case ActionStatus.Running:
                    (isBegun, silentSince) = (true, null);
                    break;
                default:
                    silentSince ??= time.GetUtcNow();
                    if (time.GetUtcNow() - silentSince < options.UnknownFor)
                        break;
                    await Fault(key, instrument, StepStage.Unknown, status is ActionStatus.Unknown unknown ? unknown.Cause : "The device says that it has never been given this key, though it had begun.");
                    return;
            }
            if (time.GetUtcNow() - began > step.Expected * options.LateAfter + options.MostPoll)
                LateSince ??= time.GetUtcNow();
            // Asked rarely while it cannot have ended, often when it should, and less and less often after that.
            var left = began + step.Expected - time.GetUtcNow();
            wait = left > options.LeastPoll ? left : wait * 1.25;
            await Task.Delay(wait < options.MostPoll ? wait : options.MostPoll, time, cancel);
            wait = left > options.LeastPoll ? options.LeastPoll : wait;
        }
    }

    /// <summary>A result belongs to the trial whose sample the instrument saw; another one's is never taken for it.</summary>
    private async Task Conclude(StepKey key, Protocols.ProtocolStep step, LabInstrument instrument, IReadOnlyDictionary<string, ActionValue> results)
    {
        var sample = SampleCode.Of(key.Campaign, key.Trial, key.Run);
        var seen = step.Scanned is { } scanned ? (results.GetValueOrDefault(scanned) as ActionValue.Text)?.Value : sample;
        if (seen != sample)
        {
            await Fault(key, instrument, StepStage.Failed, $"The instrument saw the sample '{seen}', not '{sample}': its result belongs to nobody known.", isGrave: true, results);
            return;
        }
        instrument.Faults = 0;
        await End(key, instrument, StepStage.Done, results, "");
    }

    private async Task Fault(StepKey key, LabInstrument instrument, StepStage stage, string cause, bool isGrave = false, IReadOnlyDictionary<string, ActionValue>? results = null)
    {
        await End(key, instrument, stage, results ?? None, cause);
        instrument.Faults++;
        if ((isGrave || stage == StepStage.Unknown || instrument.Faults >= options.FaultsUntilSetAside) && instrument.SetAside is null && bench.TryFind(instrument.Card.Name) == instrument)
            await bench.SetAside(instrument.Card.Name, $"{(instrument.Faults > 1 ? $"{instrument.Faults} steps in a row did not end well. " : "")}{cause}", By, CancellationToken.None);
    }

    private Task End(StepKey key, LabInstrument instrument, StepStage stage, IReadOnlyDictionary<string, ActionValue> results, string cause) =>
        book.Write(new LabEvent.StepEnded(key.Campaign, key, instrument.Card.Name, stage, results, cause), By, CancellationToken.None);
}
