using Dure.Kernel;
using Dure.Learn.Features;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Features;

/// <summary>Whether each feature is what it says, on any data.</summary>
public sealed class FeatureValueTests
{
    private const long Second = 1_000_000;

    private static readonly string[] Everything =
    [
        "\"a\"", """{"kind":"lag","of":"a","rows":3}""", """{"kind":"difference","of":"a","rows":2}""",
        .. new[] { "mean", "sd", "rms", "skewness", "kurtosis", "min", "max", "range", "slope", "crest", "median", "crossings" }.SelectMany(kind =>
            (string[])[$$"""{"kind":"{{kind}}","of":"a","rows":7}""", $$"""{"kind":"{{kind}}","of":"a","seconds":9.5}"""]),
        """{"kind":"quantile","of":"a","rows":11,"share":0.9}""", """{"kind":"ewma","of":"a","alpha":0.3}""", """{"kind":"baseline","of":"a","rows":4}""", """{"kind":"expanding-mean","of":"a"}""",
        """{"kind":"count"}""", """{"kind":"since-above","of":"a","level":1}""", """{"kind":"since-below","of":"a","level":-1}""",
        """{"kind":"plus","of":"a","by":"b"}""", """{"kind":"minus","of":"a","by":"b"}""", """{"kind":"times","of":"a","by":"b"}""", """{"kind":"over","of":"a","by":"b"}""",
        """{"kind":"band-power","of":"b","rows":16,"every":3,"low":0,"high":0.2}""", """{"kind":"dominant-frequency","of":"b","rows":16}""", """{"kind":"spectral-centroid","of":"b","rows":16}""",
        """{"kind":"envelope-frequency","of":"b","rows":16}""", """{"kind":"envelope-power","of":"b","rows":16,"low":0.1,"high":0.4,"from":0,"to":0.2}""",
        """{"kind":"cycle-length","of":"a","level":0}""", """{"kind":"cycle-area","of":"a","level":0,"hysteresis":0.2}""", """{"kind":"cycle-peak","of":"a","level":0}""", """{"kind":"cycle-count","of":"a","level":0}""",
        """{"kind":"slope","of":{"kind":"minus","of":{"kind":"mean","of":"a","rows":3},"by":{"kind":"ewma","of":"b","alpha":0.1}},"rows":5}""",
    ];

