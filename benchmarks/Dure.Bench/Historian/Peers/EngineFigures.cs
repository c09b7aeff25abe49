namespace Dure.Bench.Historian.Peers;

/// <summary>What was measured of one engine; null where it was not asked.</summary>
internal sealed record EngineFigures(string Name)
{
    /// <summary>Points/s as text: line protocol, CSV or COPY.</summary>
    public double? TextPerSecond { get; init; }

    /// <summary>The same for each second of the server's processor time: independent of who else uses the machine.</summary>
    public double? TextPerCpuSecond { get; init; }

    /// <summary>Points/s in bulk.</summary>
    public double? BulkPerSecond { get; init; }

    /// <summary>On disk after compaction.</summary>
    public double? BytesPerPoint { get; init; }

    /// <summary>Points/s resampled from seconds to minutes, one thread.</summary>
    public double? ResamplePerSecond { get; init; }

    /// <summary>The same for each second of processor time.</summary>
    public double? ResamplePerCpuSecond { get; init; }

    public Latency? LookUp { get; init; }

    /// <summary>As-of join of the events with all points, s.</summary>
    public double? AsOfSeconds { get; init; }

    /// <summary>Sum of the values it joined: all engines must agree.</summary>
    public double? AsOfSum { get; init; }
}
