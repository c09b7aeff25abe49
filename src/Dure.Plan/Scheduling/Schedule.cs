namespace Dure.Plan.Scheduling;

/// <summary>An operation with its place in time.</summary>
/// <param name="Operation">Its index in the job, from 0.</param>
/// <param name="MoveAt">When its sample is fetched; a place on the resource is free from then on. Equal to the start where nothing travels.</param>
/// <param name="FreeAt">When its place is free again: at the end, or later where the sample keeps its place.</param>
public sealed record PlannedOperation(string Job, int Operation, string Resource, DateTimeOffset MoveAt, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset FreeAt)
{
    /// <summary>It starts later after the operation before than its most wait allows: reality left no other choice.</summary>
    public bool IsOverdue { get; init; }
}

/// <summary>A job of which something cannot be planned now, and why.</summary>
/// <param name="Operation">The first of its operations that is not planned, from 0.</param>
public sealed record UnplannedJob(string Job, int Operation, string Reason);

/// <summary>A plan for what is still to be done.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Operations">In the order of their starts.</param>
public sealed record Schedule(DateTimeOffset At, IReadOnlyList<PlannedOperation> Operations, IReadOnlyList<UnplannedJob> Unplanned)
{
    /// <summary>From now to the end of the last operation, those under way included.</summary>
    public required TimeSpan Makespan { get; init; }

    /// <summary>By how much jobs are late, in all.</summary>
    public required TimeSpan Tardiness { get; init; }

    internal WaitReasons? Reasons { get; init; }

    /// <summary>The jobs as they were placed: the next plan begins from this order.</summary>
    internal string[] Order { get; init; } = [];

    /// <summary>What the start of an operation of this plan waits for, in words.</summary>
    public string WaitsFor(PlannedOperation operation) => Reasons?.Of(this, operation) ?? "";
}
