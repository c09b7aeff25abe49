using System.Collections.Frozen;
using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>The language: every kind of feature there is.</summary>
internal static class FeatureKinds
{
    private static readonly FeatureParameter Rows = new("rows", 1, WindowLength.MostRows, IsWhole: true);
    private static readonly FeatureParameter Seconds = new("seconds", 1e-6, 1e9);
    private static readonly FeatureParameter[] Window = [Rows, Seconds];
    private static readonly FeatureParameter[] Spectral = [new("rows", 16, 1 << 16, IsWhole: true, IsPowerOfTwo: true), new("every", 1, 1 << 16, IsWhole: true, Default: 0)];
    private static readonly FeatureParameter Limit = new("level", -1e300, 1e300);
    private static readonly FeatureParameter[] Level = [Limit, new("hysteresis", 0, 1e300, Default: 0)];
    private static readonly FeatureParameter[] Clock = [new("offset", -14, 14, Default: 0)];
    private static readonly FeatureParameter[] Band = [new("low", 0, 1e12), new("high", 0, 1e12)];
    private static readonly FeatureParameter[] Carrier = [new("low", 0, 1e12, Default: 0), new("high", 0, 1e12, Default: 1e12)];

    private static readonly FeatureKind[] All =
    [
        new(Feature.ValueOf, 0, [], Plain, Now, (_, _, _, _) => throw new InvalidOperationException("A signal's state is made by the plan.")),
        new("lag", 1, [Rows], Same, RowsBack(0), (_, f, of, _) => new LagState(of[0], (int)f["rows"], isDifference: false)),
        new("difference", 1, [Rows], Spread, RowsBack(0), (_, f, of, _) => new LagState(of[0], (int)f["rows"], isDifference: true)),
        Figure<WindowMoments>("mean", Same, m => m.MeanOrMissing),
        Figure<WindowMoments>("sd", Spread, m => m.StandardDeviation),
        Figure<WindowMoments>("rms", Same, m => m.Rms),
        Figure<WindowMoments>("skewness", Plain, m => m.Skewness),
        Figure<WindowMoments>("kurtosis", Plain, m => m.Kurtosis),
        Figure<Extremes>("min", Same, e => e.MinOrMissing),
        Figure<Extremes>("max", Same, e => e.MaxOrMissing),
        Figure<Extremes>("range", Spread, e => e.Range),
        // Of a window in rows the slope is per row, of one in seconds per second.
        Figure<Trend>("slope", (f, u) => f.Parameters.ContainsKey("seconds") ? FeatureUnits.Ratio(FeatureUnits.OfDifference(u[0]), FeatureUnits.Second, Where(f)) : Spread(f, u), t => t.Slope),
        new("crest", 1, Window, Plain, WindowBack, Crest),
        new("median", 1, Window, Same, WindowBack, (make, f, of, _) => new QuantileState(of[0], WindowLength.Of(f), make.EdgeOf(f), 0.5)),
        new("quantile", 1, [.. Window, new("share", 0, 1)], Same, WindowBack, (make, f, of, _) => new QuantileState(of[0], WindowLength.Of(f), make.EdgeOf(f), f["share"])),
        new("crossings", 1, [.. Window, new("level", -1e300, 1e300, Default: 0)], Plain, f => WindowBack(f).After(new(1, 0, false)), Crossings),
        new("ewma", 1, [new("alpha", 1e-6, 1)], Same, EwmaBack, (_, f, of, _) => new EwmaState(of[0], f["alpha"])),
        new("baseline", 1, [Rows], Same, Whole, (_, f, of, _) => new MeanSinceStart(of[0], (long)f["rows"])),
        new("expanding-mean", 1, [], Same, Whole, (_, _, of, _) => new MeanSinceStart(of[0], long.MaxValue)),
        new("count", 0, [], Plain, Whole, (_, _, _, _) => new CountState()),
        new("since-above", 1, [Limit], (_, _) => FeatureUnits.Second, Whole, (_, f, of, _) => new SinceState(of[0], double.NegativeInfinity, f["level"])),
        new("since-below", 1, [Limit], (_, _) => FeatureUnits.Second, Whole, (_, f, of, _) => new SinceState(of[0], f["level"], double.PositiveInfinity)),
        new("plus", 2, [], Sum, Now, (_, f, of, units) => Pair(f, of, units, (a, b) => a + b)),
        new("minus", 2, [], Difference, Now, (_, f, of, units) => Pair(f, of, units, (a, b) => a - b)),
        new("times", 2, [], (f, u) => FeatureUnits.Product(u[0], u[1], Where(f)), Now, (_, _, of, _) => new PairState(of[0], of[1], (a, b) => a * b)),
        new("over", 2, [], (f, u) => FeatureUnits.Ratio(u[0], u[1], Where(f)), Now, (_, _, of, _) => new PairState(of[0], of[1], (a, b) => b == 0 ? double.NaN : a / b)),
        .. Calendar("hour", CalendarState.Hour, 24),
        .. Calendar("weekday", CalendarState.Weekday, 7),
        .. Calendar("month", CalendarState.Month, 12),
        new("band-power", 1, [.. Spectral, .. Band], (f, u) => FeatureUnits.Product(u[0], u[0], Where(f)), SpectrumBack, (make, f, of, _) => Spectrum(make, f, of[0], (power, bin) => SpectrumFigure.BandPower(power, bin, f["low"], f["high"]))),
        new("dominant-frequency", 1, Spectral, (_, _) => FeatureUnits.Hertz, SpectrumBack, (make, f, of, _) => Spectrum(make, f, of[0], SpectrumFigure.Dominant)),
        new("spectral-centroid", 1, Spectral, (_, _) => FeatureUnits.Hertz, SpectrumBack, (make, f, of, _) => Spectrum(make, f, of[0], SpectrumFigure.Centroid)),
        new("envelope-frequency", 1, [.. Spectral, .. Carrier], (_, _) => FeatureUnits.Hertz, SpectrumBack, (make, f, of, _) => Envelope(make, f, of[0], SpectrumFigure.Dominant)),
        new("envelope-power", 1, [.. Spectral, .. Carrier, new("from", 0, 1e12), new("to", 0, 1e12)], (f, u) => FeatureUnits.Product(u[0], u[0], Where(f)), SpectrumBack, (make, f, of, _) => Envelope(make, f, of[0], (power, bin) => SpectrumFigure.BandPower(power, bin, f["from"], f["to"]))),
        new("cycle-length", 1, Level, (_, _) => FeatureUnits.Second, Whole, (make, f, of, _) => Cycle(make, f, of[0], c => c.Length)),
        new("cycle-area", 1, Level, (f, u) => FeatureUnits.Product(u[0], FeatureUnits.Second, Where(f)), Whole, (make, f, of, _) => Cycle(make, f, of[0], c => c.Area)),
        new("cycle-peak", 1, Level, Same, Whole, (make, f, of, _) => Cycle(make, f, of[0], c => c.Peak)),
        new("cycle-count", 1, Level, Plain, Whole, (make, f, of, _) => Cycle(make, f, of[0], c => c.Count)),
    ];

