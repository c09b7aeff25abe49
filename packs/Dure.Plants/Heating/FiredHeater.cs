namespace Dure.Plants.Heating;

/// <summary>
/// The physics of a fired heater on natural gas. Losses are shares of the fuel's heat, oxygen is in percent of the dry flue gas, temperatures in °C.
/// Siegert's coefficients are those of the German emission rules for natural gas; the radiation loss is 1.5 %. The emission curves are stated
/// correlations of the usual form with coefficients of our choice, not measurements of a burner.
/// </summary>
public static class FiredHeater
{
    /// <summary>Oxygen of air, percent.</summary>
    public const double AirOxygen = 21;

    /// <summary>Share of heat that leaves through the walls.</summary>
    public const double RadiationLoss = 0.015;

    /// <summary>Carbon dioxide of natural gas burnt without excess air, percent of the dry flue gas.</summary>
    private const double MostCarbonDioxide = 11.8;

    private const double SiegertA2 = 0.66, SiegertB = 0.009;

    /// <summary>Loss by unburnt gas: percent of heat for a share CO / (CO + CO2) of one.</summary>
    private const double UnburntFactor = 60;

    private const double CarbonMonoxideFloor = 15, CarbonMonoxideAtKnee = 400, CarbonMonoxideKnee = 0.9, CarbonMonoxideWidth = 0.22;

    /// <summary>Share of heat that leaves with the flue gas: (t_stack - t_air) (A2 / (21 - O2) + B) percent, after Siegert.</summary>
    public static double StackLoss(double stack, double air, double oxygen) => (stack - air) * (SiegertA2 / (AirOxygen - oxygen) + SiegertB) / 100;

    /// <summary>Carbon monoxide in ppm of the dry flue gas: a floor, and an exponential rise where air gets short, below some 1.5 % O2.</summary>
    /// <param name="mixingFault">By how much more oxygen worn or dirty burners need, percent.</param>
    public static double CarbonMonoxide(double oxygen, double mixingFault = 0) =>
        CarbonMonoxideFloor + CarbonMonoxideAtKnee * Math.Exp(Math.Min(12, (CarbonMonoxideKnee + mixingFault - oxygen) / CarbonMonoxideWidth));

    /// <summary>Share of heat that leaves unburnt: a CO / (CO + CO2).</summary>
    public static double UnburntLoss(double oxygen, double carbonMonoxide)
    {
        var share = carbonMonoxide / 1e4;
        return UnburntFactor / 100 * share / (share + MostCarbonDioxide * (1 - oxygen / AirOxygen));
    }

    /// <summary>Nitrogen oxides in mg/m3 at 3 % O2: they rise with excess air and with the temperature of the air. An exponential form with coefficients of our choice.</summary>
    public static double NitrogenOxides(double oxygen, double combustionAir) => 70 * Math.Exp(0.06 * (oxygen - 3) + 0.0022 * (combustionAir - 20));

    /// <summary>Share of the fuel's heat that the process gets.</summary>
    public static double Efficiency(double stack, double air, double oxygen, double mixingFault = 0) =>
        1 - RadiationLoss - StackLoss(stack, air, oxygen) - UnburntLoss(oxygen, CarbonMonoxide(oxygen, mixingFault));

    /// <summary>Air to fuel over what burns it exactly, for an oxygen content of the flue gas.</summary>
    public static double AirRatio(double oxygen) => AirOxygen / (AirOxygen - oxygen);

    /// <summary>Oxygen of the flue gas for an air ratio; none where air is short.</summary>
    public static double OxygenOf(double airRatio) => AirOxygen * Math.Max(0, 1 - 1 / airRatio);

    /// <summary>Share of the largest heat an air preheater could pass on, counterflow (Kays and London 1984, ch. 2).</summary>
    /// <param name="transferUnits">NTU.</param>
    /// <param name="capacityRatio">Heat capacity flow of the air over that of the flue gas, below 1.</param>
    public static double Effectiveness(double transferUnits, double capacityRatio)
    {
        var decay = Math.Exp(-transferUnits * (1 - capacityRatio));
        return (1 - decay) / (1 - capacityRatio * decay);
    }
}
