using System.Text.Json.Nodes;
using Dure.Plan.Sharing;

namespace Dure.Lab.Instruments;

/// <summary>Something that happened to an instrument, or to the whole laboratory, as the journal keeps it.</summary>
public abstract record BenchEvent
{
    private BenchEvent() { }

    /// <summary>It was taken in, or its card was changed.</summary>
    public sealed record Registered(string Instrument, JsonObject Card) : BenchEvent;

    public sealed record Removed(string Instrument, string Why) : BenchEvent;

    /// <summary>It gets no work until a person returns it.</summary>
    public sealed record SetAside(string Instrument, string Why) : BenchEvent;

    public sealed record Returned(string Instrument, string Why) : BenchEvent;

    /// <summary>Emergency: nothing is commanded until a person releases the laboratory.</summary>
    public sealed record Stopped(string Why) : BenchEvent;

    public sealed record Released(string Why) : BenchEvent;

    /// <summary>Who may have how much of the laboratory: the whole list anew; none: all have the same.</summary>
    public sealed record Shared(IReadOnlyList<Share> Shares) : BenchEvent;
}

/// <summary>An event with its time and who caused it.</summary>
public sealed record BenchEntry(DateTimeOffset Time, string Actor, BenchEvent Event);

/// <summary>Where they are kept. The host supplies it.</summary>
public interface IBenchLedger
{
    /// <summary>Durable when it returns.</summary>
    Task<BenchEntry> Write(BenchEvent happened, string actor, CancellationToken cancel);

    /// <summary>All there are, the oldest first.</summary>
    IEnumerable<BenchEntry> Read();
}
