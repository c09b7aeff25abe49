namespace Dure.Plants.TennesseeEastman;

/// <summary>Everything of the process that changes, as places in one row of numbers: the whole of a snapshot.</summary>
internal readonly ref struct ProcessNumbers(Span<double> all)
{
    private const int HoursAt = Flowsheet.States, NoiseAt = HoursAt + 1, CommandsAt = NoiseAt + 1, AimsAt = CommandsAt + Valves.Count,
        WalksAt = AimsAt + Valves.Count, NearAt = WalksAt + 12 * RandomWalks.Numbers, ScanAt = NearAt + 4, ScanNoiseAt = ScanAt + Gauges.Continuous,
        ReportsAt = ScanNoiseAt + 1, SamplesAt = ReportsAt + Gauges.Sampled, GasDueAt = SamplesAt + Gauges.Sampled, ProductDueAt = GasDueAt + 1,
        ShutdownAt = ProductDueAt + 1;

    public const int Length = ShutdownAt + 1;

    private readonly Span<double> all = all;

    /// <summary>What the units hold, the coolants, the valves' positions.</summary>
    public Span<double> Physical => all[..Flowsheet.States];

    public Span<double> Positions => all.Slice(Flowsheet.ValvesAt, Valves.Count);

    public ref double Hours => ref all[HoursAt];

    /// <summary>The generator's state.</summary>
    public ref double Noise => ref all[NoiseAt];

    /// <summary>What control asks of the valves, percent.</summary>
    public Span<double> Commands => all.Slice(CommandsAt, Valves.Count);

    /// <summary>Where the valves are going: the commands, less what sticks.</summary>
    public Span<double> Aims => all.Slice(AimsAt, Valves.Count);

    public Span<double> Walks => all.Slice(WalksAt, 12 * RandomWalks.Numbers);

    /// <summary>The temperatures found last.</summary>
    public Span<double> Near => all.Slice(NearAt, 4);

    /// <summary>The last scan of the 22 instruments, without noise.</summary>
    public Span<double> Scan => all.Slice(ScanAt, Gauges.Continuous);

    /// <summary>The generator's state when that scan's noise begins; 0: it has none.</summary>
    public ref double ScanNoise => ref all[ScanNoiseAt];

    /// <summary>What the analysers report.</summary>
    public Span<double> Reports => all.Slice(ReportsAt, Gauges.Sampled);

    /// <summary>The samples they work on.</summary>
    public Span<double> Samples => all.Slice(SamplesAt, Gauges.Sampled);

    public ref double GasDue => ref all[GasDueAt];
    public ref double ProductDue => ref all[ProductDueAt];

    /// <summary>The number of the limit that stopped the plant; 0: it runs.</summary>
    public ref double Shutdown => ref all[ShutdownAt];
}
