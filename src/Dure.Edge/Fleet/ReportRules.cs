using Dure.Kernel;

namespace Dure.Edge.Fleet;

/// <summary>What a report must be before anything of it is kept: a journal entry that cannot be read again would stop the node's next start.</summary>
internal static class ReportRules
{
    private const int MaxContributions = 100;

    // The last moment that DateTimeOffset can name.
    private const long LatestMicros = 253_402_300_799_999_999;

    public static void Check(DeviceReport report)
    {
        if (report.Sequence < 1 || report.Scores is null || report.Alarms is null)
            throw Bad("It lacks its sequence, scores or alarms.", $"report {report.Sequence}");
        if (report.Scores.Count > DeviceReport.MaxRows || report.Alarms.Count > DeviceReport.MaxRows)
            throw Bad($"It has {report.Scores.Count} rows and {report.Alarms.Count} alarms; {DeviceReport.MaxRows} are allowed.", $"report {report.Sequence}");
        for (var i = 0; i < report.Scores.Count; i++)
            CheckRow(report.Scores[i]?.Asset, report.Scores[i]?.TimeMicros, report.Scores[i]?.Score, $"report {report.Sequence}, row {i + 1}");
        for (var i = 0; i < report.Alarms.Count; i++)
            CheckAlarm(report.Alarms[i], $"report {report.Sequence}, alarm {i + 1}");
    }

    private static void CheckAlarm(AlarmOnset? alarm, string where)
    {
        CheckRow(alarm?.Asset, alarm?.FromMicros, alarm?.Score, where);
        if (alarm?.Contributions is not { Count: <= MaxContributions } parts)
            throw Bad($"It lacks its contributions or has more than {MaxContributions}.", where);
        foreach (var part in parts)
        {
            if (part?.Signal is not { Length: > 0 and <= 200 } || part.Share is not (>= 0 and <= 1))
                throw Bad("A contribution lacks its signal, or its share is not 0 to 1.", where);
        }
    }

    private static void CheckRow(string? asset, long? micros, double? score, string where)
    {
        if (!AssetId.TryParse(asset, out _, out var why))
            throw Bad(why, where);
        if (micros is not (>= 0 and <= LatestMicros) || score is not { } value || !double.IsFinite(value))
            throw Bad("Its time or score is out of range.", where);
    }

    private static ProblemException Bad(string what, string where) => new("urn:dure:edge:bad-report", what, where, "Update dure-edge on the device; this report was not taken.");
}
