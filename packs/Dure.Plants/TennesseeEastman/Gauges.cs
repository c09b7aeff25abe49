namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The 41 measurements XMEAS(1) to XMEAS(41) of Downs and Vogel (1993), tables 4 and 5, in their order: 22 read at once, 19 by analysers that take a
/// sample every 0.1 h (gases) or 0.25 h (product) and report it one such time later.
/// </summary>
internal static class Gauges
{
    public const int Continuous = 22, GasSamples = 14, ProductSamples = 5, Sampled = GasSamples + ProductSamples, Count = Continuous + Sampled;
    public const double GasHours = 0.1, ProductHours = 0.25;

    /// <summary>Thousand cubic feet of gas per lb-mol, and cubic feet per cubic metre, as the code rounds them.</summary>
    private const double GasVolume = 0.359f, FeetPerMetre = 35.3145f;
    private const double KilogramPerPound = 0.454f;

    /// <summary>Places in the list that control and set-points are about.</summary>
    public const int AFeed = 0, DFeed = 1, EFeed = 2, CFeed = 3, ReactorPressure = 6, ReactorLevel = 7, ReactorTemperature = 8, Purge = 9,
        SeparatorTemperature = 10, SeparatorLevel = 11, Underflow = 13, StripperLevel = 14, Product = 16, StripperTemperature = 17, Steam = 18,
        FeedA = 22, FeedC = 24, PurgeB = 29, ProductG = 39;

    private const string Feed = "reactor feed (stream 6)", PurgeGas = "purge gas (stream 9)", ProductLiquid = "product (stream 11)";

    public static IReadOnlyList<Measurement> All { get; } =
    [
        new("a feed", "10*3.m3/h", "A feed (stream 1), standard volume", 0.0012),
        new("d feed", "kg/h", "D feed (stream 2)", 18),
        new("e feed", "kg/h", "E feed (stream 3)", 22),
        new("c feed", "10*3.m3/h", "A and C feed (stream 4), standard volume", 0.05),
        new("recycle flow", "10*3.m3/h", "Recycle flow (stream 8), standard volume", 0.2),
        new("reactor feed rate", "10*3.m3/h", "Reactor feed rate (stream 6), standard volume", 0.21),
        new("reactor pressure", "kPa", "Reactor pressure, gauge", 0.3, High: 2895),
        new("reactor level", "%", "Reactor level", 0.5, Low: 50, High: 100),
        new("reactor temperature", "Cel", "Reactor temperature", 0.01, High: 150),
        new("purge rate", "10*3.m3/h", "Purge rate (stream 9), standard volume", 0.0017),
        new("separator temperature", "Cel", "Product separator temperature", 0.01),
        new("separator level", "%", "Product separator level", 1, Low: 30, High: 100),
        new("separator pressure", "kPa", "Product separator pressure, gauge", 0.3),
        new("separator underflow", "m3/h", "Product separator underflow (stream 10)", 0.125),
        new("stripper level", "%", "Stripper level", 1, Low: 30, High: 100),
        new("stripper pressure", "kPa", "Stripper pressure, gauge", 0.3),
        new("stripper underflow", "m3/h", "Stripper underflow (stream 11), the product", 0.115),
        new("stripper temperature", "Cel", "Stripper temperature", 0.01),
        new("stripper steam flow", "kg/h", "Stripper steam flow", 1.15),
        new("compressor work", "kW", "Compressor work", 0.2),
        new("reactor coolant temperature", "Cel", "Reactor cooling water outlet temperature", 0.01),
        new("condenser coolant temperature", "Cel", "Separator cooling water outlet temperature", 0.01),
        Gas("feed a", "A", Feed, 0.25), Gas("feed b", "B", Feed, 0.1), Gas("feed c", "C", Feed, 0.25),
        Gas("feed d", "D", Feed, 0.1), Gas("feed e", "E", Feed, 0.25), Gas("feed f", "F", Feed, 0.025),
        Gas("purge a", "A", PurgeGas, 0.25), Gas("purge b", "B", PurgeGas, 0.1), Gas("purge c", "C", PurgeGas, 0.25),
        Gas("purge d", "D", PurgeGas, 0.1), Gas("purge e", "E", PurgeGas, 0.25), Gas("purge f", "F", PurgeGas, 0.025),
        Gas("purge g", "G", PurgeGas, 0.05), Gas("purge h", "H", PurgeGas, 0.05),
        Sample("product d", "D", ProductLiquid, 0.01, ProductHours), Sample("product e", "E", ProductLiquid, 0.01, ProductHours),
        Sample("product f", "F", ProductLiquid, 0.01, ProductHours), Sample("product g", "G", ProductLiquid, 0.5, ProductHours),
        Sample("product h", "H", ProductLiquid, 0.5, ProductHours),
    ];

