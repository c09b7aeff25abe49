using System.Globalization;
using System.Text;

namespace Dure.Optimize.Designs;

/// <summary>
/// The runs of an experiment: a row for each, a column for each factor. Rows stand in the order they are to be made in; a new table comes in standard
/// order, and <see cref="Randomised"/> shuffles it.
/// </summary>
public sealed class DesignTable
{
    private readonly double[] coded;
    private readonly int[] standard;
    private readonly int[] blocks;
    private readonly int[] wholePlots;

    internal DesignTable(IReadOnlyList<Factor> factors, IReadOnlyList<double[]> rows, IReadOnlyList<int>? blocks = null, IReadOnlyList<int>? wholePlots = null, int[]? standard = null)
    {
        Factors = factors;
        Runs = rows.Count;
        coded = new double[Runs * factors.Count];
        for (var run = 0; run < Runs; run++)
            rows[run].AsSpan(0, factors.Count).CopyTo(coded.AsSpan(run * factors.Count));
        this.standard = standard ?? [.. Enumerable.Range(0, Runs)];
        this.blocks = blocks is null ? new int[Runs] : [.. blocks];
        this.wholePlots = wholePlots is null ? this.standard : [.. wholePlots];
        HasWholePlots = wholePlots is not null;
        BlockCount = Runs == 0 ? 0 : this.blocks.Max() + 1;
    }

    public IReadOnlyList<Factor> Factors { get; }

    public int Runs { get; }

    /// <summary>How many blocks (days, batches, machines) the runs are parted into; 1 where they are not.</summary>
    public int BlockCount { get; }

    /// <summary>Whether runs share settings of the factors that are hard to change.</summary>
    public bool HasWholePlots { get; }

    /// <summary>A table of runs that were made or planned elsewhere; values are real ones, kinds by their place in the list from 0.</summary>
    public static DesignTable Of(IReadOnlyList<Factor> factors, IReadOnlyList<double[]> real, IReadOnlyList<int>? blocks = null, IReadOnlyList<int>? wholePlots = null)
    {
        const string Where = "runs brought";
        DesignProblem.CheckFactors(factors, Where);
        foreach (var (row, run) in real.Select((row, run) => (row, run)))
        {
            if (row.Length != factors.Count)
                throw DesignProblem.Of("table", $"Run {run + 1} has {row.Length} values for {factors.Count} factors.", Where, "Give one value for each factor.");
            for (var f = 0; f < row.Length; f++)
                if (!double.IsFinite(row[f]) || factors[f] is CategoricalFactor kinds && !(row[f] >= 0 && row[f] < kinds.Levels.Count && row[f] == Math.Floor(row[f])))
                    throw DesignProblem.Of("table", $"Run {run + 1} has {row[f]} for {factors[f].Name}.", Where, "Give a number, and for a kind its place in the list from 0.");
            if (MixtureRest(factors, row) is var rest && Math.Abs(rest) > 1e-6)
                throw DesignProblem.Of("mixture", $"The components of run {run + 1} miss the whole by {rest:G3} of it.", Where, "Make the components of each run sum to the whole.");
        }
        return new(factors, [.. real.Select(row => row.Select((value, f) => factors[f].Encode(value)).ToArray())], Ranked(blocks, real.Count, "blocks"), Ranked(wholePlots, real.Count, "whole plots"));
    }

    /// <summary>The values of a run, coded: -1 to 1, the place of a kind, the share of a component.</summary>
    public ReadOnlySpan<double> Coded(int run) => coded.AsSpan(run * Factors.Count, Factors.Count);

    /// <summary>The value of a factor in a run, in its unit; of a kind its place in the list.</summary>
    public double Value(int run, int factor) => Factors[factor].Decode(coded[run * Factors.Count + factor]);

    /// <summary>The value of a factor in a run as text, without unit.</summary>
    public string Text(int run, int factor) => Factors[factor].Show(coded[run * Factors.Count + factor]);

    /// <summary>The block of a run, from 0.</summary>
    public int Block(int run) => blocks[run];

    /// <summary>The whole plot of a run, from 0: runs of one plot are made without changing what is hard to change.</summary>
    public int WholePlot(int run) => wholePlots[run];

    /// <summary>Where the run stands in the design's systematic order, from 0.</summary>
    public int StandardOrder(int run) => standard[run];