    private static readonly FrozenDictionary<string, FeatureKind> ByWord = All.ToFrozenDictionary(kind => kind.Word, StringComparer.Ordinal);

    /// <summary>All words, for messages.</summary>
    public static string Words { get; } = string.Join(", ", All.Select(kind => kind.Word));

    public static FeatureKind Of(string word) => Find(word, "feature");

    /// <exception cref="ProblemException">There is no such kind.</exception>
    public static FeatureKind Find(string word, string where) => ByWord.TryGetValue(word, out var kind)
        ? kind
        : throw FeatureText.Bad($"There is no feature '{word}'.", where, $"Choose one of: {Words}.");

    private static FeatureKind Figure<T>(string word, Func<Feature, Unit?[], Unit?> unit, Func<T, double> read) where T : struct, IWindowSum<T> =>
        new(word, 1, Window, unit, WindowBack, (make, f, of, _) => new WindowFigure<T>(SumOver<T>(make, f, of[0]), read));

    private static WindowState<T> SumOver<T>(StateMaker make, Feature feature, FeatureState input) where T : struct, IWindowSum<T>
    {
        var length = WindowLength.Of(feature);
        return make.Shared($"{typeof(T).Name}\n{feature.Inputs[0].Key}\n{length}", () => new WindowState<T>(input, length, make.EdgeOf(feature)));
    }

    private static PairState Crest(StateMaker make, Feature feature, FeatureState[] of, Unit?[] units)
    {
        var peak = make.Shared($"peak\n{feature.Key}", () => new WindowFigure<Extremes>(SumOver<Extremes>(make, feature, of[0]), e => e.Peak));
        var rms = make.Shared($"rms\n{feature.Key}", () => new WindowFigure<WindowMoments>(SumOver<WindowMoments>(make, feature, of[0]), m => m.Rms));
        return new PairState(peak, rms, (a, b) => b == 0 ? double.NaN : a / b);
    }

