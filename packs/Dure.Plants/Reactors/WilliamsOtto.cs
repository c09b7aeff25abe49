using Dure.Plants.Integration;

namespace Dure.Plants.Reactors;

/// <summary>
/// The Williams-Otto reactor (Williams and Otto 1960): A + B → C, B + C → P + E, C + P → G in a stirred tank of constant mass, by mass fractions in
/// the order A, B, C, P, E, G. Flows in kg/s, temperature in °C, time in seconds, profit in $/s by the prices usual since Forbes and Marlin (1996).
/// </summary>
public static class WilliamsOtto
{
    public const int StateLength = 6;

    /// <summary>Feed of A, kg/s, and the mass in the tank, kg.</summary>
    public const double FeedOfA = 1.8275, Mass = 2105;

    /// <summary>Rates of change of the mass fractions, per second.</summary>
    /// <param name="feedOfB">FB, kg/s.</param>
    /// <param name="celsius">TR.</param>
    public static void Rates(ReadOnlySpan<double> x, double feedOfB, double celsius, Span<double> rates)
    {
        var (kelvin, flow) = (celsius + 273.15, (FeedOfA + feedOfB) / Mass);
        var r1 = 1.6599e6 * Math.Exp(-6666.7 / kelvin) * x[0] * x[1];
        var r2 = 7.2117e8 * Math.Exp(-8333.3 / kelvin) * x[1] * x[2];
        var r3 = 2.6745e12 * Math.Exp(-11111 / kelvin) * x[2] * x[3];
        rates[0] = FeedOfA / Mass - flow * x[0] - r1;
        rates[1] = feedOfB / Mass - flow * x[1] - r1 - r2;
        rates[2] = -flow * x[2] + 2 * r1 - 2 * r2 - r3;
        rates[3] = -flow * x[3] + r2 - 0.5 * r3;
        rates[4] = -flow * x[4] + 2 * r2;
        rates[5] = -flow * x[5] + 1.5 * r3;
    }

    /// <summary>The mass fractions at rest.</summary>
    public static double[] SteadyStateOf(double feedOfB, double celsius)
    {
        double[] x = [0.1, 0.4, 0.02, 0.1, 0.28, 0.1];
        SteadyState.Solve((_, at, rates) => Rates(at, feedOfB, celsius, rates), x, 1e-15);
        return x;
    }

    /// <summary>$/s: P and E sold, A and B bought.</summary>
    public static double Profit(double p, double e, double feedOfB) =>
        (1143.38 * p + 25.92 * e) * (FeedOfA + feedOfB) - 76.23 * FeedOfA - 114.34 * feedOfB;

    /// <summary>Profit at rest, $/s.</summary>
    public static double SteadyProfit(double feedOfB, double celsius)
    {
        var x = SteadyStateOf(feedOfB, celsius);
        return Profit(x[3], x[4], feedOfB);
    }
}

/// <summary>
/// What an engineer who does not know of C would write: A + 2 B → P + 2 E and A + B + P → 3 G, by mass fractions A, B, P, E, G. A model of the Williams-Otto
/// reactor that is wrong in its structure, for set-point optimisation under mismatch. The rate constants are stated from memory of that literature
/// (Forbes, Marlin and MacGregor 1994; Marchetti, Chachuat and Bonvin 2009) and not checked against a print; see docs/plants.md for how far the model is off.
/// </summary>
public static class WilliamsOttoWithoutC
{
    public const int StateLength = 5;

    public static void Rates(ReadOnlySpan<double> x, double feedOfB, double celsius, Span<double> rates)
    {
        var (kelvin, flow) = (celsius + 273.15, (WilliamsOtto.FeedOfA + feedOfB) / WilliamsOtto.Mass);
        var r1 = 2.189e8 * Math.Exp(-8077.6 / kelvin) * x[0] * x[1] * x[1];
        var r2 = 4.310e13 * Math.Exp(-12438 / kelvin) * x[0] * x[1] * x[2];
        rates[0] = WilliamsOtto.FeedOfA / WilliamsOtto.Mass - flow * x[0] - r1 - r2;
        rates[1] = feedOfB / WilliamsOtto.Mass - flow * x[1] - 2 * r1 - r2;
        rates[2] = -flow * x[2] + r1 - r2;
        rates[3] = -flow * x[3] + 2 * r1;
        rates[4] = -flow * x[4] + 3 * r2;
    }

    /// <summary>The mass fractions at rest.</summary>
    public static double[] SteadyStateOf(double feedOfB, double celsius)
    {
        double[] x = [0.1, 0.4, 0.1, 0.3, 0.1];
        SteadyState.Solve((_, at, rates) => Rates(at, feedOfB, celsius, rates), x, 1e-15);
        return x;
    }

    /// <summary>Profit at rest as this model sees it, $/s.</summary>
    public static double SteadyProfit(double feedOfB, double celsius)
    {
        var x = SteadyStateOf(feedOfB, celsius);
        return WilliamsOtto.Profit(x[2], x[3], feedOfB);
    }
}
