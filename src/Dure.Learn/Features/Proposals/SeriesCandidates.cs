using System.Globalization;

namespace Dure.Learn.Features;

/// <summary>What is worth trying for signals that move as they do.</summary>
internal static class SeriesCandidates
{
    private const double Day = 86400;
    private const double FastHertz = 20;
    private const int LeastWindow = 5;
    private const int MostSpectralRows = 1024;

    public static (List<Feature> Features, List<string> Reasons) Of(SeriesCourse course, IReadOnlyList<FeatureSignal> signals, int ahead)
    {
        var (features, reasons) = (new List<Feature>(), new List<string>());
        // Windows of several memories smooth more than noise away; those longer than a third of a machine's rows would rarely be full.
        var shortest = Math.Clamp(course.MemoryRows, LeastWindow, Math.Max(LeastWindow, course.GroupRows / 30));
        int[] windows = [.. new[] { shortest, 3 * shortest, 10 * shortest }.Where(window => window <= Math.Max(LeastWindow, course.GroupRows / 3))];
        (string, double) length(int rows) => course.IsEven || course.StepSeconds <= 0 ? ("rows", rows) : ("seconds", rows * course.StepSeconds);
        foreach (var window in windows)
            features.AddRange(new[] { "mean", "sd", "slope" }.Select(kind => Feature.Of(kind, "*", length(window))));
        features.AddRange(new[] { "min", "max" }.Select(kind => Feature.Of(kind, "*", length(windows[^1]))));
        reasons.Add(Say($"Windows of {string.Join(", ", windows)} rows: values are remembered for about {course.MemoryRows} rows, and a machine has about {course.GroupRows}."));
        features.Add(Feature.Of("difference", "*", ("rows", 1)));
        if (course.Groups > 1)
        {
            var mean = Feature.Of("mean", "*", length(windows[0]));
            features.Add(Feature.Of("minus", [mean, Feature.Of("baseline", "*", ("rows", 2 * windows[0]))]));
            features.Add(Feature.Of("minus", [mean, Feature.Of("expanding-mean", "*")]));
            reasons.Add(Say($"How far each machine is from its own first {2 * windows[0]} rows and from its own mean: there are {course.Groups} machines, and no two are alike."));
        }
        AddPeriods(course, ahead, features, reasons);
        AddCalendar(course, features, reasons);
        AddSpectra(course, features, reasons);
        return (Resolved(features, signals), reasons);
    }

    /// <summary>The values whole periods before the label: of the course itself, and of the day and the week by which people work.</summary>
    private static void AddPeriods(SeriesCourse course, int ahead, List<Feature> features, List<string> reasons)
    {
        List<int> periods = course.PeriodRows is { } own ? [own] : [];
        foreach (var (seconds, least) in new[] { (Day, 3 * Day), (7 * Day, 21 * Day) })
            if (course.IsEven && course.StepSeconds > 0 && course.StepSeconds < seconds / 2 && course.SpanSeconds >= least)
                periods.Add((int)Math.Round(seconds / course.StepSeconds));
        int[] lags = [.. periods.Where(period => period > 1).Select(period => period - ahead % period).Where(lag => lag <= course.GroupRows / 2 && lag <= WindowLength.MostRows).Distinct().Order()];
        foreach (var lag in lags)
            features.AddRange([Feature.Of("lag", "*", ("rows", lag)), Feature.Of("difference", "*", ("rows", lag))]);
        if (lags.Length > 0)
            reasons.Add(Say($"The values {string.Join(" and ", lags)} rows ago: {(course.PeriodRows is { } rows ? Say($"the course repeats after {rows} rows") : "plants work by the day and the week")}."));
    }

    private static void AddCalendar(SeriesCourse course, List<Feature> features, List<string> reasons)
    {
        var words = new List<string>();
        foreach (var (word, days) in new[] { ("hour", 3), ("weekday", 21), ("month", 500) })
            if (course.SpanSeconds >= days * Day)
            {
                words.Add(word);
                features.AddRange([Feature.Of(word, Array.Empty<Feature>()), Feature.Of(word + "-sine", Array.Empty<Feature>()), Feature.Of(word + "-cosine", Array.Empty<Feature>())]);
            }
        if (words.Count > 0)
            reasons.Add(Say($"The {string.Join(" and the ", words)}: the rows span {course.SpanSeconds / Day:0} days."));
    }

    private static void AddSpectra(SeriesCourse course, List<Feature> features, List<string> reasons)
    {
        if (!course.IsEven || course.StepSeconds <= 0 || 1 / course.StepSeconds < FastHertz)
            return;
        var rows = MostSpectralRows;
        while (rows > 16 && rows > course.GroupRows / 4)
            rows /= 2;
        var hertz = 1 / course.StepSeconds;
        features.AddRange(new[] { "rms", "crest", "kurtosis", "skewness" }.Select(kind => Feature.Of(kind, "*", ("rows", rows))));
        features.AddRange(new[] { "dominant-frequency", "spectral-centroid", "envelope-frequency" }.Select(kind => Feature.Of(kind, "*", ("rows", rows))));
        // Octaves downwards from half the rate, above which nothing can be seen.
        for (var high = hertz / 2; high > 4 * hertz / rows && high > hertz / 64; high /= 2)
            features.Add(Feature.Of("band-power", "*", ("rows", rows), ("low", high / 2), ("high", high)));
        reasons.Add(Say($"Spectra of {rows} rows: there are {hertz:0.#} rows a second."));
    }

    private static List<Feature> Resolved(List<Feature> features, IReadOnlyList<FeatureSignal> signals) => signals.All(signal => signal.IsCategory)
        ? [.. features.Where(feature => feature.Inputs.Count == 0)]
        : [.. features.SelectMany(feature => Patterns.Resolve(feature, signals)).Take(FeatureSet.MostFeatures)];

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
