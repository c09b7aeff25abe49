using Dure.Kernel;
using Dure.Plants.Integration;

namespace Dure.Plants.Distillation;

/// <summary>What is done to the column, in kmol/min and mole fractions of the light component.</summary>
/// <param name="Reflux">L, into the top tray.</param>
/// <param name="BoilUp">V, from the reboiler.</param>
/// <param name="Feed">F.</param>
/// <param name="FeedComposition">zF.</param>
/// <param name="FeedLiquidShare">qF; 1: boiling liquid.</param>
public readonly record struct ColumnInputs(double Reflux, double BoilUp, double Feed = 1, double FeedComposition = 0.5, double FeedLiquidShare = 1);

/// <summary>
/// Skogestad's Column A: a binary mixture of relative volatility 1.5 on 41 stages with the reboiler first and the total condenser last, linear tray
/// hydraulics, constant molar flows, and levels held by proportional control of the products (Skogestad and Postlethwaite 2005, ch. 13.4;
/// Skogestad 1997, Trans IChemE 75 A). A state is 41 mole fractions x of the liquid, then 41 holdups M in kmol; time is in minutes.
/// </summary>
public static class ColumnA
{
    public const int Stages = 41;
    public const int StateLength = 2 * Stages;

    /// <summary>Reflux and boil-up of the nominal point, 0.99 and 0.01.</summary>
    public const double NominalReflux = 2.70629, NominalBoilUp = 3.20629;

    internal const int FeedStage = 20; // Counted from 0.
    internal const double Volatility = 1.5;
    internal const double HydraulicLag = 0.063;
    internal const double NominalHoldup = 0.5;
    internal const double LevelGain = 10;
    private const double NominalProduct = 0.5;
    private const double NominalLowerReflux = NominalReflux + 1;

    /// <summary>The mole fraction in the vapour over a liquid.</summary>
    public static double Vapour(double x) => Volatility * x / (1 + (Volatility - 1) * x);

    /// <summary>D, which holds the condenser's level, from its holdup.</summary>
    public static double Distillate(ReadOnlySpan<double> state) => NominalProduct + LevelGain * (state[^1] - NominalHoldup);

    /// <summary>B, which holds the reboiler's level, from its holdup.</summary>
    public static double Bottoms(ReadOnlySpan<double> state) => NominalProduct + LevelGain * (state[Stages] - NominalHoldup);

    /// <summary>Rates of change of mole fractions and holdups, per minute.</summary>
    public static void Rates(ReadOnlySpan<double> state, in ColumnInputs inputs, Span<double> rates)
    {
        ReadOnlySpan<double> x = state[..Stages], holdup = state.Slice(Stages, Stages);
        Span<double> composition = rates[..Stages], level = rates.Slice(Stages, Stages);
        var (below, above) = (inputs.BoilUp, inputs.BoilUp + (1 - inputs.FeedLiquidShare) * inputs.Feed);
        var (liquid, vapourIn, vapour) = (LiquidFrom(1, holdup), 0.0, Vapour(x[0]));
        level[0] = liquid - below - Bottoms(state);
        composition[0] = (liquid * (x[1] - x[0]) - below * (vapour - x[0])) / holdup[0];
        for (var i = 1; i < Stages - 1; i++)
        {
            var into = i == Stages - 2 ? inputs.Reflux : LiquidFrom(i + 1, holdup);
            var (rising, leaving) = (i <= FeedStage ? below : above, i < FeedStage ? below : above);
            (vapourIn, vapour) = (vapour, Vapour(x[i]));
            var feed = i == FeedStage ? inputs.Feed : 0;
            level[i] = into - liquid + rising - leaving + feed;
            composition[i] = (into * (x[i + 1] - x[i]) + rising * (vapourIn - x[i]) - leaving * (vapour - x[i]) + feed * (inputs.FeedComposition - x[i])) / holdup[i];
            liquid = into;
        }
        level[^1] = above - inputs.Reflux - Distillate(state);
        composition[^1] = above * (vapour - x[^1]) / holdup[^1];
    }

    /// <summary>The liquid that leaves a tray, by its holdup.</summary>
    internal static double LiquidFrom(int stage, ReadOnlySpan<double> holdup) =>
        (stage <= FeedStage ? NominalLowerReflux : NominalReflux) + (holdup[stage] - NominalHoldup) / HydraulicLag;

