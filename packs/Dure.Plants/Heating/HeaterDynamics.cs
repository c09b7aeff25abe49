namespace Dure.Plants.Heating;

/// <summary>What a heater is told and what comes from outside, for one step.</summary>
/// <param name="DutyMegawatts">Heat the process asks for.</param>
/// <param name="OxygenSet">Percent.</param>
/// <param name="StackSet">°C.</param>
/// <param name="OxygenReading">What the oxygen analyser says, percent.</param>
/// <param name="HeatingValue">Of the fuel, MJ/kg.</param>
/// <param name="Ambient">°C.</param>
/// <param name="Gust">Disturbance of the air flow, as a share.</param>
/// <param name="Fouling">0: clean tubes and preheater; 1: at the end of a run.</param>
/// <param name="MixingFault">More oxygen that the burners need, percent.</param>
/// <param name="IsPreheaterLeaking">Whether a fifth of the preheater's surface is lost.</param>
internal readonly record struct HeaterInputs(
    double DutyMegawatts, double OxygenSet, double StackSet, double OxygenReading, double HeatingValue, double Ambient,
    double Gust = 0, double Fouling = 0, double MixingFault = 0, bool IsPreheaterLeaking = false);

/// <summary>
/// The heater as it moves, in a span of a plant's state: fuel follows the asked duty with a trim, air follows fuel with a trim by the oxygen analyser and
/// leads when fuel rises, the bypass of the air preheater holds the stack's temperature. First-order lags are advanced exactly.
/// </summary>
internal static class HeaterDynamics
{
    public const int StateLength = 15;
    public const double DesignHeatingValue = 48;
    public const double DesignFiring = 46;

    // Own numbers of the state: what moves, then what the controllers keep, then what is computed at the end of a step.
    private const int Fuel = 0, Duty = 1, Air = 2, Stack = 3, DutyTrim = 4, OxygenTrim = 5, Bypass = 6;
    private const int Oxygen = 7, Efficiency = 8, Monoxide = 9, Nox = 10, Skin = 11, Draft = 12, Convection = 13, CombustionAir = 14;

    private const double FuelLag = 0.5, DutyLag = 3, AirLag = 0.3, StackLag = 4; // Minutes.
    private const double DutyGain = 1.2, DutyReset = 3.5, OxygenReset = 4, BypassReset = 6, BypassGain = 0.004;
    private const double PreheaterUnits = 2.2, CapacityRatio = 0.93, StackHeight = 45;

    public static double FuelKilogramsPerSecond(ReadOnlySpan<double> state) => state[Fuel];

    public static double DutyMegawatts(ReadOnlySpan<double> state) => state[Duty];

    public static double OxygenPercent(ReadOnlySpan<double> state) => state[Oxygen];

    public static double StackCelsius(ReadOnlySpan<double> state) => state[Stack];

    public static double BypassShare(ReadOnlySpan<double> state) => state[Bypass];

    public static double EfficiencyShare(ReadOnlySpan<double> state) => state[Efficiency];

    public static double CarbonMonoxidePpm(ReadOnlySpan<double> state) => state[Monoxide];

    public static double NitrogenOxidesMilligrams(ReadOnlySpan<double> state) => state[Nox];

    public static double TubeSkinCelsius(ReadOnlySpan<double> state) => state[Skin];

    public static double DraftPascal(ReadOnlySpan<double> state) => state[Draft];

    public static double CombustionAirCelsius(ReadOnlySpan<double> state) => state[CombustionAir];

    /// <summary>A heater that has run under these inputs for long.</summary>
    public static void Settle(Span<double> state, in HeaterInputs inputs)
    {
        state.Clear();
        state[Duty] = inputs.DutyMegawatts;
        state[Stack] = inputs.StackSet;
        state[Fuel] = inputs.DutyMegawatts / (0.85 * inputs.HeatingValue);
        state[Air] = state[Fuel] * FiredHeater.AirRatio(inputs.OxygenSet);
        state[Bypass] = 0.5;
        Observe(state, inputs);
        for (var minute = 0; minute < 1000; minute++)
            Advance(state, inputs with { OxygenReading = state[Oxygen] }, 1);
    }