    private static WindowFigure<Tally> Crossings(StateMaker make, Feature feature, FeatureState[] of, Unit?[] units)
    {
        var crossing = make.Shared($"crossing\n{feature.Key}", () => new CrossingState(of[0], feature["level"]));
        var window = make.Shared($"crossings\n{feature.Key}", () => new WindowState<Tally>(crossing, WindowLength.Of(feature), make.EdgeOf(feature)));
        return new WindowFigure<Tally>(window, tally => tally.Total);
    }

    private static PairState Pair(Feature feature, FeatureState[] of, Unit?[] units, Func<double, double, double> combine)
    {
        var toLeft = FeatureUnits.ToLeft(units[0], units[1], Where(feature));
        return toLeft.IsIdentity ? new PairState(of[0], of[1], combine) : new PairState(of[0], of[1], (a, b) => combine(a, toLeft.Apply(b)));
    }

    private static SpectrumFigure Spectrum(StateMaker make, Feature f, FeatureState input, Func<double[], double, double> read) =>
        new(make.Shared($"spectrum\n{f.Inputs[0].Key}\n{f["rows"]} {Hop(f)}", () => new SpectrumState(input, (int)f["rows"], Hop(f))), read);

    private static SpectrumFigure Envelope(StateMaker make, Feature f, FeatureState input, Func<double[], double, double> read) =>
        new(make.Shared($"envelope\n{f.Inputs[0].Key}\n{f["rows"]} {Hop(f)} {f["low"]} {f["high"]}", () => new EnvelopeState(input, (int)f["rows"], Hop(f), f["low"], f["high"])), read);

    /// <summary>Rows from one spectrum to the next; when not said an eighth of the window, so that a row costs little.</summary>
    private static int Hop(Feature feature) => feature["every"] > 0 ? (int)feature["every"] : (int)feature["rows"] / 8;

    private static CycleFigure Cycle(StateMaker make, Feature f, FeatureState input, Func<CycleState, double> read) =>
        new(make.Shared($"cycle\n{f.Inputs[0].Key}\n{f["level"]} {f["hysteresis"]}", () => new CycleState(input, f["level"], f["hysteresis"])), read);

    /// <summary>A place on the calendar as it is, and as the two sides of a circle, on which its end is beside its beginning.</summary>
    private static FeatureKind[] Calendar(string word, Func<DateTime, double> read, double turn) =>
    [
        new(word, 0, Clock, Plain, Now, (_, f, _, _) => new CalendarState(f["offset"], read)),
        new(word + "-sine", 0, Clock, Plain, Now, (_, f, _, _) => new CalendarState(f["offset"], time => Math.Sin(2 * Math.PI * read(time) / turn))),
        new(word + "-cosine", 0, Clock, Plain, Now, (_, f, _, _) => new CalendarState(f["offset"], time => Math.Cos(2 * Math.PI * read(time) / turn))),
    ];

    private static string Where(Feature feature) => $"feature '{feature.Name}'";

    private static Unit? Plain(Feature feature, Unit?[] units) => Unit.One;

    private static Unit? Same(Feature feature, Unit?[] units) => units[0];

    private static Unit? Spread(Feature feature, Unit?[] units) => FeatureUnits.OfDifference(units[0]);

    private static Unit? Sum(Feature feature, Unit?[] units)
    {
        if (units[0] is { } unit && FeatureUnits.StandsAlone(unit))
            throw new ProblemException("urn:dure:learn:feature-units", $"'{unit.Code}' cannot be added up: its zero is not the quantity's zero.", Where(feature), "Give the signal in K, or take 'minus'.");
        _ = FeatureUnits.ToLeft(units[0], units[1], Where(feature));
        return units[1] is null ? null : units[0];
    }

    private static Unit? Difference(Feature feature, Unit?[] units)
    {
        _ = FeatureUnits.ToLeft(units[0], units[1], Where(feature));
        return units[1] is null ? null : FeatureUnits.OfDifference(units[0]);
    }

    private static FeatureReach Now(Feature feature) => default;

    private static FeatureReach Whole(Feature feature) => new(0, 0, true);

    private static Func<Feature, FeatureReach> RowsBack(int less) => feature => new((long)feature["rows"] - less, 0, false);

    private static FeatureReach WindowBack(Feature feature) => WindowLength.Of(feature) is { Rows: > 0 } length ? new(length.Rows - 1, 0, false) : new(0, feature["seconds"], false);

    private static FeatureReach SpectrumBack(Feature feature) => new((long)feature["rows"] - 1 + Hop(feature) - 1, 0, false);

    /// <summary>Rows that together weigh less than a thousandth do not count.</summary>
    private static FeatureReach EwmaBack(Feature feature) => new(feature["alpha"] >= 1 ? 0 : (long)Math.Ceiling(Math.Log(1e-3) / Math.Log(1 - feature["alpha"])), 0, false);
}
