using System.Globalization;
using Dure.Historian.Watching;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Judges signal after signal and puts the report together. A signal's score is the product of what its findings leave.</summary>
internal sealed class QualityAnalysis
{
    /// <summary>Normal noise alone exceeds Hampel's limit in about this share of a 21-sample window's centres.</summary>
    private const double SpikesByChance = 0.015;

    /// <summary>One spike is told when it is this many scaled deviations away.</summary>
    private const double SevereSpike = 8;

    private const int MinFlat = 10;
    private const double FlatTimesExpected = 3;

    private readonly List<Judged> judged = [];

    private sealed record Judged(AssetId Asset, Series Series, double NominalSeconds, double Median, double Spread, List<QualityFinding> Findings, WatchedQuality Watched)
    {
        public Series Series { get; } = Series with { TimesMicros = [], Values = [], Qualities = [] }; // the report must not hold the data
        public int Samples { get; } = Series.Values.Length;
    }

    public void Add(AssetId asset, Series series, int rows)
    {
        var nominal = TimeChecks.NominalPeriod(series.TimesMicros);
        var findings = new List<QualityFinding>();
        findings.AddRange(TimeFindings(series, rows, nominal));
        findings.AddRange(ValueFindings(series));
        judged.Add(new Judged(asset, series, nominal / 1e6, ValueChecks.MedianOf(series.Values), ValueChecks.SpreadOf(series.Values), findings, Watch(series)));
    }

    public QualityReport Report()
    {
        foreach (var signal in judged.GroupBy(one => one.Series.Name, StringComparer.Ordinal))
        {
            var all = signal.ToList();
            foreach (var (index, slip, ratio) in UnitSuspicion.Find([.. all.Select(one => (one.Median, one.Spread))]))
                all[index].Findings.Add(Finding(QualityKinds.UnitMismatch, 0.5,
                    $"Its median {Say(all[index].Median)} {all[index].Series.Facts.Unit} against {Say(all[index].Median / ratio)} of the same signal elsewhere looks like {slip}.",
                    null, ("median", all[index].Median), ("ratio", ratio)));
        }
        return new QualityReport([.. judged.Select(Judge)
            .OrderBy(signal => signal.Score).ThenBy(signal => signal.Asset).ThenBy(signal => signal.Signal, StringComparer.Ordinal)]);
    }

    /// <summary>The same detectors as at ingest, over the rows of the version: whoever has the version can find the same.</summary>
    private static WatchedQuality Watch(Series series)
    {
        var judge = new StretchJudge(WatchLimits.Of(series.Facts.Unit, series.Facts.Low, series.Facts.High));
        judge.Add(series.TimesMicros, series.Values, series.Qualities);
        return judge.Report();
    }

    private static SignalQuality Judge(Judged one) => new(one.Asset, one.Series.Name, one.Series.Facts.Unit, one.Samples, one.NominalSeconds,
        one.Samples == 0 ? 0 : one.Findings.Aggregate(1.0, (score, finding) => score * (1 - Math.Clamp(finding.Share, 0, 1))),
        [.. one.Findings.OrderByDescending(finding => finding.Share).ThenBy(finding => finding.Key, StringComparer.Ordinal)], one.Watched);

    private static IEnumerable<QualityFinding> TimeFindings(Series series, int rows, double nominal)
    {
        var times = series.TimesMicros;
        var missing = rows - times.Length;
        if (missing > 0)
            yield return Finding(QualityKinds.Missing, missing / (double)rows, $"{missing} of {rows} rows have no sample.", null, ("rows", missing), ("of", rows));

        var gaps = TimeChecks.Gaps(times, nominal);
        if (gaps.Count > 0)
            yield return Finding(QualityKinds.Gaps, 1 - gaps.Covered,
                $"{gaps.Count} gaps longer than 3 periods of {Say(nominal / 1e6)} s; {Say(100 * gaps.Covered)} % of the time is covered; the longest is {Say(gaps.Longest / 1e6)} s.",
                gaps.LongestAt, ("gaps", gaps.Count), ("covered", gaps.Covered), ("longestSeconds", gaps.Longest / 1e6), ("periodSeconds", nominal / 1e6));

        var duplicates = TimeChecks.Duplicates(times);
        if (duplicates > 0)
            yield return Finding(QualityKinds.Duplicates, duplicates / (double)times.Length, $"{duplicates} samples repeat the stamp before.", null, ("samples", duplicates));

        var backward = TimeChecks.Backward(times);
        if (backward.Count > 0)
            yield return Finding(QualityKinds.ClockBackward, Math.Min(1, 0.1 * backward.Count), $"Time goes back {backward.Count} times.", backward.FirstAt, ("times", backward.Count));

        var jumps = TimeChecks.ClockJumps(times, nominal);
        if (jumps.Count > 0)
            yield return Finding(QualityKinds.ClockJump, 0.1, $"Time steps by {jumps.Hours} whole hours ({jumps.Count} such steps): was the clock set, or the zone changed?",
                jumps.FirstAt, ("steps", jumps.Count), ("hours", jumps.Hours));
    }

    private static IEnumerable<QualityFinding> ValueFindings(Series series)
    {
        var (values, n) = (series.Values, (double)series.Values.Length);
        if (n == 0)
            yield break;

        var flat = ValueChecks.LongestFlat(values);
        if (flat.Length >= MinFlat && flat.Length > FlatTimesExpected * flat.Expected)
            yield return Finding(QualityKinds.FlatLine, flat.Length / n, $"{flat.Length} samples in a row are {Say(values[flat.Start])}; about {Say(Math.Ceiling(flat.Expected))} were to be expected.",
                series.TimesMicros[flat.Start], ("samples", flat.Length), ("expected", flat.Expected), ("value", values[flat.Start]));

        var spikes = ValueChecks.Spikes(values);
        if (spikes.Count > SpikesByChance * n || spikes.Worst >= SevereSpike)
            yield return Finding(QualityKinds.Spikes, spikes.Count / n, $"{spikes.Count} samples stick out of their surroundings (Hampel); the worst is {Say(values[spikes.WorstAt])}.",
                series.TimesMicros[spikes.WorstAt], ("samples", spikes.Count), ("worst", values[spikes.WorstAt]));

        var (low, high) = (series.Facts.Low, series.Facts.High);
        var outside = ValueChecks.OutOfRange(values, low, high);
        if (outside > 0)
            yield return Finding(QualityKinds.OutOfRange, outside / n, $"{outside} samples are outside {Limit(low)} to {Limit(high)} {series.Facts.Unit}.", null,
                [("samples", outside), .. low is { } l ? [("low", l)] : Array.Empty<(string, double)>(), .. high is { } h ? [("high", h)] : Array.Empty<(string, double)>()]);

        var notGood = series.Qualities.Count(quality => quality != Quality.Good);
        if (notGood > 0)
            yield return Finding(QualityKinds.NotGood, notGood / n, $"{notGood} samples came with a quality below good.", null, ("samples", notGood));

        var notFinite = ValueChecks.NotFinite(values);
        if (notFinite > 0)
            yield return Finding(QualityKinds.NotFinite, notFinite / n, $"{notFinite} samples are no finite number.", null, ("samples", notFinite));
    }

    private static QualityFinding Finding(string kind, double share, string words, long? atMicros, params (string Name, double Value)[] numbers) =>
        new(kind, share, words, numbers.ToDictionary(number => number.Name, number => number.Value, StringComparer.Ordinal), atMicros is { } at ? Micros.Time(at) : null);

    private static string Limit(double? limit) => limit is { } value ? Say(value) : "any";

    private static string Say(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
