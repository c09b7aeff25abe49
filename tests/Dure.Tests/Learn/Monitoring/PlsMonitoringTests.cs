using Dure.Kernel;
using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn.Monitoring;

/// <summary>Five signals; the quality follows the sum of the first two, whose difference does not matter to it.</summary>
public sealed class PlsMonitoringTests
{
    private const int Columns = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_fault_that_reaches_the_product_shows_in_T2()
    {
        var (t2, _) = Alarms([2.5, 2.5, 0, 0, 0]);
        var (harmless, _) = Alarms([2.5, -2.5, 0, 0, 0]);
        Assert.True(t2 > 0.4 && harmless < 0.1, $"{t2:0.000} of rows with a fault of quality, {harmless:0.000} of rows without");
    }

    [Fact]
    public void A_fault_beside_the_product_shows_in_SPE()
    {
        var (t2, spe) = Alarms([0, 0, 0, 6, 0]);
        Assert.True(spe > 0.9 && t2 < 0.1, $"SPE {spe:0.000}, T2 {t2:0.000}");
    }

    [Fact]
    public void Healthy_rows_seldom_pass_the_limits()
    {
        var (t2, spe) = Alarms([0, 0, 0, 0, 0]);
        Assert.InRange(t2, 0.002, 0.025);
        Assert.InRange(spe, 0.002, 0.025);
    }

    [Fact]
    public void Rows_without_a_quality_figure_are_left_out()
    {
        var (rows, quality) = Made(600, 1);
        var (more, figures) = (rows.Concat(Enumerable.Repeat(99.0, 20 * Columns)).ToArray(), quality.Concat(Enumerable.Repeat(double.NaN, 20)).ToArray());
        Assert.Equal(PlsMonitoring.FitMonitor(rows, Columns, quality, cancel: Cancel).Statistics, PlsMonitoring.FitMonitor(more, Columns, figures, cancel: Cancel).Statistics);
    }

    [Fact]
    public void Too_few_rows_a_constant_figure_and_a_missing_one_are_refused()
    {
        var (rows, quality) = Made(600, 2);
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(rows[..(2 * Columns)], quality[..2]));
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(rows, Array.ConvertAll(quality, _ => double.NaN)));
        Assert.Equal("urn:dure:learn:nothing-moves", Problem(rows, Array.ConvertAll(quality, _ => 3.5)));
    }

    private static string Problem(double[] rows, double[] quality) => Assert.Throws<ProblemException>(() => PlsMonitoring.FitMonitor(rows, Columns, quality, cancel: Cancel)).Problem.Type;

    private static (double T2, double Spe) Alarms(double[] shift)
    {
        var (rows, quality) = Made(1500, 3);
        var monitor = PlsMonitoring.FitMonitor(rows, Columns, quality, components: 1, cancel: Cancel);
        var scores = monitor.Score(Made(5000, 4).Rows.Select((v, i) => v + shift[i % Columns]).ToArray());
        return (scores[0].Average(s => s > 1 ? 1.0 : 0), scores[1].Average(s => s > 1 ? 1.0 : 0));
    }

    private static (double[] Rows, double[] Quality) Made(int count, int seed)
    {
        var rows = Healthy.Rows(count, seed);
        for (var row = 0; row < rows.Length; row += Columns)
            rows[row + 4] = rows[row + 2] - rows[row + 3] + 0.1 * rows[row + 4];
        return (rows, [.. Enumerable.Range(0, count).Select(i => rows[i * Columns] + rows[i * Columns + 1])]);
    }
}
