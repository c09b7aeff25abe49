namespace Dure.Bench.Historian;

/// <summary>How much is measured. Slow engines get fewer points and rates are per point, which favours them: their indexes stay small.</summary>
internal sealed record Scale
{
    public required int Runs { get; init; }

    /// <summary>Series and points of each for the questions on many points.</summary>
    public required int Series { get; init; }

    public required int Points { get; init; }

    /// <summary>Points by line protocol to InfluxDB, and by COPY to PostgreSQL.</summary>
    public required int SlowPoints { get; init; }

    /// <summary>Points by CSV to ClickHouse, and by line protocol to Dure.</summary>
    public required int TextPoints { get; init; }

    /// <summary>Series of <see cref="Points"/> points by bulk to DuckDB and to Dure.</summary>
    public required int BulkSeries { get; init; }

    public required int Events { get; init; }
    public required int LookUps { get; init; }

    /// <summary>MQTT messages of one run to mosquitto.</summary>
    public required int SlowMessages { get; init; }

    /// <summary>MQTT clients over TLS that say nothing.</summary>
    public required int IdleClients { get; init; }

    /// <summary>Points each real recording is laid end to end to.</summary>
    public required int RecordedPoints { get; init; }

    public long AllPoints => (long)Series * Points;

    public static Scale Full { get; } = new()
    {
        Runs = 3,
        Series = G1.AllSeries,
        Points = G1.AllPoints,
        SlowPoints = 2_000_000,
        TextPoints = 4_000_000,
        BulkSeries = 300,
        Events = 1_000_000,
        LookUps = 2000,
        SlowMessages = 1_000_000,
        IdleClients = 10_000,
        RecordedPoints = 2_000_000,
    };

    public static Scale Quick { get; } = new()
    {
        Runs = 1,
        Series = 100,
        Points = G1.AllPoints,
        SlowPoints = 200_000,
        TextPoints = 1_000_000,
        BulkSeries = 40,
        Events = 100_000,
        LookUps = 300,
        SlowMessages = 100_000,
        IdleClients = 500,
        RecordedPoints = 500_000,
    };
}
