using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Xunit;

namespace Dure.Tests.Learn.Features;

public sealed class FeatureProposalTests
{
    private static readonly FeatureSignal[] Mixer = [new("torque", Unit.Parse("N.m")), new("speed", Unit.Parse("/min")), new("inlet", Unit.Parse("Cel")), new("outlet", Unit.Parse("Cel")), new("recipe", IsCategory: true)];

    [Fact]
    public void What_the_target_hangs_on_is_proposed_and_units_are_respected()
    {
        var (rows, random) = (Table(3000, 1), new Random(5));
        float[] labels = [.. Enumerable.Range(0, 3000).Select(i => (float)(rows.Signals[0][i] * rows.Signals[1][i] / 1000 + 3 * (rows.Signals[3][i] - rows.Signals[2][i]) + random.NextDouble()))];
        var proposed = FeatureProposal.ForTable(Mixer, rows, LearningTask.Regression, new LearningTarget(labels), Context(1));
        string[] names = [.. proposed.Set.Bind(Mixer).Features.Skip(Mixer.Length).Select(feature => feature.Name)];
        Assert.Contains("torque times speed", names);
        Assert.Contains("inlet minus outlet", names);
        // Readings in Celsius are neither multiplied nor taken from a torque.
        Assert.DoesNotContain(names, name => name.Contains("minus", StringComparison.Ordinal) && name.Contains("torque", StringComparison.Ordinal) || name.Contains("times inlet", StringComparison.Ordinal));
        Assert.Equal(proposed.Set.ToJson().ToJsonString(), FeatureProposal.ForTable(Mixer, rows, LearningTask.Regression, new LearningTarget(labels), Context(2)).Set.ToJson().ToJsonString());
    }

    [Fact]
    public void Of_a_target_that_hangs_on_nothing_hardly_anything_is_proposed()
    {
        var proposed = Enumerable.Range(0, 10).Sum(seed =>
        {
            var random = new Random(100 + seed);
            float[] labels = [.. Enumerable.Range(0, 1000).Select(_ => random.NextDouble() < 0.3 ? 1f : 0f)];
            return FeatureProposal.ForTable(Mixer, Table(1000, seed), LearningTask.Classification(["good", "scrap"]), new LearningTarget(labels), Context(1)).Set.Features.Count - 1;
        });
        Assert.InRange(proposed, 0, 4);
    }

    [Fact]
    public void What_orders_rows_as_a_signal_does_is_not_proposed()
    {
        FeatureSignal[] signals = [new("flow"), new("scale")];
        var random = new Random(3);
        var rows = new SignalRows("line", new long[2000], [[.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble())], [.. Enumerable.Range(0, 2000).Select(_ => 100 + 1e-3 * random.NextDouble())]]);
        float[] labels = [.. rows.Signals[0].Select(flow => (float)Math.Sin(9 * flow))];
        Assert.DoesNotContain(FeatureProposal.ForTable(signals, rows, LearningTask.Regression, new LearningTarget(labels), Context(1)).Set.Features, feature => feature.Name is "flow times scale" or "flow over scale");
    }

    [Fact]
    public void A_series_gets_windows_the_value_a_day_ago_and_the_hour()
    {
        // A quarter of an hour from row to row for ten days, with a course of the day in noise.
        var random = new Random(2);
        long[] times = [.. Enumerable.Range(0, 960).Select(i => i * 900_000_000L)];
        double[] load = [.. Enumerable.Range(0, 960).Select(i => Math.Sin(2 * Math.PI * i / 96) + 0.3 * random.NextDouble())];
        var proposed = FeatureProposal.ForSeries([new("load")], [new SignalRows("plant", times, [load])], LearningTask.Regression, null, Context(1));
        string[] names = [.. proposed.Set.Features.Select(feature => feature.Name)];
        Assert.Contains(names, name => name.StartsWith("load mean ", StringComparison.Ordinal));
        Assert.Contains(names, name => name.StartsWith("load difference 9", StringComparison.Ordinal));
        Assert.Contains("hour", names);
        Assert.DoesNotContain("month", names);
        Assert.Contains(proposed.Reasons, reason => reason.Contains("the course repeats", StringComparison.Ordinal));
        proposed.Set.Bind([new("load")]);
    }

    [Fact]
    public void A_fast_signal_gets_spectra_and_uneven_rows_windows_in_seconds()
    {
        var random = new Random(2);
        double[] shake = [.. Enumerable.Range(0, 4096).Select(i => Math.Sin(2 * Math.PI * i * 0.11) + random.NextDouble())];
        long[] even = [.. shake.Select((_, i) => i * 1000L)];
        var fast = FeatureProposal.ForSeries([new("shake")], [new SignalRows("motor", even, [shake])], LearningTask.Regression, null, Context(1));
        Assert.Contains(fast.Set.Features, feature => feature.Kind == "band-power");
        long[] uneven = [.. even.Select(time => time * 1000 + random.Next(2) * 700_000)];
        var slow = FeatureProposal.ForSeries([new("shake")], [new SignalRows("motor", uneven, [shake])], LearningTask.Regression, null, Context(1));
        Assert.DoesNotContain(slow.Set.Features, feature => feature.Kind == "band-power");
        Assert.Contains(slow.Set.Features, feature => feature.Parameters.ContainsKey("seconds"));
    }

    [Fact]
    public void Machines_are_compared_with_their_own_beginning()
    {
        var random = new Random(2);
        SignalRows[] presses = [.. Enumerable.Range(0, 4).Select(press => new SignalRows($"press {press}", [.. Enumerable.Range(0, 200).Select(i => i * 1_000_000L)], [[.. Enumerable.Range(0, 200).Select(i => press + i / 100.0 + random.NextDouble())]]))];
        Assert.Contains(FeatureProposal.ForSeries([new("force")], presses, LearningTask.Regression, null, Context(1)).Set.Features, feature => feature.Name.Contains("baseline", StringComparison.Ordinal));
    }

    private static LearningContext Context(int threads) => new() { Seed = 0, Threads = threads, Cancel = TestContext.Current.CancellationToken };

    private static SignalRows Table(int rows, int seed)
    {
        var random = new Random(seed);
        double[] column(double low, double high) => [.. Enumerable.Range(0, rows).Select(_ => low + (high - low) * random.NextDouble())];
        return new SignalRows("mixer", new long[rows], [column(10, 60), column(500, 2500), column(15, 40), column(15, 40), [.. column(0, 3).Select(Math.Floor)]]);
    }
}
