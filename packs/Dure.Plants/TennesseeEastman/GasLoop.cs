namespace Dure.Plants.TennesseeEastman;

/// <summary>What drives the gas round: flows by pressure differences, the compressor back to the reactor, the condenser on the way.</summary>
internal static class GasLoop
{
    public const double SeparatorVolume = 3500;

    /// <summary>As <see cref="Reactor.CoolantCapacity"/>, for the condenser.</summary>
    public const double CoolantCapacity = 11138;

    /// <summary>mmHg.</summary>
    public const double Atmosphere = 760;

    private const double MostFlow = 280275, MostPressureRatio = 1.3f, FlowPerRatio = MostFlow / 1.197;

    /// <summary>lb/h through a resistance; nothing flows back.</summary>
    public static double Flow(double coefficient, double from, double to) => coefficient * Math.Sqrt(Math.Max(from - to, 0));

    /// <summary>lb-mol/h sent round, and the work done on it per hour.</summary>
    public static (double Flow, double Work) Compress(in TwoPhaseVessel separator, double molarMass, double delivery, double bypassPercent)
    {
        var ratio = Math.Clamp(delivery / separator.Pressure, 1, MostPressureRatio);
        var through = MostFlow + FlowPerRatio * (1 - ratio * ratio * ratio);
        var work = through * (separator.Celsius + 273.15) * 1.8e-6 * 1.9872 * (delivery - separator.Pressure) / (molarMass * separator.Pressure);
        var onward = Math.Max(through - Flow(bypassPercent * 53.349, delivery, separator.Pressure), 1e-3);
        return (onward / molarMass, work);
    }

    /// <summary>Heat that the condenser's water gives to the reactor's effluent per hour and K.</summary>
    public static double CondensingPerKelvin(double effluentFlow)
    {
        var flow = effluentFlow / 3528.73f;
        var squared = flow * flow;
        return 0.404655f * (1 - 1 / (1 + squared * squared));
    }
}
