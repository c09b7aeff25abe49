using System.Runtime.InteropServices;

namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>
/// Decentralised control after Ricker, J. Proc. Cont. 6 (1996) 205-221: flows follow a production index; product flow moves the index, G in the
/// product the share of D in D and E, pressure the purge, levels the liquid flows, the reactor's level the separator's temperature, and what the
/// reactor is fed with of A and C their fresh feeds. Tuning is our own.
/// </summary>
internal static class ControlStructure
{
    private const double FlowReset = 20.0 / 3600;

    /// <summary>The base case: feeds of D and E in kmol/h, the share of D, and G in the product.</summary>
    private const double DMolarMass = 32, EMolarMass = 46, BaseHeavyFeed = 212.536, BaseShareOfD = 0.53874;
    private const double BaseG = 53.724;

    /// <summary>Share of D in the feed of D and E per percent of G in the product.</summary>
    private const double ShareOfDPerG = 0.01;

    /// <summary>Above 2895 kPa the plant makes less, the more the higher, whatever it was asked for: the purge alone does not save it when A is lost.</summary>
    private const double LimitingPressure = 2895, IndexWherePressureLimits = 1.2, IndexPerKilopascal = 0.01;

    private enum Loop
    {
        DFeed, EFeed, AFeed, CFeed, Purge, Underflow, Product,
        ReactorTemperature, SeparatorTemperature, ReactorPressure, ReactorLevel, SeparatorLevel, StripperLevel,
        Production, ProductG, ShareA, AAndC, Count,
    }

    /// <summary>By <see cref="Loop"/>: gain in units of output per unit of reading.</summary>
    private static readonly PiLoop[] Loops =
    [
        // Flows (of their units) by valves (%): a third of the inverse gain.
        new(0.3 / 58.1, FlowReset, 0, 100), new(0.3 / 83.5, FlowReset, 0, 100), new(0.3 / 0.01017, FlowReset, 0, 100), new(0.3 / 0.1525, FlowReset, 0, 100),
        new(0.3 / 0.0084, FlowReset, 0, 100), new(0.3 / 0.66, FlowReset, 0, 100), new(0.3 / 0.493, FlowReset, 0, 100),
        new(-8, 7.5 / 60, 0, 100), new(-4, 15.0 / 60, 0, 100),
        // Pressure by purge, 10³ m³/h per kPa; reactor level by the separator's temperature; levels by flows, m³/h per %.
        new(-0.006, 0.5, 0, 2), new(0.8, 1, 40, 120), new(-0.1, 200.0 / 60, 0, 60), new(-0.04, 200.0 / 60, 0, 48),
        // Index per m³/h; share of D per % of G; fresh A and C, 10³ m³/h per %.
        new(0.032, 2, 0.2, 1.4), new(0.002, 2, -0.2, 0.2), new(0.012, 1.2, 0, 1.01), new(0.02, 2, 0, 15),
    ];

    /// <summary>Numbers kept.</summary>
    public const int Length = 2 * (int)Loop.Count;

    /// <summary>Reads, and says where the valves shall go.</summary>
    /// <param name="setpoints">By <see cref="SupervisorSetpoint"/>.</param>
    /// <param name="readings">All 41.</param>
    public static void Act(Span<double> numbers, ReadOnlySpan<double> setpoints, ReadOnlySpan<double> readings, Span<double> valves, double hours)
    {
        var loops = Memories(numbers);
        var index = Run(loops, Loop.Production, setpoints[(int)SupervisorSetpoint.ProductionRate], readings[Gauges.Product], hours);
        index = Math.Min(index, IndexWherePressureLimits - IndexPerKilopascal * (readings[Gauges.ReactorPressure] - LimitingPressure));
        loops[(int)Loop.Production].Output = index;
        var g = setpoints[(int)SupervisorSetpoint.ProductG];
        var shareOfD = BaseShareOfD + ShareOfDPerG * (g - BaseG) + Run(loops, Loop.ProductG, g, readings[Gauges.ProductG], hours);
        valves[(int)Valve.DFeed] = Run(loops, Loop.DFeed, index * BaseHeavyFeed * shareOfD * DMolarMass, readings[Gauges.DFeed], hours);
        valves[(int)Valve.EFeed] = Run(loops, Loop.EFeed, index * BaseHeavyFeed * (1 - shareOfD) * EMolarMass, readings[Gauges.EFeed], hours);

        var (a, c) = (readings[Gauges.FeedA], readings[Gauges.FeedC]);
        var freshA = Run(loops, Loop.ShareA, setpoints[(int)SupervisorSetpoint.FeedShareA], 100 * a / (a + c), hours);
        var freshC = Run(loops, Loop.AAndC, setpoints[(int)SupervisorSetpoint.FeedAAndC], a + c, hours);
        valves[(int)Valve.AFeed] = Run(loops, Loop.AFeed, index * freshA, readings[Gauges.AFeed], hours);
        valves[(int)Valve.CFeed] = Run(loops, Loop.CFeed, index * freshC, readings[Gauges.CFeed], hours);

        var purge = Run(loops, Loop.ReactorPressure, setpoints[(int)SupervisorSetpoint.ReactorPressure], readings[Gauges.ReactorPressure], hours);
        valves[(int)Valve.Purge] = Run(loops, Loop.Purge, index * purge, readings[Gauges.Purge], hours);
        var underflow = Run(loops, Loop.SeparatorLevel, setpoints[(int)SupervisorSetpoint.SeparatorLevel], readings[Gauges.SeparatorLevel], hours);
        valves[(int)Valve.SeparatorLiquid] = Run(loops, Loop.Underflow, index * underflow, readings[Gauges.Underflow], hours);
        var product = Run(loops, Loop.StripperLevel, setpoints[(int)SupervisorSetpoint.StripperLevel], readings[Gauges.StripperLevel], hours);
        valves[(int)Valve.StripperProduct] = Run(loops, Loop.Product, index * product, readings[Gauges.Product], hours);

        valves[(int)Valve.ReactorCoolant] =
            Run(loops, Loop.ReactorTemperature, setpoints[(int)SupervisorSetpoint.ReactorTemperature], readings[Gauges.ReactorTemperature], hours);
        var separatorCelsius = Run(loops, Loop.ReactorLevel, setpoints[(int)SupervisorSetpoint.ReactorLevel], readings[Gauges.ReactorLevel], hours);
        valves[(int)Valve.CondenserCoolant] = Run(loops, Loop.SeparatorTemperature, separatorCelsius, readings[Gauges.SeparatorTemperature], hours);

        valves[(int)Valve.CompressorRecycle] = setpoints[(int)SupervisorSetpoint.CompressorRecycle];
        valves[(int)Valve.StripperSteam] = setpoints[(int)SupervisorSetpoint.StripperSteam];
        valves[(int)Valve.Agitator] = setpoints[(int)SupervisorSetpoint.Agitator];
    }

