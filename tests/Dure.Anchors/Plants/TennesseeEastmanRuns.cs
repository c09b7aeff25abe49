using System.Globalization;
using Dure.Plants.TennesseeEastman;
using Xunit;

namespace Dure.Anchors.Plants;

/// <summary>The public code of Downs and Vogel (teprob.f), compiled: its base case and three runs of an hour without control, noise included.</summary>
public sealed class TennesseeEastmanRuns
{
    private const string Folder = "data/lab/process";

    /// <summary>Rounding, after an hour of an unstable process.</summary>
    private const double Within = 1e-9;

    [Fact]
    public void States_rates_measurements_and_valves_of_the_base_case_are_the_published_ones()
    {
        var process = new TennesseeEastmanProcess();
        double[] rates = new double[50], readings = new double[41];
        process.Rates(rates);
        process.Measure(readings);
        var compared = 0;
        foreach (var cells in Rows("tep_base_case.csv"))
        {
            var (index, value) = (int.Parse(cells[1], CultureInfo.InvariantCulture) - 1, Number(cells[2]));
            switch (cells[0])
            {
                case "state":
                    Near(value, process.States[index], $"state {index + 1}");
                    // A rate is a difference of flows of hundreds; it cannot be nearer than their rounding.
                    Assert.Equal(Number(cells[3]), rates[index], 1e-6 * Math.Abs(Number(cells[3])) + 1e-11);
                    break;
                case "xmeas":
                    Near(value, readings[index], $"measurement {index + 1}");
                    break;
                default:
                    Near(value, process[(Valve)index], $"valve {index + 1}");
                    break;
            }
            compared++;
        }
        Assert.Equal(50 + 41 + 12, compared);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("idv1")]
    [InlineData("xmv10_plus2")]
    public void An_hour_without_control_takes_the_published_course(string run)
    {
        var process = new TennesseeEastmanProcess();
        process.Switch(ProcessDisturbance.CFeedRatioStep, run == "idv1");
        if (run == "xmv10_plus2")
            process[Valve.ReactorCoolant] += 2;
        var readings = new double[41];
        int[] measured = [6, 7, 8, 11, 14];
        var rows = 0;
        foreach (var cells in Rows($"tep_openloop_{run}.csv"))
        {
            var seconds = int.Parse(cells[0], CultureInfo.InvariantCulture);
            process.Advance(seconds - (int)process.Elapsed.TotalSeconds);
            process.Measure(readings);
            for (var i = 0; i < 38; i++)
                Near(Number(cells[1 + i]), process.States[i], $"state {i + 1} at {seconds} s");
            for (var i = 0; i < measured.Length; i++)
                Near(Number(cells[39 + i]), readings[measured[i]], $"measurement {measured[i] + 1} at {seconds} s");
            rows++;
        }
        Assert.Equal(13, rows);
        Assert.Equal(run == "base" ? null : "reactor pressure above 3000 kPa", process.ShutdownReason);
    }

    private static void Near(double expected, double actual, string what) =>
        Assert.True(Math.Abs(actual - expected) <= Within * Math.Abs(expected), $"{what}: {actual} for {expected}");

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(Shared.Path($"{Folder}/{file}")).Skip(1).Select(line => line.Split(','));

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
}
