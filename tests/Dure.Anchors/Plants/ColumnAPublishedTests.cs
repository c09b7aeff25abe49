using System.Globalization;
using Dure.Plants.Distillation;
using Dure.Plants.Integration;
using Xunit;

namespace Dure.Anchors.Plants;

/// <summary>Column A against an independent solution: fsolve with a residual of 2e-15, and LSODA with a relative error of 1e-10.</summary>
public sealed class ColumnAPublishedTests
{
    [Fact]
    public void The_steady_state_agrees_to_1e_8()
    {
        var state = ColumnA.SteadyStateOf(new ColumnInputs(ColumnA.NominalReflux, ColumnA.NominalBoilUp));
        var rows = Rows("columnA_steady_state.csv");
        Assert.Equal(ColumnA.Stages, rows.Length);
        foreach (var row in rows)
        {
            var stage = int.Parse(row[0], CultureInfo.InvariantCulture) - 1;
            Assert.Equal(Number(row[1]), state[stage], 1e-8);
            Assert.Equal(Number(row[2]), state[ColumnA.Stages + stage], 1e-8);
        }
    }

    [Fact]
    public void Every_step_agrees_to_1e_8_at_every_time()
    {
        var nominal = new ColumnInputs(ColumnA.NominalReflux, ColumnA.NominalBoilUp);
        var start = ColumnA.SteadyStateOf(nominal);
        var steps = Rows("columnA_steps.csv").GroupBy(row => row[0]).ToArray();
        Assert.Equal(4, steps.Length);
        foreach (var step in steps)
        {
            var inputs = step.Key switch
            {
                "F=1.01" => nominal with { Feed = 1.01 },
                "zF=0.505" => nominal with { FeedComposition = 0.505 },
                "L*1.001" => nominal with { Reflux = 1.001 * nominal.Reflux },
                "V*1.001" => nominal with { BoilUp = 1.001 * nominal.BoilUp },
                var other => throw new InvalidDataException(other),
            };
            var method = new RungeKutta((_, at, rates) => ColumnA.Rates(at, inputs, rates), ColumnA.StateLength);
            var (state, time) = ((double[])start.Clone(), 0.0);
            foreach (var row in step)
            {
                method.Adaptive(state, time, Number(row[1]), 1e-10, 1e-12, TestContext.Current.CancellationToken);
                time = Number(row[1]);
                foreach (var (expected, actual) in ((string, double)[])[(row[2], state[ColumnA.Stages - 1]), (row[3], state[0]), (row[4], state[^1]), (row[5], state[ColumnA.Stages])])
                    Assert.True(Math.Abs(Number(expected) - actual) <= 1e-8, $"{step.Key} at {time} min: expected {expected}, got {actual:R}");
            }
        }
    }

    [Fact]
    public void The_flows_for_specifications_agree_to_all_digits_printed()
    {
        foreach (var row in Rows("columnA_spec_to_flows.csv"))
        {
            var (inputs, state) = ColumnA.FlowsFor(Number(row[0]), Number(row[1]), Number(row[2]));
            Assert.Equal(Number(row[3]), inputs.Reflux, 1.5e-6);
            Assert.Equal(Number(row[4]), inputs.BoilUp, 1.5e-6);
            var rates = new double[ColumnA.StateLength];
            ColumnA.Rates(state, inputs, rates);
            Assert.All(rates, rate => Assert.Equal(0, rate, 1e-8));
        }
    }

    private static string[][] Rows(string file) =>
        [.. File.ReadLines(Shared.Path("data/lab/process/" + file)).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(','))];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