    /// <summary>The same runs in an order drawn by seed: blocks stay together, whole plots too, both in a drawn order themselves.</summary>
    public DesignTable Randomised(int seed)
    {
        var random = new Random(seed);
        var order = Enumerable.Range(0, Runs).ToArray();
        random.Shuffle(order);
        var plotRank = Ranks(random, Runs == 0 ? 0 : wholePlots.Max() + 1);
        var blockRank = Ranks(random, BlockCount);
        return Take([.. order.OrderBy(run => blockRank[blocks[run]]).ThenBy(run => HasWholePlots ? plotRank[wholePlots[run]] : 0)]);
    }

    /// <summary>Only some runs, such as those that did not fail, in the order given.</summary>
    public DesignTable Only(IReadOnlyList<int> runs) => Take([.. runs]);

    /// <summary>All runs made <paramref name="times"/> times; with whole plots each time in plots of its own.</summary>
    public DesignTable Replicated(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        DesignProblem.CheckMost((long)times * Runs, "replicates");
        var plots = Runs == 0 ? 0 : wholePlots.Max() + 1;
        var all = Enumerable.Range(0, times * Runs).ToArray();
        return new(Factors, [.. all.Select(i => Coded(i % Runs).ToArray())], [.. all.Select(i => blocks[i % Runs])],
            HasWholePlots ? [.. all.Select(i => wholePlots[i % Runs] + i / Runs * plots)] : null);
    }

    /// <summary>With runs added at the centre, as many to each block; a kind takes its levels in turn.</summary>
    public DesignTable WithCentres(int perBlock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(perBlock);
        if (Factors.Any(f => f is MixtureComponent) || HasWholePlots)
            throw DesignProblem.Of("centres", "Centre runs are added to designs without mixtures and whole plots.", "centre runs", "Bring the table with them (DesignTable.Of).");
        var added = Enumerable.Range(0, perBlock * BlockCount).ToArray();
        return new(Factors, [.. Enumerable.Range(0, Runs).Select(i => Coded(i).ToArray()), .. added.Select(Centre)],
            [.. blocks, .. added.Select(i => i / perBlock)]);
    }

    /// <summary>The table as comma-separated text with a header, numbers in invariant form.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("run,block");
        if (HasWholePlots)
            text.Append(",whole plot");
        foreach (var factor in Factors)
            text.Append(',').Append(Quoted(factor.Unit.Length > 0 ? $"{factor.Name} [{factor.Unit}]" : factor.Name));
        for (var run = 0; run < Runs; run++)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{run + 1},{blocks[run] + 1}");
            if (HasWholePlots)
                text.Append(CultureInfo.InvariantCulture, $",{wholePlots[run] + 1}");
            for (var f = 0; f < Factors.Count; f++)
                text.Append(',').Append(Quoted(Text(run, f)));
        }
        return text.Append('\n').ToString();
    }

    private DesignTable Take(int[] runs) =>
        new(Factors, [.. runs.Select(run => Coded(run).ToArray())], [.. runs.Select(run => blocks[run])], HasWholePlots ? [.. runs.Select(run => wholePlots[run])] : null, [.. runs.Select(run => standard[run])]);

    private double[] Centre(int turn) =>
        [.. Factors.Select(f => f switch
        {
            CategoricalFactor kinds => turn % kinds.Levels.Count,
            SteppedFactor stepped => stepped.CodedLevels.MinBy(Math.Abs),
            _ => 0.0,
        })];

    private static int[] Ranks(Random random, int count)
    {
        var ranks = Enumerable.Range(0, count).ToArray();
        random.Shuffle(ranks);
        return ranks;
    }

    /// <summary>How far the components of a run are from the whole, as a share of it; 0 without a mixture.</summary>
    private static double MixtureRest(IReadOnlyList<Factor> factors, double[] row)
    {
        var (sum, any) = (0.0, false);
        for (var f = 0; f < row.Length; f++)
            if (factors[f] is MixtureComponent part)
                (sum, any) = (sum + part.Encode(row[f]), true);
        return any ? sum - 1 : 0;
    }

    private static int[]? Ranked(IReadOnlyList<int>? labels, int runs, string what)
    {
        if (labels is null)
            return null;
        if (labels.Count != runs)
            throw DesignProblem.Of("table", $"There are {labels.Count} {what} for {runs} runs.", what, "Name one for each run.");
        var known = labels.Distinct().Order().ToArray();
        return [.. labels.Select(label => Array.BinarySearch(known, label))];
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
