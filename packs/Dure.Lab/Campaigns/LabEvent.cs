using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Rehearsals;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>Where a campaign stands.</summary>
public enum CampaignStage
{
    Draft,
    Approved,
    Running,
    Paused,
    Done,
}

/// <summary>Something that happened to a campaign, as the journal keeps it. A campaign is the fold of these.</summary>
public abstract record LabEvent(string Campaign)
{
    /// <summary>It was written down.</summary>
    /// <param name="Plan">As <see cref="CampaignText"/> reads it.</param>
    /// <param name="Owner">Whose data it makes.</param>
    public sealed record Drafted(string Campaign, JsonObject Plan, string Owner) : LabEvent(Campaign);

    /// <summary>It moved on: approved, started, paused, ended.</summary>
    public sealed record Moved(string Campaign, CampaignStage To, string Why) : LabEvent(Campaign);

    /// <summary>What it may try was changed.</summary>
    /// <param name="Plan">The whole plan anew, with the same factors and outcomes; null: as it was.</param>
    /// <param name="Narrowings">What is pinned or narrowed from now on; all others are as the plan says.</param>
    public sealed record Edited(string Campaign, JsonObject? Plan, IReadOnlyList<Narrowing> Narrowings, string Why) : LabEvent(Campaign);

    /// <summary>A trial was suggested, or a person added it.</summary>
    /// <param name="Known">How many results were known then.</param>
    public sealed record Proposed(string Campaign, int Trial, double[] Point, Suggestion? Suggestion, int Known) : LabEvent(Campaign);

    /// <summary>A person agreed to a trial, or vetoed it. Agreeing again after an unknown or void end has it made once more.</summary>
    public sealed record Answered(string Campaign, int Trial, bool IsApproved, string Why) : LabEvent(Campaign);

    /// <summary>A person entered what came of a trial.</summary>
    public sealed record Entered(string Campaign, int Trial, TrialState State, double[] Values, string Why) : LabEvent(Campaign);

    /// <summary>It was played on a stand-in.</summary>
    public sealed record Rehearsed(string Campaign, Rehearsal Result) : LabEvent(Campaign);

    /// <summary>A step was allowed by the gate and written down; it is sent next. Once more under the same key where nothing had come of the first sending.</summary>
    public sealed record StepIntended(string Campaign, StepKey Key, string Instrument) : LabEvent(Campaign);

    /// <summary>The device answered the wish to begin.</summary>
    public sealed record StepAnswered(string Campaign, StepKey Key, bool HasBegun, string Words) : LabEvent(Campaign);

    /// <summary>A step ended, well or not.</summary>
    public sealed record StepEnded(string Campaign, StepKey Key, string Instrument, StepStage Stage, IReadOnlyDictionary<string, ActionValue> Results, string Cause) : LabEvent(Campaign);
}

/// <summary>The key under which a device knows a step: campaign, trial, the step's place from 1, the trial's run from 1, parted by dots.</summary>
public readonly record struct StepKey(string Campaign, int Trial, int Step, int Run)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Campaign}.{Trial}.{Step}.{Run}");

    /// <summary>Whether a text is such a key.</summary>
    public static bool TryParse(string? text, out StepKey key)
    {
        key = default;
        if (text?.Split('.') is not [{ Length: > 0 } campaign, var trial, var step, var run] || !int.TryParse(trial, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var place) || !int.TryParse(run, NumberStyles.None, CultureInfo.InvariantCulture, out var time))
            return false;
        key = new StepKey(campaign, number, place, time);
        return true;
    }
}

/// <summary>A factor held in a part of its range.</summary>
/// <param name="Options">Of a category the options that remain; null for a number.</param>
public sealed record Narrowing(string Factor, double Low, double High, IReadOnlyList<string>? Options);

/// <summary>An event with its place in the journal.</summary>
public sealed record LabEntry(long Index, DateTimeOffset Time, string Actor, LabEvent Event);

/// <summary>Where a laboratory's events are kept. The host supplies it.</summary>
public interface ILabLedger
{
    /// <summary>Durable when it returns.</summary>
    Task<LabEntry> Write(LabEvent happened, string actor, CancellationToken cancel);

    /// <summary>All there are, the oldest first; the gate's decisions about steps among them.</summary>
    IEnumerable<LabEntry> Read();
}
