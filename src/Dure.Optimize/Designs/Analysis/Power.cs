using Dure.Kernel.Distributions;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>How likely a design finds an effect of a size that matters.</summary>
/// <param name="Term">A term of the model.</param>
/// <param name="Chance">The probability that its test says so.</param>
public readonly record struct TermPower(string Term, double Chance);

/// <summary>The power of designs, by the non-central F distribution; Montgomery (2017), ch. 10.</summary>
public static class Power
{
    private const string Where = "power";

    /// <summary>For each term the chance that an effect is found.</summary>
    /// <param name="effect">The change of the response from the low to the high setting; of kinds the difference of two, the others in the middle.</param>
    /// <param name="deviation">The standard deviation of runs, in the same unit.</param>
    /// <param name="alpha">The chance of a false finding that is accepted.</param>
    /// <param name="wholePlotRatio">The variance between whole plots over that between runs, for tables that have them.</param>
    public static IReadOnlyList<TermPower> Of(DesignTable table, DesignModel model, double effect, double deviation, double alpha = 0.05, double wholePlotRatio = 1)
    {
        Check(effect, deviation, alpha, wholePlotRatio);
        return TryOf(table, model, effect, deviation, alpha, wholePlotRatio) ?? throw DesignProblem.Of("too-few-runs",
            $"{table.Runs} runs leave nothing to judge noise by beside {model.Columns} coefficients.", Where, "Add runs or whole plots, or leave out terms.");
    }

    private static List<TermPower>? TryOf(DesignTable table, DesignModel model, double effect, double deviation, double alpha, double wholePlotRatio)
    {
        var (matrix, names) = LinearFit.WithBlocks(table, model);
        var p = names.Count;
        var sums = table.HasWholePlots ? new PlotSums(table, matrix, p, new double[table.Runs]) : null;
        if (table.Runs <= p || sums is { PlotFreedom: < 1 } or { RunFreedom: < 1 })
            return null;
        LinearFit.Decompose(matrix, names, table.Runs);
        var inverse = Cholesky.TryOf(DesignQuality.Information(table, matrix, p, wholePlotRatio), p, 1)!.Inverse(1); // the columns are independent
        var powers = new List<TermPower>();
        for (var term = 0; term < model.Terms.Count; term++)
        {
            if (model.Terms[term].IsConstant)
                continue;
            int[] columns = [.. Enumerable.Range(0, model.Columns).Where(c => model.TermOf(c) == term)];
            var below = sums is null ? table.Runs - p : sums.IsOfPlots(columns[0]) ? sums.PlotFreedom : sums.RunFreedom;
            var noncentrality = LeastNoncentrality(inverse, p, columns, effect, model.Terms[term].Order == 1) / (deviation * deviation);
            powers.Add(new(model.NameOf(model.Terms[term]), FisherF.NonCentralUpperTail(FisherF.UpperQuantile(alpha, columns.Length, below), columns.Length, below, noncentrality)));
        }
        return powers;
    }

    /// <summary>How often a design must be made so that every term is found with some chance.</summary>
    public static int ReplicatesFor(DesignTable table, DesignModel model, double effect, double deviation, double chance, double alpha = 0.05, double wholePlotRatio = 1, int most = 50)
    {
        Check(effect, deviation, alpha, wholePlotRatio);
        for (var times = 1; times <= most; times++)
        {
            if (TryOf(table.Replicated(times), model, effect, deviation, alpha, wholePlotRatio) is { } powers && powers.All(t => t.Chance >= chance))
                return times;
        }
        throw DesignProblem.Of("power", $"{most} replicates do not find an effect of {effect:G6} at a deviation of {deviation:G6} with a chance of {chance:P0}.", Where, "Look for a larger effect, lessen the noise, or accept a smaller chance.");
    }

    /// <summary>Of a kind: the two levels that are told apart worst differ by the effect. Otherwise the coefficient is half the effect.</summary>
    private static double LeastNoncentrality(double[] inverse, int p, int[] columns, double effect, bool isMain)
    {
        var size = columns.Length;
        var covariance = new double[size * size];
        for (var a = 0; a < size; a++)
            for (var b = 0; b < size; b++)
                covariance[a * size + b] = inverse[columns[a] * p + columns[b]];
        var factor = Cholesky.TryOf(covariance, size, 1)!; // a part of a positive definite matrix
        var least = double.PositiveInfinity;
        for (var a = 0; a <= size; a++)
            for (var b = 0; b < a; b++)
            {
                var pattern = new double[size];
                pattern[b] = effect / 2;
                if (isMain && a < size)
                    pattern[a] = -effect / 2;
                var solved = (double[])pattern.Clone();
                factor.Solve(solved);
                least = Math.Min(least, Vectors.Dot(pattern, solved));
            }
        return least;
    }

    private static void Check(double effect, double deviation, double alpha, double wholePlotRatio)
    {
        if (!double.IsFinite(effect) || effect == 0 || !(deviation > 0) || !double.IsFinite(deviation) || !(alpha > 0 && alpha < 1) || !(wholePlotRatio >= 0))
            throw DesignProblem.Of("power", $"An effect of {effect} at a deviation of {deviation}, alpha {alpha} and a whole-plot ratio of {wholePlotRatio} are asked for.", Where, "Give finite numbers: an effect other than 0, a deviation above 0, alpha between 0 and 1.");
    }
}
