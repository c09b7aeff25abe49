using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>What becomes of an item's samples.</summary>
public enum ItemStanding
{
    /// <summary>Nobody has said yet: the newest samples are held back.</summary>
    Waiting,

    /// <summary>Kept as a signal.</summary>
    Accepted,

    /// <summary>Dropped, as a person said.</summary>
    Ignored,
}

/// <summary>An item of a source as people see it.</summary>
/// <param name="SourceUnit">The unit as the source writes it; null when it says none.</param>
/// <param name="Samples">Samples that came since the node started.</param>
/// <param name="First">The oldest of the samples that are held back, at most a few.</param>
/// <param name="Path">The signal's path: where it is kept, or what is proposed; null when no path can be made of the name.</param>
/// <param name="Unit">UCUM: what it is kept in, or what is guessed; null when nothing can be guessed.</param>
/// <param name="IsUnitCertain">Whether <paramref name="Unit"/> needs no person's look.</param>
/// <param name="Question">Why it was not accepted by the source's rule; null when there is no rule or no doubt.</param>
public sealed record ItemView(
    string Name, ItemStanding Standing, string? SourceUnit, string? Description, DateTimeOffset? FirstSeen, DateTimeOffset? LastSeen, long Samples,
    Sample? Newest, IReadOnlyList<Sample> First, string? Path, string? Unit, bool IsUnitCertain, string? Question, ItemMapping? Mapping);

/// <summary>What a source brought since the node started, by what became of it.</summary>
/// <param name="Waiting">Samples of items that nobody has accepted.</param>
/// <param name="Ignored">Samples of items that a person said to drop.</param>
public sealed record SourceCounts(long Received, long Accepted, long Duplicates, long OutOfOrder, long Rejected, long Waiting, long Ignored);

/// <summary>A refusal and when it was.</summary>
public sealed record TimedRejection(DateTimeOffset At, RejectedSample Rejection);

/// <summary>A source or door as people see it.</summary>
/// <param name="IsDoor">Part of the node, such as its HTTP door: always there, without settings.</param>
/// <param name="Since">When it came into its state.</param>
/// <param name="WaitingItems">Items that wait for a person.</param>
/// <param name="UnseenItems">Names beyond the most that are kept; they are counted and not shown.</param>
/// <param name="Rejections">The last refusals, newest first.</param>
public sealed record SourceStatus(
    string Name, string Kind, string Title, bool IsDoor, bool IsEnabled, SourceState State, Problem? Problem, DateTimeOffset Since, DateTimeOffset? LastSeen,
    SourceCounts Counts, int AcceptedItems, int WaitingItems, long UnseenItems, IReadOnlyList<TimedRejection> Rejections);
