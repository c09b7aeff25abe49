using Dure.Optimize.SetPoints;
using Dure.Plants;
using Dure.Plants.Reactors;

namespace Dure.Bench.Lab;

/// <summary>The Williams-Otto reactor optimised with the model that does not know of C.</summary>
internal static class MismatchCase
{
    public const double Optimum = 190.9803;
    public const int Evaluations = 15;

    /// <summary>The corners of the region and its middle.</summary>
    public static double[][] Starts { get; } = [[3, 70], [3, 100], [6, 70], [6, 100], [4.5, 85]];

    /// <summary>The true profit after each evaluation of the plant: of the point that the measurements say is the best.</summary>
    /// <param name="noise">Standard deviation of the measured profit, $/s.</param>
    public static double[] Run(double[] start, double noise, int seed, ModifierOptions? options = null)
    {
        var problem = new SetPointProblem([new("feed of B", "kg/s", 3, 6), new("temperature", "Cel", 70, 100)], []);
        var search = new ModifierAdaptation(problem, (at, outputs) => outputs[0] = WilliamsOttoWithoutC.SteadyProfit(at[0], at[1]),
            (options ?? new()) with { Seed = seed, Noises = [noise] }, Measured(start, 0));
        var profits = new double[Evaluations];
        profits[0] = True(search);
        for (var n = 1; n < Evaluations; n++)
        {
            search.Report(Measured(search.Next(), n));
            profits[n] = True(search);
        }
        return profits;

        SettledPoint Measured(double[] at, int place) => new(at, WilliamsOtto.SteadyProfit(at[0], at[1]) + noise * SeededNoise.Normal(seed, 0, place), []);
        static double True(ModifierAdaptation search) => WilliamsOtto.SteadyProfit(search.Best.SetPoints[0], search.Best.SetPoints[1]);
    }

    /// <summary>How many evaluations it took to stay within a share of the optimum; more than all: never.</summary>
    public static int EvaluationsTo(double[] profits, double share)
    {
        var n = profits.Length;
        while (n > 0 && profits[n - 1] >= Optimum * (1 - share))
            n--;
        return n + 1;
    }
}
