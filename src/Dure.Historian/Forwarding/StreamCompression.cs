using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>
/// Thins a stream of samples before it is sent. Samples of a quality other than the one before are never dropped, nor those whose time does
/// not advance.
/// </summary>
internal abstract class StreamCompression
{
    private readonly long maxIntervalMicros;
    private (long Time, double Value, Quality Quality)? held;

    protected StreamCompression(TimeSpan? maxInterval) => maxIntervalMicros = maxInterval is { } longest ? longest.Ticks / TimeSpan.TicksPerMicrosecond : long.MaxValue;

    /// <summary>The last sample that was sent.</summary>
    protected (long Time, double Value, Quality Quality)? Sent { get; private set; }

    /// <summary>The stream as it stands, to go back to.</summary>
    public StreamCompression Copy() => (StreamCompression)MemberwiseClone();

    /// <summary>Takes the next sample; writes what must be sent, which may be an earlier one and this one.</summary>
    public void Offer(long time, double value, Quality quality, SignalBlock sink)
    {
        var sample = (time, value, quality);
        var last = held ?? Sent;
        if (last is not { } before || before.Quality != quality || !double.IsFinite(value) || time <= before.Time || time - Sent!.Value.Time >= maxIntervalMicros)
        {
            Flush(sink);
            Send(sample, sink);
            return;
        }
        if (MayDrop(time, value))
        {
            held = sample;
            return;
        }
        if (held is not null)
        {
            // The newest sample kept back ends the stretch. With it a new one begins, and this sample is its first: it may be dropped again.
            Flush(sink);
            if (MayDrop(time, value))
            {
                held = sample;
                return;
            }
        }
        Send(sample, sink);
    }

    /// <summary>Sends the newest sample that was kept back, so that the stream's end is known.</summary>
    public void Flush(SignalBlock sink)
    {
        if (held is { } newest)
            Send(newest, sink);
        held = null;
    }

    /// <summary>Whether the stretch since <see cref="Sent"/> is still told well enough when this sample is not sent. Called once per sample and stretch.</summary>
    protected abstract bool MayDrop(long time, double value);

    /// <summary>A new stretch begins at a sample that was sent.</summary>
    protected virtual void Begin(long time, double value)
    {
    }

    private void Send((long Time, double Value, Quality Quality) sample, SignalBlock sink)
    {
        sink.Add(sample.Time, sample.Value, sample.Quality);
        Sent = sample;
        Begin(sample.Time, sample.Value);
    }
}

/// <summary>
/// Drops samples within a distance of the last one sent. Bound: a dropped value differs from the sent one before it by at most the distance.
/// The last sample before a jump is sent too, so that a line between sent ones shows the jump where it was.
/// </summary>
internal sealed class Deadband(double distance, TimeSpan? maxInterval) : StreamCompression(maxInterval)
{
    protected override bool MayDrop(long time, double value) => Math.Abs(value - Sent!.Value.Value) <= distance;
}

/// <summary>
/// Swinging door (Bristol 1990): keeps back samples while a straight line from the last one sent passes all of them within the tolerance.
/// Bound: a dropped value lies within the tolerance of the line between the sent ones around it. To hold that for the raw value that ends a
/// stretch, the line to each sample itself must pass the doors of all before it.
/// </summary>
internal sealed class SwingingDoor(double tolerance, TimeSpan? maxInterval) : StreamCompression(maxInterval)
{
    private (double Time, double Value) pivot;
    private double steepest = double.PositiveInfinity;
    private double flattest = double.NegativeInfinity;

    protected override void Begin(long time, double value) =>
        (pivot, steepest, flattest) = ((time, value), double.PositiveInfinity, double.NegativeInfinity);

    protected override bool MayDrop(long time, double value)
    {
        var elapsed = time - pivot.Time;
        var slope = (value - pivot.Value) / elapsed;
        if (slope > steepest || slope < flattest)
            return false;
        steepest = Math.Min(steepest, (value + tolerance - pivot.Value) / elapsed);
        flattest = Math.Max(flattest, (value - tolerance - pivot.Value) / elapsed);
        return true;
    }
}