    private static readonly double[] Deviations = [.. All.Select(one => one.NoiseStandardDeviation)];

    /// <summary>Standard deviation of each measurement's noise.</summary>
    public static ReadOnlySpan<double> Noise => Deviations;

    /// <summary>The first 22 without noise.</summary>
    public static void Read(in Operation now, Span<double> values)
    {
        values[0] = StandardVolume(now.AFeed);
        values[1] = now.DFeedMass * KilogramPerPound;
        values[2] = now.EFeedMass * KilogramPerPound;
        values[3] = StandardVolume(now.CFeed);
        values[4] = StandardVolume(now.Recycle);
        values[5] = StandardVolume(now.ReactorFeed);
        values[6] = GaugeKilopascal(now.ReactorPressure);
        values[7] = (now.ReactorLiquid - 84.6f) / 666.7f * 100;
        values[8] = now.ReactorCelsius;
        values[9] = StandardVolume(now.Purge);
        values[10] = now.SeparatorCelsius;
        values[11] = (now.SeparatorLiquid - 27.5) / 290 * 100;
        values[12] = GaugeKilopascal(now.SeparatorPressure);
        values[13] = now.Underflow / FeetPerMetre;
        values[14] = (now.StripperLiquid - 78.25) / Stripper.Volume * 100;
        values[15] = GaugeKilopascal(now.MixingPressure);
        values[16] = now.ProductVolume / FeetPerMetre;
        values[17] = now.StripperCelsius;
        values[18] = now.SteamHeat * 1.04e3 * KilogramPerPound;
        values[19] = now.CompressorWork * 0.29307e3;
        values[20] = now.ReactorCoolantCelsius;
        values[21] = now.CondenserCoolantCelsius;
    }

    /// <summary>What the analysers would find now, in mole percent: A to F of the feed, A to H of the purge, D to H of the product.</summary>
    public static void Analyse(in Operation now, Span<double> percents)
    {
        for (var i = 0; i < 6; i++)
            percents[i] = now.FeedFractions[i] * 100;
        for (var i = 0; i < 8; i++)
            percents[6 + i] = now.PurgeFractions[i] * 100;
        for (var i = 0; i < 5; i++)
            percents[14 + i] = now.ProductFractions[Components.D + i] * 100;
    }

    /// <summary>kPa above 1 atm.</summary>
    public static double GaugeKilopascal(double mmHg) => (mmHg - GasLoop.Atmosphere) / GasLoop.Atmosphere * 101.325f;

    /// <summary>Of a liquid volume in ft³.</summary>
    public static double CubicMetres(double volume) => volume / FeetPerMetre;

    private static double StandardVolume(double flow) => flow * GasVolume / FeetPerMetre;

    private static Measurement Gas(string name, string component, string of, double noise) => Sample(name, component, of, noise, GasHours);

    private static Measurement Sample(string name, string component, string of, double noise, double hours) =>
        new(name, "%", $"Mole percent of {component} in the {of}", noise) { SampledEvery = TimeSpan.FromHours(hours), Delay = TimeSpan.FromHours(hours) };
}
