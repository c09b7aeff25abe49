using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>What an optimal design is best in.</summary>
public enum Optimality
{
    /// <summary>The smallest joint region of the coefficients: to find out what matters.</summary>
    D,

    /// <summary>The least variance of predictions on average over the region: to find the best settings.</summary>
    I,
}

/// <summary>How an optimal design is sought.</summary>
public sealed record OptimalSearch
{
    public Optimality Optimality { get; init; } = Optimality.D;

    /// <summary>Designs begun from settings drawn at random; the best is kept.</summary>
    public int Starts { get; init; } = 20;

    public int Seed { get; init; } = 1;

    /// <summary>Runs that were made already and stay as they are; the design is best together with them.</summary>
    public DesignTable? Kept { get; init; }

    /// <summary>How often the factors that are hard to change are set anew; 0: for each run.</summary>
    public int WholePlots { get; init; }

    /// <summary>The variance between whole plots, as a multiple of that between runs of one.</summary>
    public double WholePlotRatio { get; init; } = 1;

    /// <summary>Threads at most; 0: one for each core. The design does not depend on it.</summary>
    public int Threads { get; init; }
}

/// <summary>
/// Designs made for a model, a region and a number of runs, by coordinate exchange (Meyer and Nachtsheim 1995): one setting of one run is changed at a time as long
/// as that makes the design better. With whole plots the settings of a plot change together (Jones and Goos 2007).
/// </summary>
public sealed class OptimalDesign
{
    private const string Where = "optimal design";
    private const int MostRuns = 2000;
    private const int MostColumns = 300;

    private OptimalDesign(DesignTable table, DesignQuality quality) => (Table, Quality) = (table, quality);

    public DesignTable Table { get; }

    public DesignQuality Quality { get; }

    /// <param name="runs">With those kept; at least as many as the model has columns.</param>
    public static OptimalDesign Of(DesignRegion region, DesignModel model, int runs, OptimalSearch? search = null, CancellationToken cancel = default)
    {
        search ??= new();
        Check(region, model, runs, search);
        var moments = DesignQuality.Moments(region, model, search.Seed);
        var found = new (double[][] Rows, double Score)[search.Starts];
        Tasks.For(search.Starts, start =>
        {
            var random = new Random(unchecked(search.Seed * 1_000_003 + start));
            found[start] = search.WholePlots > 0
                ? new PlotExchange(region, model, moments, search, runs).Run(random, cancel)
                : new RunExchange(region, model, moments, search, runs).Run(random, cancel);
        }, search.Threads, cancel);
        var best = found.MaxBy(f => f.Score);
        if (double.IsNegativeInfinity(best.Score))
            throw DesignProblem.Of("singular", $"No design of {runs} runs was found in which all {model.Columns} columns of the model can be told apart.", Where,
                search.WholePlots > 0 ? "Ask for more whole plots or runs, or leave out terms." : "Leave out terms that the region's limits make sums of others, or ask for more runs.");
        var plots = search.WholePlots > 0 ? PlotExchange.PlotsOf(runs, search.WholePlots) : null;
        var table = new DesignTable(region.Factors, best.Rows, null, plots);
        return new(table, DesignQuality.Of(table, model, moments, search.WholePlotRatio));
    }

    private static void Check(DesignRegion region, DesignModel model, int runs, OptimalSearch search)
    {
        if (!region.Factors.SequenceEqual(model.Factors))
            throw DesignProblem.Of("model", "The model and the region have different factors.", Where, "Make both of the same factors, in the same order.");
        if (runs < model.Columns)
            throw DesignProblem.Of("too-few-runs", $"{runs} runs cannot tell {model.Columns} coefficients.", Where, $"Ask for {model.Columns} runs or more (a few more show the noise), or leave out terms.");
        if (runs > MostRuns || model.Columns > MostColumns)
            throw DesignProblem.Of("size", $"{runs} runs with {model.Columns} coefficients are asked for.", Where, $"Stay within {MostRuns} runs and {MostColumns} coefficients.");
        if (search.Starts < 1 || !(search.WholePlotRatio >= 0) || !double.IsFinite(search.WholePlotRatio))
            throw DesignProblem.Of("search", $"{search.Starts} starts and a whole-plot ratio of {search.WholePlotRatio} are asked for.", Where, "Ask for one start or more, and a ratio of 0 or more.");
        if (search.Kept is { } kept && (kept.Runs > runs || search.WholePlots > 0 || !kept.Factors.SequenceEqual(region.Factors)))
            throw DesignProblem.Of("kept", $"{kept.Runs} runs are kept in a design of {runs} that may have other factors or whole plots.", Where, "Keep fewer runs than the design has, of the same factors, without whole plots.");
        if (search.WholePlots > 0)
            CheckPlots(region, runs, search.WholePlots);
    }

    private static void CheckPlots(DesignRegion region, int runs, int plots)
    {
        if (plots > runs || plots < 2)
            throw DesignProblem.Of("whole-plots", $"{plots} whole plots are asked for in {runs} runs.", Where, "Ask for two whole plots or more, and not more than runs.");
        if (!region.Factors.Any(f => f.IsHardToChange))
            throw DesignProblem.Of("whole-plots", "No factor is hard to change.", Where, "Mark the factors that are (IsHardToChange), or ask for no whole plots.");
        for (var f = 0; f < region.Factors.Count; f++)
            if (region.Factors[f].IsHardToChange && region.Binds(f))
                throw DesignProblem.Of("whole-plots", $"Factor {region.Factors[f].Name} is hard to change and bound to others by a mixture or a limit.", Where, "Free it of limits, or ask for no whole plots.");
    }
}
