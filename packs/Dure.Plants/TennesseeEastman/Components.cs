using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The eight components A to H as Downs and Vogel (1993), table 1, and the public code give them: A, B and C never condense, D to H do.
/// A vector of eight holds one number per component, in that order.
/// Units here and in the whole model are the code's own: lb-mol, ft³, °C, mmHg absolute, hours, and heat in 10⁶ of its energy unit.
/// Constants marked f are single precision in the public code; without that rounding its published runs do not come out.
/// </summary>
internal static class Components
{
    public const int A = 0, B = 1, C = 2, D = 3, E = 4, F = 5, G = 6, H = 7, Count = 8;

    /// <summary>Btu per lb and K against cal per g and K; enthalpies are per lb-mol.</summary>
    private const double PerKelvin = 1.8;

    public static readonly Vector512<double> MolarMass = Vector512.Create(2, 25.4f, 28, 32, 46, 48, 62, 76);

    /// <summary>1 for D to H.</summary>
    public static readonly Vector512<double> Condensable = Vector512.Create(0.0, 0, 0, 1, 1, 1, 1, 1);

    /// <summary>1 for A to C.</summary>
    public static readonly Vector512<double> Gaseous = Vector512.Create(1.0, 1, 1, 0, 0, 0, 0, 0);

    /// <summary>Antoine: ln p = A + B/(T + C), p in mmHg, T in °C. Those of A to C stand for nothing; they are multiplied by zero.</summary>
    public static readonly Vector512<double> AntoineA = Vector512.Create(0, 0, 0, 15.92f, 16.35f, 16.35f, 16.43f, 17.21f);
    public static readonly Vector512<double> AntoineB = Vector512.Create(0.0, 0, 0, -1444, -2114, -2114, -2748, -3318);
    public static readonly Vector512<double> AntoineC = Vector512.Create(273.15f, 273.15f, 273.15f, 259f, 265.5f, 265.5f, 232.9f, 249.6f);

    /// <summary>Liquid density in lb/ft³: a + bT + cT².</summary>
    public static readonly Vector512<double> DensityA = Vector512.Create(1, 1, 1, 23.3f, 33.9f, 32.8f, 49.9f, 50.5f);
    public static readonly Vector512<double> DensityB = Vector512.Create(0, 0, 0, -0.0700f, -0.0957f, -0.0995f, -0.0191f, -0.0541f);
    public static readonly Vector512<double> DensityC = Vector512.Create(0, 0, 0, -0.0002f, -0.000152f, -0.000233f, -0.000425f, -0.000150f);

    /// <summary>Molar enthalpy of the liquids: T(a + bT + cT²).</summary>
    public static readonly Vector512<double> LiquidA = Molar(1, Vector512.Create(1.0e-6, 1.0e-6, 1.0e-6, 0.960e-6, 0.573e-6, 0.652e-6, 0.515e-6, 0.471e-6));
    public static readonly Vector512<double> LiquidB = Molar(2, Vector512.Create(0, 0, 0, 8.70e-9, 2.41e-9, 2.18e-9, 5.65e-10, 8.70e-10));
    public static readonly Vector512<double> LiquidC = Molar(3, Vector512.Create(0, 0, 0, 4.81e-11, 1.82e-11, 1.94e-11, 3.82e-12, 2.62e-12));

    /// <summary>Molar enthalpy of the gases: v + T(a + bT + cT²), v the heat of vaporisation.</summary>
    public static readonly Vector512<double> Vaporisation = MolarMass * Vector512.Create(1.0e-6, 1.0e-6, 1.0e-6, 86.7e-6, 160e-6, 160e-6, 225e-6, 209e-6);
    public static readonly Vector512<double> GasA = Molar(1, Vector512.Create(3.411e-6, 0.3799e-6, 0.2491e-6, 0.3567e-6, 0.3463e-6, 0.3930e-6, 0.170e-6, 0.150e-6));
    public static readonly Vector512<double> GasB = Molar(2, Vector512.Create(7.18e-10, 1.08e-9, 1.36e-11, 8.51e-10, 8.96e-10, 1.02e-9, 0, 0));
    public static readonly Vector512<double> GasC = Molar(3, Vector512.Create(6.0e-13, -3.98e-13, -3.93e-14, -3.12e-13, -3.27e-13, -3.12e-13, 0, 0));

    /// <summary>The integral of a heat capacity per mass, cTⁿ⁻¹, as the factor of Tⁿ per mole.</summary>
    private static Vector512<double> Molar(int power, Vector512<double> perMass) => MolarMass * perMass * (PerKelvin / power);
}
