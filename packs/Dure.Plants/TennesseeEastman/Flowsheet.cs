using System.Runtime.Intrinsics;
using static Dure.Plants.TennesseeEastman.Components;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The units joined: from what each holds and how the valves stand, all streams and the rate at which each holding changes.
/// Downs and Vogel, Computers chem. Engng 17 (1993) 245-255; equations as in their public code (teprob.f).
/// </summary>
internal static class Flowsheet
{
    /// <summary>Where each unit's numbers lie: eight components and the energy, then the two coolants, then the valves.</summary>
    public const int ReactorAt = 0, SeparatorAt = 9, StripperAt = 18, MixingAt = 27, ReactorCoolantAt = 36, CondenserCoolantAt = 37, ValvesAt = 38;

    /// <summary>All of them.</summary>
    public const int States = ValvesAt + Valves.Count;

    private const int UnitStates = Count + 1;

    /// <summary>Heat a coolant carries per gal/min, hour and K; the model's unit of heat in that of the coolant.</summary>
    private const double CoolantHeat = 500.53f, HeatToCoolant = 1e6 / 1.8f;

    private static readonly Vector512<double> PureD = Vector512.Create(0, 0.0001f, 0, 0.9999f, 0, 0, 0, 0);
    private static readonly Vector512<double> PureE = Vector512.Create(0, 0, 0, 0, 0.9999f, 0.0001f, 0, 0);
    private static readonly Vector512<double> PureA = Vector512.Create(0.9999f, 0.0001f, 0, 0, 0, 0, 0, 0);
    private const double FeedCelsius = 45;
    private static readonly EnthalpyCurve EnthalpyOfD = EnthalpyCurve.OfGas(PureD);
    private static readonly double HeatOfE = EnthalpyCurve.OfGas(PureE).At(FeedCelsius);
    private static readonly double HeatOfA = EnthalpyCurve.OfGas(PureA).At(FeedCelsius);

