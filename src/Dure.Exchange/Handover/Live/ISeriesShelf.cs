using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Kernel;

namespace Dure.Exchange.Handover.Live;

/// <summary>Where the node keeps series; the node supplies it, for they are not this project's.</summary>
public interface ISeriesShelf
{
    /// <summary>Opens a way to read what comes in of a selection.</summary>
    /// <param name="agreed">The place in the journal where the agreement was made final.</param>
    /// <param name="agreedAt">When that was: no sample of an earlier time leaves, unless the selection names one.</param>
    ISeriesReader Open(SeriesSelection selection, long agreed, DateTimeOffset agreedAt);
}

/// <summary>Reads what comes in of a selection; for one reader at a time.</summary>
public interface ISeriesReader : IDisposable
{
    /// <summary>The next piece; empty when nothing has come.</summary>
    /// <param name="after">The <see cref="SeriesPage.Next"/> of the piece before; null for the first.</param>
    /// <exception cref="ProblemException">There was no such piece under this agreement.</exception>
    SeriesPage Next(string? after, CancellationToken cancel);

    /// <summary>Completes when something has come after a piece.</summary>
    Task News(string after);
}

/// <summary>What became of received samples.</summary>
/// <param name="Entry">The journal entry of their batch; null when all were there before.</param>
/// <param name="Accepted">How many are new.</param>
/// <param name="Refused">How many could not be taken, such as those ahead of this node's clock.</param>
public sealed record LandedRows(EntryRef? Entry, long Accepted, long Refused);

/// <summary>Takes in series that come from partners.</summary>
public interface ISeriesLanding
{
    /// <summary>Whether a signal of this name is here.</summary>
    bool Knows(string path);

    /// <summary>Keeps samples under their names here, on the disk when it returns; the same again changes nothing.</summary>
    /// <param name="rows">The samples, and the path of each signal here.</param>
    /// <param name="source">What the journal says they came by.</param>
    /// <param name="provider">Who gave them.</param>
    /// <param name="restsOn">The entries that say under which agreements the signals came.</param>
    /// <exception cref="ProblemException">A signal cannot be, such as one whose unit has changed.</exception>
    Task<LandedRows> Land(IReadOnlyList<(string Path, SeriesRows Rows)> rows, string source, string provider, IReadOnlyList<EntryRef> restsOn, CancellationToken cancel);
}
