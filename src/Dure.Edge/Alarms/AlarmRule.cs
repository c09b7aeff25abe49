using Dure.Kernel;

namespace Dure.Edge.Alarms;

/// <summary>
/// Where an alarm is decided, on the node and on the device alike: it is raised when the score stays above 1 for
/// <see cref="RaiseAfter"/> rows in a row, and falls when it stays at or below 1 for <see cref="FallAfter"/> rows.
/// </summary>
public sealed record AlarmRule
{
    /// <summary>A score is a statistic divided by its limit, so 1 is the limit.</summary>
    public const double Limit = 1;

    /// <summary>An hour of rows a second: a rule that waits longer guards nothing.</summary>
    public const int MostRows = 3600;

    public AlarmRule(int raiseAfter, int fallAfter)
    {
        if (raiseAfter is < 1 or > MostRows || fallAfter is < 1 or > MostRows)
            throw new ProblemException("urn:dure:edge:bad-alarm-rule", $"Raise after {raiseAfter} and fall after {fallAfter} rows.", "alarm rule", $"Give 1 to {MostRows} rows for each.");
        (RaiseAfter, FallAfter) = (raiseAfter, fallAfter);
    }

    /// <summary>Each row speaks for itself: an alarm stands exactly where the score is above 1, which is how detectors are evaluated.</summary>
    public static AlarmRule Default { get; } = new(1, 1);

    public int RaiseAfter { get; }

    public int FallAfter { get; }

    /// <summary>The state after one more score. A score that is not a number says nothing and changes nothing.</summary>
    public AlarmState Next(AlarmState state, double score)
    {
        if (double.IsNaN(score))
            return state;
        var speaksAgainst = score > Limit != state.IsRaised;
        var run = speaksAgainst ? state.Run + 1 : 0;
        var needed = state.IsRaised ? FallAfter : RaiseAfter;
        return run >= needed ? new AlarmState(!state.IsRaised, 0) : new AlarmState(state.IsRaised, run);
    }
}

/// <summary>Whether an alarm stands, and how many rows in a row have spoken against that.</summary>
public readonly record struct AlarmState(bool IsRaised, int Run);
