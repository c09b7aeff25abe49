using System.Text.Json.Serialization;

namespace Dure.Edge.Fleet;

/// <summary>One row's score as the device computed it.</summary>
/// <param name="TimeMicros">The row's time, µs since 1970 UTC.</param>
/// <param name="Score">Statistic divided by its limit; above 1 is beyond it.</param>
/// <param name="Alarm">Whether the alarm stood after this row.</param>
public sealed record ScoredRow(string Asset, long TimeMicros, double Score, bool Alarm);

/// <summary>A signal's part in an alarm, 0 to 1.</summary>
public sealed record AlarmPart(string Signal, double Share);

/// <summary>An alarm's beginning.</summary>
/// <param name="FromMicros">Time of the row that raised it.</param>
/// <param name="Contributions">The signals that make the score, largest first.</param>
public sealed record AlarmOnset(string Asset, long FromMicros, double Score, IReadOnlyList<AlarmPart> Contributions);

/// <summary>How the device itself is doing.</summary>
/// <param name="Waiting">Reports that wait in its buffer.</param>
/// <param name="RefusedRows">Input rows it could not score, since it started.</param>
public sealed record DeviceHealth(double UptimeSeconds, long Waiting, long RefusedRows);

/// <summary>What a device sends: rows scored and alarms raised since the report before. Sent again until it is acknowledged.</summary>
/// <param name="Sequence">1 for a device's first report, then rising by one; a report seen before is acknowledged and ignored.</param>
public sealed record DeviceReport(long Sequence, IReadOnlyList<ScoredRow> Scores, IReadOnlyList<AlarmOnset> Alarms, DeviceHealth? Health)
{
    /// <summary>Rows one report may hold.</summary>
    public const int MaxRows = 10_000;
}

/// <summary>The node's answer: everything up to this report is durable there.</summary>
public sealed record ReportReceipt(long Sequence, bool WasKnown);

/// <summary>How reports and receipts are written between device and node.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeviceReport))]
[JsonSerializable(typeof(ReportReceipt))]
public sealed partial class FleetJson : JsonSerializerContext;
