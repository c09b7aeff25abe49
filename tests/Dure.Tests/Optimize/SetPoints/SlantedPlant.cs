using Dure.Optimize.SetPoints;

namespace Dure.Tests.Optimize.SetPoints;

/// <summary>A small true plant for tests: a hill of profit behind one limit that slants across two set-points.</summary>
internal static class SlantedPlant
{
    public const double NoiseBound = 0.02;

    public static SetPointProblem Problem { get; } = new(
        [new("flow", "kg/s", 0, 4), new("temperature", "Cel", 50, 90)],
        [new("impurity", "%", NoiseBound, [SlopeBound.Lipschitz(0.35), SlopeBound.Lipschitz(0.035)], High: 1)]);

    public static double Impurity(IReadOnlyList<double> at) => 0.2 * at[0] + 0.02 * (at[1] - 50) + 0.05 * Math.Sin(2 * at[0]) + 0.05 * Math.Sin((at[1] - 50) / 5);

    public static double Profit(IReadOnlyList<double> at) => 10 - (at[0] - 3) * (at[0] - 3) - (at[1] - 80) * (at[1] - 80) / 100;

    public static SettledPoint At(double flow, double temperature, TimeSpan when = default, double noise = 0) =>
        new([flow, temperature], Profit([flow, temperature]), [Impurity([flow, temperature]) + noise], when);

    public static SettledPoint At(IReadOnlyList<double> at, TimeSpan when, double noise = 0) => At(at[0], at[1], when, noise);
}
