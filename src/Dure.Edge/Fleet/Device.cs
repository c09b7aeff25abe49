using Dure.Kernel;

namespace Dure.Edge.Fleet;

/// <summary>A device as the node knows it.</summary>
/// <param name="Package">The package it was last given; null before the first.</param>
/// <param name="LastSequence">Its newest acknowledged report.</param>
public sealed record Device(
    string Id, string Name, DateTimeOffset EnrolledAt, ContentHash? Package, ContentHash? Model, DateTimeOffset? DeployedAt,
    DateTimeOffset? LastSeen, long LastSequence, long Rows, long Alarms, DeviceHealth? Health);

/// <summary>An alarm as the journal holds it.</summary>
/// <param name="Entry">Number of the <c>alarm-raised</c> entry.</param>
public sealed record RaisedAlarm(
    string Device, AssetId Asset, DateTimeOffset From, double Score, IReadOnlyList<AlarmPart> Contributions, long Entry, ContentHash EntryHash);

/// <summary>Something that happened in the fleet, for those who watch live.</summary>
public abstract record FleetEvent
{
    private FleetEvent() { }

    public sealed record Scored(string Device, ScoredRow Row) : FleetEvent;

    public sealed record Raised(RaisedAlarm Alarm) : FleetEvent;

    /// <summary>The watcher was too slow: so many events before the next one are gone.</summary>
    public sealed record Missed(long Events) : FleetEvent;
}
