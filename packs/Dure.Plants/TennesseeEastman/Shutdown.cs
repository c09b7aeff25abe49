namespace Dure.Plants.TennesseeEastman;

/// <summary>The limits beyond which the plant's own interlocks stop it: Downs and Vogel (1993), table 6.</summary>
internal static class Shutdown
{
    public const double MostPressureKilopascal = 3000, MostCelsius = 175;

    /// <summary>m³ of liquid.</summary>
    public const double LeastReactor = 2, MostReactor = 24, LeastSeparator = 1, MostSeparator = 12, LeastStripper = 1, MostStripper = 8;

    private static readonly string[] Reasons =
    [
        "", "reactor pressure above 3000 kPa", "reactor level above 24 m3", "reactor level below 2 m3", "reactor temperature above 175 Cel",
        "separator level above 12 m3", "separator level below 1 m3", "stripper level above 8 m3", "stripper level below 1 m3",
    ];

    /// <summary>In words; null for number 0.</summary>
    public static string? Reason(int number) => number == 0 ? null : Reasons[number];

    /// <summary>The number of the first limit that is passed; 0: none.</summary>
    public static int LimitPassed(in Operation now)
    {
        var (reactor, separator, stripper) =
            (Gauges.CubicMetres(now.ReactorLiquid), Gauges.CubicMetres(now.SeparatorLiquid), Gauges.CubicMetres(now.StripperLiquid));
        return Gauges.GaugeKilopascal(now.ReactorPressure) > MostPressureKilopascal ? 1
            : reactor > MostReactor ? 2
            : reactor < LeastReactor ? 3
            : now.ReactorCelsius > MostCelsius ? 4
            : separator > MostSeparator ? 5
            : separator < LeastSeparator ? 6
            : stripper > MostStripper ? 7
            : stripper < LeastStripper ? 8
            : 0;
    }
}