    [Fact]
    public void Window_figures_are_those_of_the_rows_in_the_window() => Prop.ForAll<int>(seed =>
    {
        var (times, a, _) = Made(seed, 60);
        foreach (var (kind, naive) in Naive)
            foreach (var isTime in (bool[])[false, true])
            {
                var got = Doubles(FeatureLanguageTests.Set($$"""{"kind":"{{kind}}","of":"a","{{(isTime ? "seconds" : "rows")}}":9}"""), times, a);
                for (var row = 0; row < a.Length; row++)
                {
                    var first = isTime ? Array.FindIndex(times, t => t > times[row] - 9 * Second) : Math.Max(0, row - 8);
                    (double Place, double Value)[] window = [.. Enumerable.Range(first, row - first + 1).Where(i => !double.IsNaN(a[i])).Select(i => (isTime ? (times[i] - times[0]) * 1e-6 : i, a[i]))];
                    var expected = naive(window);
                    // What the data are large against is what an error is measured by.
                    var scale = Math.Max(window.Length == 0 ? 1 : window.Max(w => Math.Abs(w.Value)), 1e-300);
                    Assert.True(double.IsNaN(expected) ? double.IsNaN(got[row]) : Math.Abs(expected - got[row]) <= 1e-9 * Math.Max(Math.Abs(expected), IsRelative(kind) ? 1 : scale), $"{kind} at row {row} of seed {seed}: {got[row]:R} instead of {expected:R}");
                }
            }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_window_holds_the_features_of_each_of_its_rows_the_oldest_first()
    {
        var plan = (FeatureLanguageTests.Set("\"*\"", """{"kind":"difference","of":"a","rows":1}""") with { Window = 3, Every = 2 }).Bind([new("a"), new("line", IsCategory: true)]);
        Assert.Equal(["a lag 2", "line lag 2", "a difference 1 lag 2", "a lag 1", "line lag 1", "a difference 1 lag 1", "a", "line", "a difference 1"], plan.Features.Select(feature => feature.Name));
        Assert.Equal([false, true, false], plan.Features.Take(3).Select(feature => feature.IsCategory));
        Assert.Equal(3, plan.Reach.Rows);
        var table = plan.Compute([new("machine", [0, 1, 2, 3], [[1, 3, 6, 10], [0, 1, 0, double.NaN]])], cancel: TestContext.Current.CancellationToken);
        var row = new float[9];
        table.CopyRow(0, row); // what was before the first row was as in it
        Assert.Equal([1, 0, float.NaN, 1, 0, float.NaN, 3, 1, 2], row);
        table.CopyRow(1, row);
        Assert.Equal([3, 1, 2, 6, 0, 3, 10, float.NaN, 4], row);
        Assert.Equal(["a", "line", "a difference 1"], plan.Own(table).Columns.Select(column => column.Name));
    }

    [Fact]
    public void A_table_and_a_stream_give_the_same_bits_on_any_number_of_threads() => Prop.ForAll<int>(seed =>
    {
        var plan = FeatureLanguageTests.Set(Everything).Bind([new("a"), new("b")]);
        var groups = Enumerable.Range(0, 3).Select(i => Group(seed + i, 60 + 20 * i)).ToArray();
        var table = plan.Compute(groups, threads: 2);
        var features = new float[plan.Features.Count];
        var at = 0;
        foreach (var group in groups)
        {
            var stream = plan.Start();
            for (var row = 0; row < group.TimesMicros.Length; row++, at++)
            {
                stream.Next(group.TimesMicros[row], [group.Signals[0][row], group.Signals[1][row]], features);
                for (var i = 0; i < features.Length; i++)
                    Assert.Equal(BitConverter.SingleToInt32Bits(features[i]), BitConverter.SingleToInt32Bits(table.Columns[i].Values[at]));
            }
        }
        Assert.Equal(at, table.Rows);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_shift_of_all_times_changes_nothing() => Prop.ForAll<int, int>((seed, seconds) =>
    {
        var plan = FeatureLanguageTests.Set(Everything).Bind([new("a"), new("b")]);
        var group = Group(seed, 80);
        var shifted = group with { TimesMicros = [.. group.TimesMicros.Select(t => t + seconds * Second)] };
        foreach (var (one, other) in plan.Compute([group]).Columns.Zip(plan.Compute([shifted]).Columns))
            Assert.Equal(one.Values, other.Values);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_large_value_that_left_the_window_leaves_no_error_and_a_row_costs_two_joins()
    {
        const int rows = 300_000, width = 64;
        var window = new SlidingWindow<WindowMoments>(width);
        var edge = new WindowEdge(new WindowLength(width, 0), "a sd", width);
        for (var row = 0; row < rows; row++)
        {
            var value = row % 1000 == 0 ? 1e15 : 1 + row % 2 * 1e-3;
            window.Advance(edge.Advance(new FeatureRow(row, 0, row, [])), WindowMoments.Of(value, row));
            if (row % 1000 == width + 1)
                Assert.Equal(5.0395e-4, window.Sum.StandardDeviation, 1e-8);
        }
        // To enter, to be turned over, and to join both stacks: three at most for each row, whatever the window's width.
        Assert.InRange(window.Joins, rows, 3L * rows);
    }

    [Fact]
    public void A_stream_allocates_nothing_once_it_runs()
    {
        var stream = FeatureLanguageTests.Set(Everything).Bind([new("a"), new("b")]).Start();
        var (row, features) = (new double[2], new float[Everything.Length]);
        void Push(int from, int rows)
        {
            for (var i = from; i < from + rows; i++)
            {
                (row[0], row[1]) = (Math.Sin(i), Math.Cos(i));
                stream.Next(i * Second, row, features);
            }
        }
        Push(0, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Push(1000, 10_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void Values_since_the_start_and_lags_are_as_reckoned_by_hand()
    {
        double[] a = [2, double.NaN, 4, 9, -3, double.PositiveInfinity];
        float[] Of(string text) => Column(text, a);
        Assert.Equal([2f, 2f, 3f, 3f, 3f, 3f], Of("""{"kind":"baseline","of":"a","rows":3}"""));
        Assert.Equal([2f, 2f, 3f, 5f, 3f, 3f], Of("""{"kind":"expanding-mean","of":"a"}"""));
        Assert.Equal([2f, 2f, 3f, 6f, 1.5f, 1.5f], Of("""{"kind":"ewma","of":"a","alpha":0.5}"""));
        Assert.Equal([float.NaN, float.NaN, 2f, float.NaN, 4f, 9f], Of("""{"kind":"lag","of":"a","rows":2}"""));
        Assert.Equal([float.NaN, float.NaN, 2f, float.NaN, -7f, float.NaN], Of("""{"kind":"difference","of":"a","rows":2}"""));
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], Of("""{"kind":"count"}"""));
        Assert.Equal([float.NaN, float.NaN, float.NaN, 0f, 1f, 2f], Of("""{"kind":"since-above","of":"a","level":5}"""));
        Assert.Equal([0f, 0f, 0f, 0f, 1f, 1f], Of("""{"kind":"crossings","of":"a","rows":6}"""));
        Assert.Equal([2f, float.NaN, 4f, 9f, -3f, float.NaN], Of("\"a\""));
    }

    [Fact]
    public void Two_signals_are_taken_together_in_the_unit_of_the_first()
    {
        FeatureSignal[] signals = [new("a", Unit.Parse("bar")), new("b", Unit.Parse("kPa"))];
        var plan = FeatureLanguageTests.Set("""{"kind":"minus","of":"a","by":"b"}""", """{"kind":"over","of":"a","by":"b"}""").Bind(signals);
        var table = plan.Compute([new SignalRows("m", [0, 1], [[3, 1], [100, 0]])], cancel: TestContext.Current.CancellationToken);
        Assert.Equal([2f, 1f], table.Columns[0].Values);
        Assert.Equal([0.03f, float.NaN], table.Columns[1].Values);
        Assert.Equal("bar/kPa", plan.Features[1].Unit!.Code);
    }

    [Fact]
    public void The_calendar_follows_the_plants_clock()
    {
        // A Sunday evening in UTC, Monday 06:30 in Korea.
        var time = new DateTimeOffset(2024, 6, 30, 21, 30, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        var plan = FeatureLanguageTests.Set("""{"kind":"hour","offset":9}""", """{"kind":"weekday","offset":9}""", """{"kind":"month","offset":9}""", """{"kind":"hour-sine","offset":9}""", """{"kind":"weekday"}""", """{"kind":"month-cosine"}""").Bind([new("a")]);
        var row = plan.Compute([new SignalRows("m", [time, long.MaxValue / 4], [[0, 0]])], cancel: TestContext.Current.CancellationToken).Columns.Select(c => c.Values[0]).ToArray();
        Assert.Equal([6.5f, 6.5f / 24, 6 + 6.5f / 24 / 31, (float)Math.Sin(2 * Math.PI * 6.5 / 24), 6 + 21.5f / 24], row[..5]);
        Assert.Equal(-1, row[5], 1e-3);
    }

    [Fact]
    public void Rows_come_out_as_often_as_asked_and_time_may_not_go_back()
    {
        var plan = (FeatureLanguageTests.Set("\"a\"") with { Every = 3 }).Bind([new("a")]);
        var table = plan.Compute([new SignalRows("m", [0, 1, 2, 3, 4, 5, 6], [[0, 1, 2, 3, 4, 5, 6]]), new SignalRows("n", [0, 1, 2], [[7, 8, 9]])], cancel: TestContext.Current.CancellationToken);
        Assert.Equal([2f, 5f, 9f], table.Columns[0].Values);
        Assert.Equal((2, 5), (plan.RowBehind(0), plan.RowBehind(1)));
        var back = Assert.Throws<ProblemException>(() => plan.Compute([new SignalRows("press", [0, 2, 1], [[0, 0, 0]])], cancel: TestContext.Current.CancellationToken)).Problem;
        Assert.Equal("The time goes back at row 2.", back.What);
        Assert.Contains("press", back.Where, StringComparison.Ordinal);
    }

    private static readonly (string Kind, Func<(double Place, double Value)[], double> Naive)[] Naive =
    [
        ("mean", w => w.Length == 0 ? double.NaN : w.Average(x => x.Value)),
        ("sd", w => w.Length < 2 ? double.NaN : Math.Sqrt(Central(w, 2) / (w.Length - 1))),
        ("rms", w => w.Length == 0 ? double.NaN : Math.Sqrt(w.Average(x => x.Value * x.Value))),
        ("skewness", w => Central(w, 2) > 0 ? Math.Sqrt(w.Length) * Central(w, 3) / Math.Pow(Central(w, 2), 1.5) : double.NaN),
        ("kurtosis", w => Central(w, 2) > 0 ? w.Length * Central(w, 4) / Math.Pow(Central(w, 2), 2) : double.NaN),
        ("min", w => w.Length == 0 ? double.NaN : w.Min(x => x.Value)),
        ("max", w => w.Length == 0 ? double.NaN : w.Max(x => x.Value)),
        ("range", w => w.Length == 0 ? double.NaN : w.Max(x => x.Value) - w.Min(x => x.Value)),
        ("median", w => w.Length == 0 ? double.NaN : (w.Select(x => x.Value).Order().ElementAt((w.Length - 1) / 2) + w.Select(x => x.Value).Order().ElementAt(w.Length / 2)) / 2),
        ("slope", Slope),
    ];

    private static bool IsRelative(string kind) => kind is "skewness" or "kurtosis";

    private static double Central((double Place, double Value)[] window, int power)
    {
        var mean = window.Length == 0 ? 0 : window.Average(x => x.Value);
        return window.Sum(x => Math.Pow(x.Value - mean, power));
    }

    private static double Slope((double Place, double Value)[] window)
    {
        if (window.Length < 2)
            return double.NaN;
        double place = window.Average(x => x.Place), value = window.Average(x => x.Value);
        var places = window.Sum(x => (x.Place - place) * (x.Place - place));
        return places > 0 ? window.Sum(x => (x.Place - place) * (x.Value - value)) / places : double.NaN;
    }

    /// <summary>Values of every size and with gaps; rows that are not evenly spaced.</summary>
    private static (long[] Times, double[] A, double[] B) Made(int seed, int rows)
    {
        var random = new Random(seed);
        var (times, a, b) = (new long[rows], new double[rows], new double[rows]);
        var (offset, spread) = (random.Next(3) switch { 0 => 0, 1 => 50, _ => -3.5 }, Math.Pow(10, random.Next(-3, 4)));
        for (var row = 0; row < rows; row++)
        {
            times[row] = row == 0 ? 1_700_000_000 * Second : times[row - 1] + random.Next(1, 4) * Second / 2;
            a[row] = random.NextDouble() < 0.15 ? double.NaN : spread * (offset + random.NextDouble() * 4 - 2);
            b[row] = random.NextDouble() < 0.01 ? double.NaN : Math.Sin(row * 0.7) + random.NextDouble();
        }
        return (times, a, b);
    }

    private static SignalRows Group(int seed, int rows)
    {
        var (times, a, b) = Made(seed, rows);
        return new SignalRows($"machine {seed}", times, [a, b]);
    }

    /// <summary>The states' own numbers, before they become floats.</summary>
    private static double[] Doubles(FeatureSet set, long[] times, double[] a)
    {
        var states = set.Bind([new("a")]).States(out var results);
        var all = new double[a.Length];
        for (var row = 0; row < a.Length; row++)
        {
            var next = new FeatureRow(row, times[0], times[row], a.AsSpan(row, 1));
            foreach (var state in states)
                state.Advance(next);
            all[row] = results[0].Value;
        }
        return all;
    }

    private static float[] Column(string text, double[] a) =>
        FeatureLanguageTests.Set(text).Bind([new("a")]).Compute([new SignalRows("m", [.. a.Select((_, i) => i * Second)], [a])]).Columns[0].Values;
}
