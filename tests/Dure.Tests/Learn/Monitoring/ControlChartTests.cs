using Dure.Kernel;
using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn.Monitoring;

public sealed class ControlChartTests
{
    // Two-sided CUSUM with k = 0.5: Hawkins and Olwell (1998), table 3.1, and Lucas and Crosier (1982): 168 at h = 4, 465 at h = 5; 10.4 at h = 5 for one sigma.
    [Theory]
    [InlineData(4, 0, 168)]
    [InlineData(5, 0, 465)]
    [InlineData(4, 1, 8.38)]
    [InlineData(5, 1, 10.4)]
    public void The_run_length_of_a_cusum_chart_is_the_published_one(double limit, double shift, double published) =>
        Assert.Equal(published, RunLength.OfCusum(0.5, limit, shift), 0.005 * published);

    // Lucas and Saccucci (1990), table 3: charts with a healthy run of 500.
    [Theory]
    [InlineData(0.1, 2.814)]
    [InlineData(0.25, 2.998)]
    [InlineData(0.4, 3.054)]
    public void The_width_of_an_ewma_chart_is_the_published_one(double weight, double width) =>
        Assert.Equal(width, RunLength.EwmaWidth(weight, 500), 0.003);

    [Fact]
    public void A_limit_has_the_run_length_it_was_asked_for() => Assert.Equal(2000, RunLength.OfCusum(0.25, RunLength.CusumLimit(0.25, 2000)), 2);

    [Theory]
    [InlineData("cusum")]
    [InlineData("ewma")]
    public void Healthy_values_alarm_about_as_seldom_as_asked(string kind)
    {
        var (chart, values) = (Fit(kind, Noise(50_000, 1, 0)), Noise(400_000, 2, 0));
        Assert.InRange(values.Length / (double)Alarms(chart, values), 350, 700);
    }

    [Theory]
    [InlineData("cusum")]
    [InlineData("ewma")]
    public void A_signal_that_remembers_alarms_no_more_often(string kind)
    {
        var (chart, naive, values) = (Fit(kind, Noise(50_000, 3, 0.8)), Fit(kind, Noise(50_000, 3, 0.8), highestOrder: 0), Noise(200_000, 4, 0.8));
        Assert.InRange(values.Length / (double)Alarms(chart, values), 350, 700);
        Assert.True(Alarms(naive, values) > values.Length / 100);
    }

    [Theory]
    [InlineData("cusum")]
    [InlineData("ewma")]
    public void A_shift_is_found_within_its_run_length_and_its_direction_told(string kind)
    {
        var chart = Fit(kind, Noise(5000, 5, 0));
        var found = Noise(100, 6, 0).Select(v => chart.Add(v - 1.5)).TakeWhile(s => s <= 1).Count();
        Assert.InRange(found, 1, 20);
        Assert.True(chart.Statistic < 0);
        chart.Reset();
        Assert.Equal(0, chart.Statistic);
    }

    [Fact]
    public void The_order_of_memory_is_found()
    {
        Assert.Equal(0, Autoregression.Fit(Noise(5000, 7, 0)).Order);
        var model = Autoregression.Fit(Noise(20_000, 8, 0.8));
        Assert.InRange(model.Order, 1, 3);
        Assert.Equal(0.8, model.Coefficients[0], 0.03);
        Assert.Equal(1, model.Deviation, 0.03);
    }

    [Fact]
    public void Missing_and_infinite_values_leave_the_chart_alive()
    {
        var chart = CusumChart.Fit(Noise(500, 9, 0.5));
        chart.Add(double.NaN);
        Assert.Equal(1, chart.Missing);
        Assert.True(chart.Add(double.PositiveInfinity) > 1);
        Assert.True(double.IsFinite(chart.Add(0)));
    }

    [Fact]
    public void A_constant_a_missing_and_a_short_signal_are_refused_with_a_way_out()
    {
        Assert.Equal("urn:dure:learn:nothing-moves", Problem(() => CusumChart.Fit(Enumerable.Repeat(7.1, 100).ToArray())));
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(() => EwmaChart.Fit(Enumerable.Repeat(double.NaN, 100).ToArray())));
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(() => EwmaChart.Fit([1, 2])));
        Assert.Equal("urn:dure:learn:bad-run-length", Problem(() => EwmaChart.Fit(Noise(100, 1, 0), healthyRun: 1)));
    }

    private static string Problem(Action fit) => Assert.Throws<ProblemException>(fit).Problem.Type;

    private static ControlChart Fit(string kind, double[] healthy, int highestOrder = 5) => kind == "cusum"
        ? CusumChart.Fit(healthy, healthyRun: 500, highestOrder: highestOrder)
        : EwmaChart.Fit(healthy, healthyRun: 500, highestOrder: highestOrder);

    // Runs are counted from a fresh start, as the run length is defined.
    private static int Alarms(ControlChart chart, double[] values)
    {
        var alarms = 1;
        foreach (var value in values)
            if (chart.Add(value) > 1)
            {
                alarms++;
                chart.Reset();
            }
        return alarms;
    }

    private static double[] Noise(int count, int seed, double memory)
    {
        var (random, values, last) = (new Random(seed), new double[count], 0.0);
        for (var i = 0; i < count; i++)
            values[i] = last = memory * last + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return values;
    }
}
