namespace Dure.Lab.Virtual;

/// <summary>
/// A coupling in a stirred vial, made up so that a campaign has something to find: A and B give the product P by a catalyst, P decays to D when it is hot, and B with
/// itself gives X. Rates follow Arrhenius. No real reaction is meant; the numbers are ours.
/// </summary>
internal static class VirtualCoupling
{
    private const double GasConstant = 8.314; // J/(mol K)
    private const double ReferenceKelvin = 353.15;
    private const int Steps = 200;

    /// <summary>For each solvent how it changes the wanted reaction, the decay and the side reaction.</summary>
    private static readonly Dictionary<string, (double Wanted, double Decay, double Side)> Solvents = new(StringComparer.Ordinal)
    {
        ["toluene"] = (1.0, 0.6, 0.8), ["ethanol"] = (0.7, 0.4, 1.6), ["dioxane"] = (1.6, 1.0, 0.7), ["water"] = (0.25, 1.8, 2.5),
    };

    public static IReadOnlyCollection<string> SolventNames => Solvents.Keys;

    /// <summary>The yield of P on A and the impurities D and X, in percent of A, after some minutes at a temperature.</summary>
    /// <param name="equivalents">Of B per A.</param>
    /// <param name="catalystPercent">Of A, by moles.</param>
    public static (double Yield, double Impurity) React(string solvent, double equivalents, double catalystPercent, double celsius, double minutes)
    {
        var by = Solvents[solvent];
        var wanted = by.Wanted * Rate(0.035, 62_000, celsius) * Math.Pow(catalystPercent, 0.7);
        var (decay, side) = (by.Decay * Rate(0.010, 98_000, celsius), by.Side * Rate(0.004, 75_000, celsius));
        var (a, b, p, d, x) = (1.0, equivalents, 0.0, 0.0, 0.0);
        var step = minutes / Steps;
        for (var i = 0; i < Steps; i++)
        {
            var (first, second, third) = (step * wanted * a * b, step * decay * p, step * side * b * b);
            first = Math.Min(first, Math.Min(a, b));
            (a, b, p, d, x) = (a - first, Math.Max(0, b - first - 2 * third), p + first - Math.Min(second, p), d + Math.Min(second, p), x + third);
        }
        return (100 * p, 100 * (d + x));
    }

    /// <param name="atReference">Per minute at 80 °C.</param>
    private static double Rate(double atReference, double joulePerMole, double celsius) => atReference * Math.Exp(-joulePerMole / GasConstant * (1 / (celsius + 273.15) - 1 / ReferenceKelvin));
}