    /// <summary>Fills the first 38 rates of change, per hour; the valves' are <see cref="Valves.Move"/>'s.</summary>
    /// <param name="state">50 numbers.</param>
    /// <param name="near">°C of reactor, separator, stripper and mixing zone, from which their temperatures are searched and where they are put.</param>
    public static void Evaluate(ReadOnlySpan<double> state, in Surroundings outside, Span<double> near, Span<double> rates, out Operation now)
    {
        var valves = state.Slice(ValvesAt, Valves.Count);
        var reactor = new TwoPhaseVessel(state.Slice(ReactorAt, UnitStates), Reactor.Volume, near[0]);
        var separator = new TwoPhaseVessel(state.Slice(SeparatorAt, UnitStates), GasLoop.SeparatorVolume, near[1]);
        var stripper = new Stripper(state.Slice(StripperAt, UnitStates), near[2]);
        var mixing = new MixingZone(state.Slice(MixingAt, UnitStates), near[3]);
        (near[0], near[1], near[2], near[3]) = (reactor.Celsius, separator.Celsius, stripper.Celsius, mixing.Celsius);

        var dFeed = new ProcessStream(FlowThrough(Valve.DFeed, valves), PureD, EnthalpyOfD.At(outside.DFeedCelsius));
        var eFeed = new ProcessStream(FlowThrough(Valve.EFeed, valves), PureE, HeatOfE);
        var aFeed = new ProcessStream(FlowThrough(Valve.AFeed, valves) * outside.AvailableA, PureA, HeatOfA);
        var cFeed = CFeed(FlowThrough(Valve.CFeed, valves) * outside.AvailableC + 1e-10, outside);

        var reactorFeed = Gas(mixing.Fractions, mixing.Enthalpy, mixing.Celsius, GasLoop.Flow(1937.6, mixing.Pressure, reactor.Pressure));
        var effluentMass = GasLoop.Flow(4574.21, reactor.Pressure, separator.Pressure) * (1 - 0.25 * outside.Blockage);
        var effluent = Gas(reactor.GasFractions, EnthalpyCurve.OfGas(reactor.GasFractions), reactor.Celsius, effluentMass);
        var purgeMass = GasLoop.Flow(valves[(int)Valve.Purge] * 0.151169, separator.Pressure, GasLoop.Atmosphere);
        var purge = Gas(separator.GasFractions, EnthalpyCurve.OfGas(separator.GasFractions), separator.Celsius, purgeMass);
        var (recycleFlow, work) = GasLoop.Compress(
            separator, Mixtures.MolarMass(separator.GasFractions), mixing.Pressure, valves[(int)Valve.CompressorRecycle]);
        var recycle = purge with { Flow = recycleFlow, Enthalpy = purge.Enthalpy + work / recycleFlow };

        var underflow = Liquid(separator.LiquidFractions, separator.LiquidEnthalpy, separator.Celsius, FlowThrough(Valve.SeparatorLiquid, valves));
        var product = Liquid(stripper.Fractions, stripper.Enthalpy, stripper.Celsius, FlowThrough(Valve.StripperProduct, valves));
        var (up, down) = stripper.Split(cFeed, underflow);
        var overheadFlow = Vector512.Sum(up);
        var overhead = Gas(up / overheadFlow, stripper.Celsius, overheadFlow);

        var (making, reactionHeat) = Reactor.React(reactor, outside.DriftOfG, outside.DriftOfH);
        var reactorCooling = Reactor.CoolingPerKelvin(reactor.LiquidVolume, valves[(int)Valve.Agitator])
            * (state[ReactorCoolantAt] - reactor.Celsius) * (1 - 0.35 * outside.ReactorFouling);
        var condenserCooling = GasLoop.CondensingPerKelvin(effluent.Flow)
            * (state[CondenserCoolantAt] - reactor.Celsius) * (1 - 0.25 * outside.CondenserFouling);
        var steamHeat = stripper.Steam(FlowThrough(Valve.StripperSteam, valves) * (1 + outside.SteamSupply));

        Put(rates[ReactorAt..], reactorFeed.Components - effluent.Components + making,
            reactorFeed.Heat - effluent.Heat + reactionHeat + reactorCooling);
        Put(rates[SeparatorAt..], effluent.Components - recycle.Components - purge.Components - underflow.Components,
            effluent.Heat - recycle.Heat - purge.Heat - underflow.Heat + condenserCooling);
        Put(rates[StripperAt..], down - product.Components, cFeed.Heat + underflow.Heat - overhead.Heat - product.Heat + steamHeat);
        Put(rates[MixingAt..], dFeed.Components + eFeed.Components + aFeed.Components + up + recycle.Components - reactorFeed.Components,
            dFeed.Heat + eFeed.Heat + aFeed.Heat + overhead.Heat + recycle.Heat - reactorFeed.Heat);
        rates[ReactorCoolantAt] = (FlowThrough(Valve.ReactorCoolant, valves) * CoolantHeat * (outside.ReactorCoolantCelsius - state[ReactorCoolantAt])
            - reactorCooling * HeatToCoolant) / Reactor.CoolantCapacity;
        rates[CondenserCoolantAt] = (FlowThrough(Valve.CondenserCoolant, valves) * CoolantHeat * (outside.CondenserCoolantCelsius - state[CondenserCoolantAt])
            - condenserCooling * HeatToCoolant) / GasLoop.CoolantCapacity;

        now = new Operation
        {
            AFeed = aFeed.Flow,
            DFeedMass = dFeed.Flow * Mixtures.MolarMass(PureD),
            EFeedMass = eFeed.Flow * Mixtures.MolarMass(PureE),
            CFeed = cFeed.Flow,
            Recycle = recycle.Flow,
            ReactorFeed = reactorFeed.Flow,
            ReactorPressure = reactor.Pressure,
            ReactorLiquid = reactor.LiquidVolume,
            ReactorCelsius = reactor.Celsius,
            Purge = purge.Flow,
            SeparatorCelsius = separator.Celsius,
            SeparatorLiquid = separator.LiquidVolume,
            SeparatorPressure = separator.Pressure,
            Underflow = underflow.Flow / separator.LiquidDensity,
            StripperLiquid = stripper.LiquidVolume,
            MixingPressure = mixing.Pressure,
            Product = product.Flow,
            ProductVolume = product.Flow / stripper.Density,
            StripperCelsius = stripper.Celsius,
            SteamHeat = steamHeat,
            CompressorWork = work,
            ReactorCoolantCelsius = state[ReactorCoolantAt],
            CondenserCoolantCelsius = state[CondenserCoolantAt],
            FeedFractions = mixing.Fractions,
            PurgeFractions = separator.GasFractions,
            ProductFractions = stripper.Fractions,
        };
    }

    private static ProcessStream CFeed(double flow, in Surroundings outside)
    {
        var (a, b) = (outside.FractionA, outside.FractionB);
        return Gas(Vector512.Create(a, b, 1 - a - b, 0, 0, 0, 0, 0), outside.CFeedCelsius, flow);
    }

    private static ProcessStream Gas(Vector512<double> fractions, double celsius, double flow) =>
        new(flow, fractions, EnthalpyCurve.OfGas(fractions).At(celsius));

    private static ProcessStream Gas(Vector512<double> fractions, in EnthalpyCurve enthalpy, double celsius, double mass) =>
        new(mass / Mixtures.MolarMass(fractions), fractions, enthalpy.At(celsius));

    private static ProcessStream Liquid(Vector512<double> fractions, in EnthalpyCurve enthalpy, double celsius, double flow) =>
        new(flow, fractions, enthalpy.At(celsius));

    private static double FlowThrough(Valve valve, ReadOnlySpan<double> positions) => positions[(int)valve] * Valves.Range[(int)valve] / 100;

    private static void Put(Span<double> rates, Vector512<double> components, double energy)
    {
        components.CopyTo(rates);
        rates[Count] = energy;
    }
}