    /// <summary>The state to which the column settles under constant inputs.</summary>
    /// <exception cref="ProblemException">Inputs that are not finite, or under which a product or tray runs dry.</exception>
    public static double[] SteadyStateOf(ColumnInputs inputs)
    {
        var state = new double[StateLength];
        Holdups(inputs, state);
        for (var i = 0; i < Stages; i++)
            state[i] = 0.01 + 0.98 * i / (Stages - 1);
        var stepper = new ColumnStepper();
        for (var n = 0; n < 400; n++)
            stepper.Step(state, inputs, minutes: 5);
        SteadyState.Solve((_, at, rates) => Rates(at, inputs, rates), state, 1e-14);
        return state;
    }

    /// <summary>
    /// The reflux and boil-up that give stated products, and the column's state there, by stage-to-stage calculation from both ends to the feed
    /// (Sorel's method): the reflux is right when both sides meet.
    /// </summary>
    /// <param name="top">xD.</param>
    /// <param name="bottom">xB.</param>
    /// <exception cref="ProblemException">Products that no reflux gives.</exception>
    public static (ColumnInputs Inputs, double[] State) FlowsFor(double top, double bottom, double feedComposition = 0.5, double feed = 1)
    {
        if (!(0 < bottom && bottom < feedComposition && feedComposition < top && top < 1 && feed > 0 && double.IsFinite(feed)))
            throw new ProblemException("urn:dure:plants:no-such-separation", $"xD {top}, xB {bottom}, zF {feedComposition}, F {feed} are no products of a column.", "column A",
                "Give 0 < xB < zF < xD < 1 and a feed above 0.");
        var distillate = feed * (feedComposition - bottom) / (top - bottom);
        var state = new double[StateLength];
        var (low, high) = (0.0, 100 * feed);
        for (var n = 0; n < 200 && low < high; n++)
        {
            var middle = (low + high) / 2;
            if (middle == low || middle == high)
                break;
            if (Gap(middle) > 0)
                high = middle;
            else
                low = middle;
        }
        if (Math.Abs(Gap(high)) > 1e-9)
            throw new ProblemException("urn:dure:plants:no-such-separation", $"No reflux up to {100 * feed} gives xD {top} and xB {bottom}.", "column A", "Ask for products that are less pure.");
        var inputs = new ColumnInputs(high, high + distillate, feed, feedComposition);
        Holdups(inputs, state);
        return (inputs, state);

        // How far the profile from the bottom stands above the one from the top, at the feed stage.
        double Gap(double reflux)
        {
            var (boilUp, lower, bottoms) = (reflux + distillate, reflux + feed, feed - distillate);
            (state[0], state[Stages - 1]) = (bottom, top);
            for (var i = 0; i < FeedStage; i++)
                state[i + 1] = Math.Min(1, (boilUp * Vapour(state[i]) + bottoms * bottom) / lower);
            var fromBelow = state[FeedStage];
            var vapour = top;
            for (var i = Stages - 2; i >= FeedStage; i--)
            {
                state[i] = vapour / (Volatility - (Volatility - 1) * vapour);
                vapour = (reflux * state[i] + distillate * top) / boilUp;
            }
            return fromBelow - state[FeedStage];
        }
    }

    /// <summary>Steady-state gains d(xD, xB) / d(L, V), row by row, by central differences around inputs.</summary>
    public static double[] Gains(ColumnInputs inputs, double step = 1e-5)
    {
        var gains = new double[4];
        for (var input = 0; input < 2; input++)
        {
            var (up, down) = (SteadyStateOf(Moved(step)), SteadyStateOf(Moved(-step)));
            gains[input] = (up[Stages - 1] - down[Stages - 1]) / (2 * step);
            gains[2 + input] = (up[0] - down[0]) / (2 * step);
            ColumnInputs Moved(double by) => input == 0 ? inputs with { Reflux = inputs.Reflux + by } : inputs with { BoilUp = inputs.BoilUp + by };
        }
        return gains;
    }

    /// <summary>The holdups at rest.</summary>
    private static void Holdups(ColumnInputs inputs, Span<double> state)
    {
        var holdup = state[Stages..];
        var lower = inputs.Reflux + inputs.FeedLiquidShare * inputs.Feed;
        var above = inputs.BoilUp + (1 - inputs.FeedLiquidShare) * inputs.Feed;
        holdup[0] = NominalHoldup + (lower - inputs.BoilUp - NominalProduct) / LevelGain;
        for (var i = 1; i < Stages - 1; i++)
            holdup[i] = NominalHoldup + HydraulicLag * (i <= FeedStage ? lower - NominalLowerReflux : inputs.Reflux - NominalReflux);
        holdup[^1] = NominalHoldup + (above - inputs.Reflux - NominalProduct) / LevelGain;
        foreach (var one in holdup)
            if (!(one > 0.01))
                throw new ProblemException("urn:dure:plants:runs-dry", $"Under {inputs} a stage holds {one} kmol.", "column A", "Give flows with which both products and all trays have liquid.");
    }
}