    /// <summary>Which reading each set-point is held against at rest, in the order of <see cref="SupervisorSetpoint"/>.</summary>
    /// <param name="percents">Of the analysers.</param>
    public static void Held(ReadOnlySpan<double> readings, ReadOnlySpan<double> percents, ReadOnlySpan<double> valves, Span<double> held)
    {
        var (a, c) = (percents[Gauges.FeedA - Gauges.Continuous], percents[Gauges.FeedC - Gauges.Continuous]);
        held[(int)SupervisorSetpoint.ProductionRate] = readings[Gauges.Product];
        held[(int)SupervisorSetpoint.ProductG] = percents[Gauges.ProductG - Gauges.Continuous];
        held[(int)SupervisorSetpoint.ReactorPressure] = readings[Gauges.ReactorPressure];
        held[(int)SupervisorSetpoint.ReactorLevel] = readings[Gauges.ReactorLevel];
        held[(int)SupervisorSetpoint.ReactorTemperature] = readings[Gauges.ReactorTemperature];
        held[(int)SupervisorSetpoint.SeparatorLevel] = readings[Gauges.SeparatorLevel];
        held[(int)SupervisorSetpoint.StripperLevel] = readings[Gauges.StripperLevel];
        held[(int)SupervisorSetpoint.FeedShareA] = 100 * a / (a + c);
        held[(int)SupervisorSetpoint.FeedAAndC] = a + c;
        held[(int)SupervisorSetpoint.CompressorRecycle] = valves[(int)Valve.CompressorRecycle];
        held[(int)SupervisorSetpoint.StripperSteam] = valves[(int)Valve.StripperSteam];
        held[(int)SupervisorSetpoint.Agitator] = valves[(int)Valve.Agitator];
    }

    /// <summary>Puts the loops where they hold the plant at rest.</summary>
    public static void Rest(Span<double> numbers, ReadOnlySpan<double> readings, double g, ReadOnlySpan<double> valves)
    {
        numbers.Clear();
        var loops = Memories(numbers);
        var (d, e) = (readings[Gauges.DFeed] / DMolarMass, readings[Gauges.EFeed] / EMolarMass);
        var index = (d + e) / BaseHeavyFeed;
        Span<double> outputs =
        [
            valves[(int)Valve.DFeed], valves[(int)Valve.EFeed], valves[(int)Valve.AFeed], valves[(int)Valve.CFeed], valves[(int)Valve.Purge],
            valves[(int)Valve.SeparatorLiquid], valves[(int)Valve.StripperProduct], valves[(int)Valve.ReactorCoolant], valves[(int)Valve.CondenserCoolant],
            readings[Gauges.Purge] / index, readings[Gauges.SeparatorTemperature], readings[Gauges.Underflow] / index, readings[Gauges.Product] / index,
            index, d / (d + e) - BaseShareOfD - ShareOfDPerG * (g - BaseG), readings[Gauges.AFeed] / index, readings[Gauges.CFeed] / index,
        ];
        for (var i = 0; i < outputs.Length; i++)
            loops[i].Output = outputs[i];
    }

    private static Span<LoopMemory> Memories(Span<double> numbers) => MemoryMarshal.Cast<double, LoopMemory>(numbers);

    private static double Run(Span<LoopMemory> loops, Loop loop, double setpoint, double reading, double hours)
    {
        ref var memory = ref loops[(int)loop];
        Loops[(int)loop].Act(ref memory, setpoint, reading, hours);
        return memory.Output;
    }
}
