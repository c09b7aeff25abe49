namespace Dure.Historian.Forwarding;

/// <summary>Lets so many samples through per second, a second's worth at once at most.</summary>
internal sealed class ReplayPace
{
    private readonly double perSecond;
    private readonly TimeProvider time;
    private double allowed;
    private long lastLook;

    public ReplayPace(double perSecond, TimeProvider time)
    {
        (this.perSecond, this.time) = (perSecond, time);
        (allowed, lastLook) = (perSecond, time.GetTimestamp());
    }

    /// <summary>How long to wait until the next samples may be sent; zero when now. A batch larger than a second's worth goes when all is allowed.</summary>
    public TimeSpan Wait()
    {
        var now = time.GetTimestamp();
        allowed = Math.Min(perSecond, allowed + time.GetElapsedTime(lastLook, now).TotalSeconds * perSecond);
        lastLook = now;
        return allowed > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Max(0.001, -allowed / perSecond));
    }

    public void Sent(int samples) => allowed -= samples;
}
