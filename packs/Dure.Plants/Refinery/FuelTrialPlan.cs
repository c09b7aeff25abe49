using Dure.Kernel;

namespace Dure.Plants.Refinery;

/// <summary>How long each part of a trial of the crude unit lasts. The seed and these figures are all that a trial depends on.</summary>
/// <param name="Seed">Of the disturbances, the search and the coins.</param>
/// <param name="Pairs">Pairs of blocks of the switchback, a day each.</param>
public sealed record FuelTrialPlan(int Seed, int Pairs = 12)
{
    public const int LeastPairs = 6, MostPairs = 30;

    /// <summary>The simulated clock of every trial begins here; only the order of entries in a journal says what was before what.</summary>
    public static readonly DateTimeOffset Begin = new(2025, 1, 6, 0, 0, 0, TimeSpan.Zero);

    /// <summary>At the base point, before anything is moved.</summary>
    public static readonly TimeSpan Baseline = TimeSpan.FromDays(14);

    /// <summary>For the loop; eighteen moves at about seventy minutes each, and rest at what they found.</summary>
    public static readonly TimeSpan Search = TimeSpan.FromHours(36);

    public static readonly TimeSpan BlockLength = TimeSpan.FromHours(24);

    /// <summary>Six steps from one point to the other take an hour and a half; the column is slow: four hours after a switch its fuel is still 0.7 % from where it settles, eight hours after it 0.02 %.</summary>
    public static readonly TimeSpan WashOut = TimeSpan.FromHours(8);

    public static DateTimeOffset SearchFrom => Begin + Baseline;

    public static DateTimeOffset BlocksFrom => SearchFrom + Search;

    public DateTimeOffset End => BlocksFrom + 2 * Pairs * BlockLength;

    /// <summary>Under which its series are kept; a trial with other figures has another path.</summary>
    public AssetId Asset => AssetId.Parse($"simulated/crude-unit-{Seed}{(Pairs == 12 ? "" : $"-{Pairs}")}");

    /// <exception cref="ProblemException">Out of range; names what is in it.</exception>
    public void Check()
    {
        if (Seed < 0)
            throw new ProblemException("urn:dure:plants:bad-trial", $"The seed is {Seed}.", "fuel trial", "Give a whole number of 0 or more.");
        if (Pairs is < LeastPairs or > MostPairs)
            throw new ProblemException("urn:dure:plants:bad-trial", $"The switchback has {Pairs} pairs of blocks.", "fuel trial", $"Give {LeastPairs} to {MostPairs}: with fewer than {LeastPairs} there is no 95 % interval.");
    }
}

/// <summary>The parts of a trial, in their order.</summary>
public enum FuelTrialPhase
{
    /// <summary>A fortnight at the base point.</summary>
    Baseline,

    /// <summary>The loop looks for a point with less fuel.</summary>
    Search,

    /// <summary>Back and forth between both points, by chance.</summary>
    Switchback,
}

/// <summary>A move of the set-points that went through the gate.</summary>
/// <param name="Number">Counted within its phase, from 1; 0: the base point at the start.</param>
/// <param name="SetPoints">Both purities, oxygen, stack temperature.</param>
public sealed record FuelTrialMove(FuelTrialPhase Phase, int Number, DateTimeOffset At, IReadOnlyList<double> SetPoints, string Kind, string Reason);

/// <summary>What a phase came to, by the unit's true state.</summary>
/// <param name="FuelTonnes">Fuel used.</param>
/// <param name="FeedKilomoles">Feed processed.</param>
/// <param name="OffSpecificationMinutes">Minutes with a product outside its specification.</param>
/// <param name="EmissionMinutes">Minutes with an emission above its limit.</param>
public sealed record FuelTrialTally(FuelTrialPhase Phase, DateTimeOffset From, DateTimeOffset To, double FuelTonnes, double FeedKilomoles, int OffSpecificationMinutes, int EmissionMinutes, int Moves)
{
    /// <summary>kg of fuel for a kmol of feed.</summary>
    public double SpecificFuel => 1000 * FuelTonnes / FeedKilomoles;
}
