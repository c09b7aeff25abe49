namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The twelve quantities that disturbances let wander: piecewise cubics in time whose knots the generator draws.
/// It draws them whether or not a disturbance is on, so that switching one on does not change the others' chance.
/// </summary>
internal static class RandomWalks
{
    /// <summary>Numbers kept of each: four coefficients, when the piece began, when it ends.</summary>
    public const int Numbers = 6;

    private const int Value = 0, Slope = 1, Quadratic = 2, Cubic = 3, Began = 4, Ends = 5;
    private const double FirstPieceHours = 0.1;

    /// <summary>A walk: the disturbance that moves it, how long its pieces are, and round what and how far it goes.</summary>
    private readonly record struct Shape(ProcessDisturbance By, double Hours, double HoursSpread, double Mean, double Spread);

    /// <summary>Those that return to their mean after each piece's random target; the public code's order, since all draw from one generator.</summary>
    private static readonly Shape[] Wandering =
    [
        new(ProcessDisturbance.CFeedCompositionVaries, 0.5, 0.2, 0.485, 0.03),
        new(ProcessDisturbance.CFeedCompositionVaries, 1, 0.7, 0.005, 0.003),
        new(ProcessDisturbance.DFeedTemperatureVaries, 0.5, 0.25, 45, 10),
        new(ProcessDisturbance.CFeedTemperatureVaries, 1, 0.7, 45, 10),
        new(ProcessDisturbance.ReactorCoolantTemperatureVaries, 0.25, 0.15, 35, 10),
        new(ProcessDisturbance.CondenserCoolantTemperatureVaries, 0.25, 0.15, 40, 10),
        new(ProcessDisturbance.KineticsDrift, 2, 1, 1, 0.25),
        new(ProcessDisturbance.KineticsDrift, 2, 1, 1, 0.25),
        new(ProcessDisturbance.SteamSupplyVaries, 0.5, 0.4, 0, 0.25),
    ];

    /// <summary>Those that grow from zero to one over a piece and fall back within 0.1 h.</summary>
    private static readonly Shape[] Growing =
    [
        new(ProcessDisturbance.ReactorFouling, 2, 1.5, 0, 0),
        new(ProcessDisturbance.CondenserFouling, 3, 2, 0, 0),
        new(ProcessDisturbance.EffluentLineBlocks, 2, 1.5, 0, 0),
    ];

    public static int Count => Wandering.Length + Growing.Length;

    public static void Start(Span<double> walks)
    {
        walks.Clear();
        for (var i = 0; i < Count; i++)
        {
            walks[i * Numbers + Value] = i < Wandering.Length ? Wandering[i].Mean : 0;
            walks[i * Numbers + Ends] = FirstPieceHours;
        }
    }

    /// <summary>Begins the pieces that are due.</summary>
    public static void Continue(Span<double> walks, double hours, DisturbanceSet active, ref NoiseGenerator noise)
    {
        for (var i = 0; i < Wandering.Length; i++)
            if (hours >= walks[i * Numbers + Ends])
                Wander(walks.Slice(i * Numbers, Numbers), Wandering[i], active, ref noise);
        for (var i = 0; i < Growing.Length; i++)
            if (hours >= walks[(Wandering.Length + i) * Numbers + Ends])
                Grow(walks.Slice((Wandering.Length + i) * Numbers, Numbers), Growing[i], active, ref noise);
    }

    public static double At(ReadOnlySpan<double> walks, int index, double hours)
    {
        var walk = walks.Slice(index * Numbers, Numbers);
        var since = hours - walk[Began];
        return walk[Value] + since * (walk[Slope] + since * (walk[Quadratic] + since * walk[Cubic]));
    }

    private static void Wander(Span<double> walk, Shape shape, DisturbanceSet active, ref NoiseGenerator noise)
    {
        var (value, slope) = End(walk);
        var length = shape.HoursSpread * noise.Symmetric() + shape.Hours;
        var target = shape.Spread * noise.Symmetric() * (active.Has(shape.By) ? 1 : 0) + shape.Mean;
        noise.Symmetric(); // The code draws a slope to arrive with, too, and multiplies it by zero.
        Begin(walk, value, slope, (3 * (target - value) - length * 2 * slope) / (length * length),
            (2 * (value - target) + length * slope) / (length * length * length), length);
    }

    private static void Grow(Span<double> walk, Shape shape, DisturbanceSet active, ref NoiseGenerator noise)
    {
        var (value, slope) = End(walk);
        if (value > 0.1)
        {
            Begin(walk, value, slope, -(3 * value + 0.2 * slope) / 0.01, (2 * value + 0.1 * slope) / 0.001, 0.1);
            return;
        }
        var length = shape.HoursSpread * noise.Symmetric() + shape.Hours;
        Begin(walk, 0, 0, (active.Has(shape.By) ? 1 : 0) / (length * length), 0, length);
    }

    private static (double Value, double Slope) End(ReadOnlySpan<double> walk)
    {
        var length = walk[Ends] - walk[Began];
        return (walk[Value] + length * (walk[Slope] + length * (walk[Quadratic] + length * walk[Cubic])),
            walk[Slope] + length * (2 * walk[Quadratic] + 3 * length * walk[Cubic]));
    }

    private static void Begin(Span<double> walk, double value, double slope, double quadratic, double cubic, double length)
    {
        (walk[Value], walk[Slope], walk[Quadratic], walk[Cubic]) = (value, slope, quadratic, cubic);
        walk[Began] = walk[Ends];
        walk[Ends] += length;
    }
}
