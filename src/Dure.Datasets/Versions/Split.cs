using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// Which rows may be learned from. A split is declared by time only: rows of a machine are not independent, and a shuffled
/// split would put the neighbours of every test row into the training part.
/// </summary>
public abstract record Split
{
    /// <summary>The value of the <c>split</c> column for rows that may be learned from.</summary>
    public const string Train = "commissioning";

    /// <summary>The value of the <c>split</c> column for rows kept back to judge with.</summary>
    public const string HeldOut = "held-out";

    private Split()
    {
    }

    /// <summary>The first <paramref name="Rows"/> rows of each asset commission it; the rest is held out.</summary>
    public sealed record CommissioningRows(int Rows) : Split;

    /// <summary>Rows before <paramref name="Time"/> commission an asset; rows at it and after are held out.</summary>
    public sealed record CutAt(DateTimeOffset Time) : Split;

    /// <summary>How many of these rising times fall into the training part.</summary>
    public int TrainRowsOf(ReadOnlySpan<long> timesMicros)
    {
        switch (this)
        {
            case CommissioningRows first:
                return Math.Min(first.Rows, timesMicros.Length);
            case CutAt cut:
                var at = timesMicros.BinarySearch(Micros.Of(cut.Time));
                return at < 0 ? ~at : at;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
