namespace Dure.Optimize.SetPoints;

/// <summary>What kind of command it is.</summary>
public enum MoveKind
{
    /// <summary>To set-points at which something is to be learnt or gained.</summary>
    Explore,

    /// <summary>Stay where the plant is.</summary>
    Hold,

    /// <summary>Back to the executed set-points that are safest by what is known.</summary>
    Retreat,
}

/// <summary>The next command, with its reason.</summary>
/// <param name="SetPoints">What to command, in the problem's order.</param>
/// <param name="Margin">By how much every limit is certain to hold there, as a share of the largest change the slopes allow; below 0 only on a retreat.</param>
/// <param name="ExpectedGain">Expected improvement of the objective over the best so far, in its unit.</param>
public sealed record SafeMove(MoveKind Kind, IReadOnlyList<double> SetPoints, double Margin, double ExpectedGain, string Reason);
