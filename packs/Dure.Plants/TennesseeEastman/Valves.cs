namespace Dure.Plants.TennesseeEastman;

/// <summary>What the plant can be moved by: the manipulated variables XMV(1) to XMV(12) of Downs and Vogel (1993), table 3, in percent.</summary>
public enum Valve
{
    DFeed,
    EFeed,
    AFeed,
    CFeed,
    CompressorRecycle,
    Purge,
    SeparatorLiquid,
    StripperProduct,
    StripperSteam,
    ReactorCoolant,
    CondenserCoolant,
    Agitator,
}

/// <summary>How far each valve opens what it is on, how slowly it follows, and which disturbance makes it stick.</summary>
internal static class Valves
{
    public const int Count = 12;

    /// <summary>What the plant reports of them beside its 41 measurements.</summary>
    public static IReadOnlyList<Measurement> Measurements { get; } =
    [
        Of("d feed", "D feed (stream 2)"), Of("e feed", "E feed (stream 3)"), Of("a feed", "A feed (stream 1)"), Of("c feed", "A and C feed (stream 4)"),
        Of("compressor recycle", "compressor's recycle"), Of("purge", "purge (stream 9)"), Of("separator liquid", "separator's liquid (stream 10)"),
        Of("stripper product", "product (stream 11)"), Of("stripper steam", "stripper's steam"), Of("reactor coolant", "reactor's cooling water"),
        Of("condenser coolant", "condenser's cooling water"), new("agitator speed", "%", "Speed of the agitator"),
    ];

    /// <summary>A sticking valve moves when it is asked for more than this, in percent.</summary>
    private const double StickingBand = 2;

    /// <summary>At 100 %: lb-mol/h of the feeds and liquids, heat per K of the steam, gal/min of the waters; zero: none (the flow follows pressures).</summary>
    public static ReadOnlySpan<double> Range => [400, 400, 100, 1500, 0, 0, 1500, 1000, 0.03f, 1000, 1200, 0];

    private static ReadOnlySpan<double> TimeConstantSeconds => [8, 8, 6, 9, 7, 5, 5, 5, 120, 5, 5, 5];

    /// <summary>Turns commands into the positions aimed at, where stickiness lets them, and gives the speed of each in percent per hour.</summary>
    public static void Move(
        ReadOnlySpan<double> commands, Span<double> aims, ReadOnlySpan<double> positions, DisturbanceSet active, bool isFree, Span<double> speeds)
    {
        for (var i = 0; i < Count; i++)
        {
            var band = !isFree && Sticks((Valve)i, active) ? StickingBand : 0;
            if (isFree || Math.Abs(aims[i] - commands[i]) > band)
                aims[i] = commands[i];
            aims[i] = Math.Clamp(aims[i], 0, 100);
            speeds[i] = (aims[i] - positions[i]) / (TimeConstantSeconds[i] / 3600);
        }
    }

    private static Measurement Of(string name, string of) => new($"{name} valve", "%", $"How far the valve of the {of} is open");

    private static bool Sticks(Valve valve, DisturbanceSet active) => valve switch
    {
        Valve.ReactorCoolant => active.Has(ProcessDisturbance.ReactorCoolantValveSticks),
        Valve.CondenserCoolant => active.Has(ProcessDisturbance.CondenserCoolantValveSticks),
        Valve.CompressorRecycle or Valve.SeparatorLiquid or Valve.StripperProduct or Valve.StripperSteam => active.Has(ProcessDisturbance.OtherValvesStick),
        _ => false,
    };
}
