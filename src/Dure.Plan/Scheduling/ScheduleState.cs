namespace Dure.Plan.Scheduling;

/// <summary>An operation as it really went.</summary>
/// <param name="Start">Later than now while the sample is on its way to the resource.</param>
/// <param name="End">Null while it is under way; it is then expected after its duration, or when that has passed at the next tenth of it.</param>
public sealed record OperationRun(string Resource, DateTimeOffset Start, DateTimeOffset? End = null);

/// <summary>How far a job is: the runs of its first operations, in order.</summary>
public sealed record JobProgress(string Job, IReadOnlyList<OperationRun> Runs)
{
    /// <summary>Nothing more is done for it, but its sample stands where it last was, until it is removed from the problem.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>Nothing is planned for it this time; what it keeps stays kept, what is under way ends.</summary>
    internal bool IsWithheld { get; init; }
}

/// <summary>A resource that cannot be used since it failed.</summary>
/// <param name="ExpectedBack">Null when nobody knows: what needs this resource alone is then left unplanned.</param>
public sealed record Outage(string Resource, DateTimeOffset Since, DateTimeOffset? ExpectedBack = null);

/// <summary>What has really happened so far.</summary>
public sealed record ScheduleState(IReadOnlyList<JobProgress> Progress, IReadOnlyList<Outage> Outages)
{
    /// <summary>Nothing has begun and everything works.</summary>
    public static ScheduleState Empty { get; } = new([], []);

    /// <summary>The plan before this one: where it costs little, its order is kept.</summary>
    public Schedule? Previous { get; init; }
}
