using Dure.Optimize.SetPoints;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class SetPointOptimizerTests
{
    private static readonly SetPointOptimizerOptions Quick = new()
    {
        SettlesAfter = TimeSpan.FromMinutes(20), SettlesBefore = TimeSpan.FromMinutes(120), Measures = TimeSpan.FromMinutes(5), Moves = 12, Explorer = new() { Candidates = 64 },
    };

    [Fact]
    public void It_leads_a_slow_plant_to_better_set_points_and_then_leaves_it_there()
    {
        var plant = new SlowPlant(1);
        var optimizer = new SetPointOptimizer(SlantedPlant.Problem, Quick, [1, 55]);
        var before = SlantedPlant.Profit([1, 55]);
        plant.Run(optimizer, 60 * 24);
        Assert.Equal(OptimizerPhase.Done, optimizer.Phase);
        Assert.InRange(optimizer.Moves, 3, 12);
        Assert.True(plant.Worst <= 1, $"impurity {plant.Worst}");
        Assert.True(SlantedPlant.Profit(plant.Commanded) > before + 4);
    }

    [Fact]
    public void A_tripped_monitor_sends_the_plant_back_and_ends_it()
    {
        var plant = new SlowPlant(1);
        var optimizer = new SetPointOptimizer(SlantedPlant.Problem, Quick, [1, 55]);
        plant.Run(optimizer, 200);
        Assert.True(optimizer.Moves > 1);
        plant.Offset = 1; // something happens
        plant.Run(optimizer, 10);
        Assert.Equal(OptimizerPhase.Stopped, optimizer.Phase);
        Assert.Contains("impurity", optimizer.StopReason!, StringComparison.Ordinal);
        Assert.Contains(optimizer.Explorer!.Evidence, point => point.SetPoints.SequenceEqual(plant.Commanded));
        var moves = plant.Moves;
        plant.Run(optimizer, 500);
        Assert.Equal(moves, plant.Moves);
    }

    [Fact]
    public void A_silent_instrument_is_not_waited_for_forever()
    {
        var plant = new SlowPlant(1);
        var optimizer = new SetPointOptimizer(SlantedPlant.Problem, Quick, [1, 55]);
        plant.Run(optimizer, 100);
        plant.Offset = double.NaN;
        plant.Run(optimizer, 130);
        Assert.Equal(OptimizerPhase.Stopped, optimizer.Phase);
        Assert.True(SlantedPlant.Impurity(plant.Commanded) <= 1);
    }

    /// <summary>The slanted plant with a lag of eight minutes and noise, minute by minute.</summary>
    private sealed class SlowPlant(int seed)
    {
        private readonly Random random = new(seed);
        private double[] state = [1, 55];
        private int minute;

        public double Offset { get; set; }

        public IReadOnlyList<double> Commanded { get; private set; } = [1, 55];

        public int Moves { get; private set; }

        public double Worst { get; private set; }

        public void Run(SetPointOptimizer optimizer, int minutes)
        {
            for (var end = minute + minutes; minute < end; minute++)
            {
                state = [.. state.Select((value, j) => value + (Commanded[j] - value) / 8)];
                Worst = Math.Max(Worst, SlantedPlant.Impurity(state));
                var reading = SlantedPlant.Impurity(state) + Offset + 0.01 * (2 * random.NextDouble() - 1);
                if (optimizer.Sample(TimeSpan.FromMinutes(minute), SlantedPlant.Profit(state), [reading]) is { } command)
                    (Commanded, Moves) = (command.SetPoints, Moves + 1);
            }
        }
    }
}