    public static void Advance(Span<double> state, in HeaterInputs inputs, double minutes)
    {
        // Fuel: what the duty needs at a plain efficiency, and a trim by what is missing, proportional and integral.
        var asked = inputs.DutyMegawatts;
        var missing = DutyGain * (asked - state[Duty]) / asked;
        state[DutyTrim] = Math.Clamp(state[DutyTrim] + minutes / DutyReset * missing, -0.4, 0.4);
        var demand = asked / (0.85 * DesignHeatingValue) * Math.Max(0.1, 1 + state[DutyTrim] + missing);
        Lag(ref state[Fuel], demand, FuelLag, minutes);

        // Air leads fuel upwards and follows it downwards; the trim integrates the oxygen's error in units of the air ratio.
        var wanted = FiredHeater.AirRatio(inputs.OxygenSet);
        state[OxygenTrim] = Math.Clamp(
            state[OxygenTrim] + minutes / OxygenReset * (inputs.OxygenSet - inputs.OxygenReading) * wanted / (FiredHeater.AirOxygen - inputs.OxygenSet) * 0.5, -0.3, 0.3);
        Lag(ref state[Air], Math.Max(demand, state[Fuel]) * (wanted + state[OxygenTrim]), AirLag, minutes);

        Observe(state, inputs);
        Lag(ref state[Duty], state[Fuel] * inputs.HeatingValue * state[Efficiency], DutyLag, minutes);

        // Bypass: proportional to the error's change, and integral.
        var error = inputs.StackSet - state[Stack];
        Lag(ref state[Stack], StackTarget(state, inputs), StackLag, minutes);
        var change = error - (inputs.StackSet - state[Stack]);
        state[Bypass] = Math.Clamp(state[Bypass] + BypassGain * (minutes / BypassReset * (inputs.StackSet - state[Stack]) - change), 0, 1);
    }

    /// <summary>What follows at once from what moves.</summary>
    private static void Observe(Span<double> state, in HeaterInputs inputs)
    {
        var needed = inputs.HeatingValue / DesignHeatingValue;
        state[Oxygen] = FiredHeater.OxygenOf(state[Air] / state[Fuel] / needed * (1 + inputs.Gust));
        state[Monoxide] = FiredHeater.CarbonMonoxide(state[Oxygen], inputs.MixingFault);
        state[Efficiency] = FiredHeater.Efficiency(state[Stack], inputs.Ambient, state[Oxygen], inputs.MixingFault);
        var load = state[Fuel] * inputs.HeatingValue / DesignFiring;
        state[Convection] = 312 + 40 * (load - 1) + 4 * (state[Oxygen] - 2) + 25 * inputs.Fouling;
        var passed = (1 - state[Bypass]) * PreheaterEffectiveness(load, inputs);
        state[CombustionAir] = inputs.Ambient + passed * (state[Convection] - inputs.Ambient);
        state[Nox] = FiredHeater.NitrogenOxides(state[Oxygen], state[CombustionAir]);
        state[Skin] = 380 + 150 * Math.Pow(load, 0.8) + 0.08 * (state[CombustionAir] - 20) + 45 * inputs.Fouling;
        var flueFlow = load * FiredHeater.AirRatio(state[Oxygen]);
        state[Draft] = 9.81 * StackHeight * 353 * (1 / (inputs.Ambient + 273.15) - 1 / (state[Stack] + 273.15)) - 70 * flueFlow * flueFlow;
    }

    private static double StackTarget(ReadOnlySpan<double> state, in HeaterInputs inputs)
    {
        var load = state[Fuel] * inputs.HeatingValue / DesignFiring;
        var passed = (1 - state[Bypass]) * PreheaterEffectiveness(load, inputs);
        return state[Convection] - passed * CapacityRatio * (state[Convection] - inputs.Ambient);
    }

    private static double PreheaterEffectiveness(double load, in HeaterInputs inputs)
    {
        var units = PreheaterUnits * (1 - 0.25 * inputs.Fouling) * (inputs.IsPreheaterLeaking ? 0.8 : 1) * Math.Pow(Math.Max(load, 0.1), -0.2);
        return FiredHeater.Effectiveness(units, CapacityRatio);
    }

    private static void Lag(ref double value, double target, double lag, double minutes) => value += (target - value) * (1 - Math.Exp(-minutes / lag));
}
