namespace Dure.Historian;

/// <summary>Where the series lie and how much is held in memory.</summary>
public sealed record HistorianOptions
{
    public required string DataPath { get; init; }

    /// <summary>Samples held in memory before they are written as a segment; about 17 bytes each, twice while one is written.</summary>
    public int MemorySamples { get; init; } = 2_000_000;

    /// <summary>A batch of at least this many samples is written as a segment at once, without the log.</summary>
    public int BulkSamples { get; init; } = 500_000;

    /// <summary>How far ahead of the node's clock a sample's time may be.</summary>
    public TimeSpan ClockTolerance { get; init; } = TimeSpan.FromMinutes(10);
}
