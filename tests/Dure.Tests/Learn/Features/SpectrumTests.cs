using Dure.Learn.Features;
using Xunit;

namespace Dure.Tests.Learn.Features;

public sealed class SpectrumTests
{
    private const int Hertz = 1000;

    [Fact]
    public void A_sine_has_half_its_amplitudes_square_at_its_frequency()
    {
        var values = Signal(t => 7 + 3 * Math.Sin(2 * Math.PI * 50.3 * t) + 0.5 * Math.Sin(2 * Math.PI * 200 * t));
        var last = Last(values, """{"kind":"band-power","of":"a","rows":512,"low":40,"high":60}""", """{"kind":"band-power","of":"a","rows":512,"low":190,"high":210}""",
            """{"kind":"band-power","of":"a","rows":512,"low":0,"high":1000}""", """{"kind":"dominant-frequency","of":"a","rows":512}""", """{"kind":"spectral-centroid","of":"a","rows":512}""");
        Assert.Equal(4.5, last[0], 0.02);
        Assert.Equal(0.125, last[1], 0.002);
        Assert.Equal(4.625, last[2], 0.02);
        Assert.Equal(50.3, last[3], 0.1);
        Assert.Equal((50.3 * 4.5 + 200 * 0.125) / 4.625, last[4], 0.5);
    }

    [Fact]
    public void The_envelope_shows_how_often_something_strikes()
    {
        // Strikes 23 times a second ring at 300 Hz and die away; a hum of 50 Hz is ten times as strong.
        var values = Signal(t => 10 * Math.Sin(2 * Math.PI * 50 * t) + Math.Exp(-60 * (t % (1 / 23.0))) * Math.Sin(2 * Math.PI * 300 * t));
        var last = Last(values, """{"kind":"envelope-frequency","of":"a","rows":1024,"low":200,"high":400}""", """{"kind":"dominant-frequency","of":"a","rows":1024}""",
            """{"kind":"envelope-power","of":"a","rows":1024,"low":200,"high":400,"from":20,"to":26}""", """{"kind":"envelope-power","of":"a","rows":1024,"low":200,"high":400,"from":0,"to":500}""");
        Assert.Equal(23, last[0], 0.5);
        Assert.Equal(50, last[1], 0.5);
        Assert.InRange(last[2] / last[3], 0.4, 1);
    }

    [Fact]
    public void Where_a_value_is_missing_or_rows_are_not_evenly_spaced_there_is_no_spectrum()
    {
        var values = Signal(t => Math.Sin(2 * Math.PI * 100 * t));
        string text = """{"kind":"dominant-frequency","of":"a","rows":64,"every":1}""";
        var plan = FeatureLanguageTests.Set(text).Bind([new("a")]);
        values[500] = double.NaN;
        long[] times = [.. values.Select((_, i) => i * 1_000_000L / Hertz + (i >= 1000 ? 40_000 : 0))];
        var column = plan.Compute([new SignalRows("m", times, [values])], cancel: TestContext.Current.CancellationToken).Columns[0].Values;
        for (var row = 0; row < column.Length; row++)
            Assert.Equal(row < 63 || row is >= 500 and < 564 || row is >= 1000 and < 1063, float.IsNaN(column[row]));
    }

    [Fact]
    public void A_press_stroke_is_measured_from_rise_to_rise()
    {
        // Two rows high at 4, three rows low at 0: five seconds a stroke. The first stroke was not seen from its beginning.
        double[] force = [4, .. Enumerable.Range(0, 30).Select(i => i % 5 >= 3 ? 4.0 : 0)];
        long[] times = [.. force.Select((_, i) => i * 1_000_000L)];
        var plan = FeatureLanguageTests.Set("""{"kind":"cycle-length","of":"a","level":2}""", """{"kind":"cycle-area","of":"a","level":2}""", """{"kind":"cycle-peak","of":"a","level":2,"hysteresis":1}""", """{"kind":"cycle-count","of":"a","level":2}""", """{"kind":"cycle-count","of":"a","level":2,"hysteresis":3}""").Bind([new("a")]);
        var table = plan.Compute([new SignalRows("m", times, [force])], cancel: TestContext.Current.CancellationToken);
        Assert.Equal([5f, 8f, 4f, 5f, 0f], table.Columns.Select(c => c.Values[^1]));
        Assert.True(float.IsNaN(table.Columns[0].Values[8]));
        Assert.Equal(5f, table.Columns[0].Values[9]);
    }

    private static double[] Signal(Func<double, double> of) => [.. Enumerable.Range(0, 2048).Select(i => of(i / (double)Hertz))];

    private static float[] Last(double[] values, params string[] features)
    {
        long[] times = [.. values.Select((_, i) => i * 1_000_000L / Hertz)];
        return [.. FeatureLanguageTests.Set(features).Bind([new("a")]).Compute([new SignalRows("m", times, [values])], cancel: TestContext.Current.CancellationToken).Columns.Select(c => c.Values[^1])];
    }
}
