using Dure.Kernel;

namespace Dure.Lab.Safety;

/// <summary>
/// The dead-man switch: instruments that must not run alone work only while a person has said, not too long ago, that somebody is there. What the person says holds for
/// a time and must be said again.
/// </summary>
public sealed class Watch(TimeProvider time)
{
    /// <summary>Nobody can promise to be there for longer at once.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Lock guard = new();
    private DateTimeOffset until = DateTimeOffset.MinValue;

    /// <summary>Who was there last; empty: nobody yet.</summary>
    public string By { get; private set; } = "";

    /// <summary>Until when somebody is there; in the past: nobody is.</summary>
    public DateTimeOffset Until
    {
        get
        {
            lock (guard)
                return until;
        }
    }

    public bool IsKept => time.GetUtcNow() < Until;

    /// <summary>Somebody is there for a time from now on.</summary>
    /// <exception cref="ProblemException">The time is none, or longer than anybody can promise.</exception>
    public void Keep(TimeSpan duration, string by)
    {
        if (duration <= TimeSpan.Zero || duration > Longest)
            throw new ProblemException("urn:dure:lab:bad-watch", $"Somebody is to be there for {duration.TotalMinutes:0.##} minutes.", "minutes", $"Say a time above 0, up to {Longest.TotalMinutes:0} minutes, and say it again before it ends.");
        lock (guard)
            (until, By) = (time.GetUtcNow() + duration, by);
    }

    /// <summary>Nobody is there any more.</summary>
    public void Leave()
    {
        lock (guard)
            until = DateTimeOffset.MinValue;
    }
}
