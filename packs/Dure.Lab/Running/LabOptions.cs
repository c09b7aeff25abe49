namespace Dure.Lab.Running;

/// <summary>How patient a laboratory is.</summary>
public sealed record LabOptions
{
    /// <summary>How long a device may not say what became of a step before a person is asked.</summary>
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many times its expected duration a step may take before it counts as late.</summary>
    public double LateAfter { get; init; } = 3;

    /// <summary>A device is asked at most so often.</summary>
    public TimeSpan LeastPoll { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>It is asked at least so often, so that a fault is seen soon.</summary>
    public TimeSpan MostPoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Steps in a row that fail on an instrument before it is set aside.</summary>
    public int FaultsUntilSetAside { get; init; } = 3;

    /// <summary>Trials in a row that end by faults before a campaign is paused.</summary>
    public int FaultsUntilPaused { get; init; } = 5;
}
