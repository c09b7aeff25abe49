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

    /// <summary>At the base case; the loops' outputs begin there.</summary>
    private const double DMolarMass = 32, EMolarMass = 46, BaseHeavyFeed = 212.536, BaseShareOfD = 0.53874;
    private const double BaseProduct = 22.949, BaseG = 53.724;

    /// <summary>Share of D in the feed of D and E per percent of G in the product.</summary>
    private const double ShareOfDPerG = 0.01;

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
        new(-0.01, 20.0 / 60, 0, 2), new(0.8, 1, 40, 120), new(-0.1, 200.0 / 60, 0, 60), new(-0.04, 200.0 / 60, 0, 48),
        // Index per m³/h; share of D per % of G; fresh A and C, 10³ m³/h per %.
        new(0.032, 2, 0.2, 1.4), new(0.003, 100.0 / 60, -0.2, 0.2), new(0.02, 1, 0, 1.01), new(0.03, 2, 0, 15),
    ];

    /// <summary>Numbers kept.</summary>
    public const int Length = 2 * (int)Loop.Count;

    /// <summary>Takes over the valves as they stand in the base case.</summary>
    public static void Start(Span<double> numbers, ReadOnlySpan<double> valves)
    {
        numbers.Clear();
        var loops = Memories(numbers);
        Span<double> outputs =
        [
            valves[(int)Valve.DFeed], valves[(int)Valve.EFeed], valves[(int)Valve.AFeed], valves[(int)Valve.CFeed], valves[(int)Valve.Purge],
            valves[(int)Valve.SeparatorLiquid], valves[(int)Valve.StripperProduct], valves[(int)Valve.ReactorCoolant], valves[(int)Valve.CondenserCoolant],
            0.33712, 80.109, 25.160, 22.949, 1, 0, 0.25052, 9.3477,
        ];
        for (var i = 0; i < outputs.Length; i++)
            loops[i].Output = outputs[i];
    }

    /// <summary>Reads, and says where the valves shall go.</summary>
    /// <param name="setpoints">By <see cref="SupervisorSetpoint"/>.</param>
    /// <param name="readings">All 41.</param>
    public static void Act(Span<double> numbers, ReadOnlySpan<double> setpoints, ReadOnlySpan<double> readings, Span<double> valves, double hours)
    {
        var loops = Memories(numbers);
        var index = Run(loops, Loop.Production, setpoints[(int)SupervisorSetpoint.ProductionRate], readings[Gauges.Product], hours)
            ;
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

    private static Span<LoopMemory> Memories(Span<double> numbers) => MemoryMarshal.Cast<double, LoopMemory>(numbers);

    private static double Run(Span<LoopMemory> loops, Loop loop, double setpoint, double reading, double hours)
    {
        ref var memory = ref loops[(int)loop];
        Loops[(int)loop].Act(ref memory, setpoint, reading, hours);
        return memory.Output;
    }
}
