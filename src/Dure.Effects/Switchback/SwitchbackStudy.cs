using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>
/// A randomised switchback and how it is judged. The effect on a metric is the mean, over pairs of blocks, of the difference of its logarithms, with the
/// interval of <see cref="TypicalValues"/>; shown as a change in per cent. Blocks before the experiment, where there are any, give slopes on covariates,
/// and the deviation from which the number of pairs is judged.
/// </summary>
/// <param name="Metrics">All figures that are reported.</param>
/// <param name="Covariates">Columns that the treatment cannot move, such as feed or weather.</param>
/// <param name="Level">Stated coverage of the intervals.</param>
public sealed record SwitchbackStudy(SwitchbackDesign Design, IReadOnlyList<SwitchbackMetric> Metrics, IReadOnlyList<string> Covariates, double Level = 0.95) : IEffectStudy
{
    /// <summary>The check for carry-over cries wolf in one of a hundred sound experiments, not in one of twenty.</summary>
    private const double CarryOverLevel = 0.99;

    private const string Kind = "switchback";

    /// <summary>Judges the experiment.</summary>
    /// <param name="start">When the first block began.</param>
    /// <param name="history">A stretch of the record before, all without treatment; null: none.</param>
    /// <exception cref="ProblemException">Too few pairs, a block without rows, a column that is missing.</exception>
    public SwitchbackResult Evaluate(SwitchbackRecord record, DateTimeOffset start, TimeRange? history = null)
    {
        Design.Check(Level);
        if (history is { } before && before.End > start)
            throw new ProblemException("urn:dure:effects:history-overlaps", $"The history lasts until {before.End:yyyy-MM-dd HH:mm}, the experiment begins {start:yyyy-MM-dd HH:mm}.", "switchback study", "Take as history only what was before the experiment.");
        var blocks = BlockSums.Of(this, record, start, Design.Assignment());
        var earlier = History(record, history);
        var slopes = Metrics.Select((_, m) => CovariateSlopes.Fit(earlier, m, Covariates.Count)).ToArray();
        var effects = Metrics.Select((metric, m) => Judge(metric, m, blocks, slopes[m])).ToArray();
        return new(this, start, effects, CarryOver(blocks, slopes[0]), blocks, earlier);
    }

    /// <summary>The pairs with which an effect on the first metric is found nine times of ten, from how blocks of the history differ.</summary>
    /// <param name="effect">A share: -0.2 for a fifth less.</param>
    public int PairsNeeded(SwitchbackRecord record, TimeRange history, double effect)
    {
        var blocks = History(record, history);
        var slopes = CovariateSlopes.Fit(blocks, 0, Covariates.Count);
        var pairs = blocks.Length / 2;
        if (pairs < 3)
            throw new ProblemException("urn:dure:effects:short-history", $"The history holds {blocks.Length} blocks.", "switchback study", "Give at least six blocks from before the experiment.");
        var squares = 0.0;
        for (var pair = 0; pair < pairs; pair++)
            squares += Math.Pow(slopes.Logarithm(blocks[2 * pair + 1], 0) - slopes.Logarithm(blocks[2 * pair], 0), 2);
        return SwitchbackDesign.PairsNeeded(effect, Math.Sqrt(squares / pairs), Level);
    }

    /// <summary>Refuses a design that would probably not find the effect.</summary>
    /// <exception cref="ProblemException">With the pairs it takes.</exception>
    public void Require(SwitchbackRecord record, TimeRange history, double effect)
    {
        Design.Check(Level);
        if (PairsNeeded(record, history, effect) is var needed && needed > Design.Pairs)
            throw Design.TooFew(needed, $"to find {effect:P1} nine times of ten under these disturbances");
    }

    void IEffectStudy.Describe(JsonObject plan)
    {
        plan["study"] = Kind;
        plan["level"] = Level;
        plan["pairs"] = Design.Pairs;
        plan["blockMinutes"] = Design.BlockLength.TotalMinutes;
        plan["washOutMinutes"] = Design.WashOut.TotalMinutes;
        plan["seed"] = Design.Seed;
        plan["assignment"] = string.Concat(Design.Assignment().Select(treated => treated ? '1' : '0'));
        plan["covariates"] = new JsonArray([.. Covariates.Select(name => JsonValue.Create(name))]);
        plan["metrics"] = new JsonArray([.. Metrics.Select(metric => new JsonObject
        {
            ["name"] = metric.Name, ["meaning"] = metric.Meaning, ["unit"] = metric.Unit, ["numerator"] = metric.Numerator, ["denominator"] = metric.Denominator, ["scale"] = metric.Scale,
            ["higherIsBetter"] = metric.HigherIsBetter,
        })]);
    }

    /// <summary>The study of a plan in the journal; null when it is of another kind.</summary>
    internal static SwitchbackStudy? From(JsonObject plan) => (string?)plan["study"] != Kind ? null : new(
        new((int)(double)plan["pairs"]!, TimeSpan.FromMinutes((double)plan["blockMinutes"]!), TimeSpan.FromMinutes((double)plan["washOutMinutes"]!), (int)(double)plan["seed"]!), // written by Describe
        [.. plan["metrics"]!.AsArray().Select(one => new SwitchbackMetric((string)one!["name"]!, (string)one["meaning"]!, (string)one["unit"]!, (string)one["numerator"]!, (string?)one["denominator"],
            (double)one["scale"]!, (bool)one["higherIsBetter"]!))],
        [.. plan["covariates"]!.AsArray().Select(name => (string)name!)], (double)plan["level"]!);

    /// <summary>Compared by what they hold, so that a plan read back from the journal is the plan that was written.</summary>
    public bool Equals(SwitchbackStudy? other) => other is not null && Design == other.Design && Level.Equals(other.Level) && Metrics.SequenceEqual(other.Metrics) && Covariates.SequenceEqual(other.Covariates);

    public override int GetHashCode() => HashCode.Combine(Design, Level, Metrics.Count, Covariates.Count);

    private BlockSums[] History(SwitchbackRecord record, TimeRange? history)
    {
        if (history is not { } range)
            return [];
        // Whole blocks, ending where the history ends: the newest are the most like the experiment.
        var blocks = (int)(range.Length / Design.BlockLength);
        return BlockSums.Of(this, record, range.End - blocks * Design.BlockLength, new bool[blocks]);
    }

    private SwitchbackEffect Judge(SwitchbackMetric metric, int m, BlockSums[] blocks, CovariateSlopes slopes)
    {
        var differences = Differences(blocks, block => slopes.Logarithm(block, m));
        return new(metric, Arm(blocks, m, isTreated: true), Arm(blocks, m, isTreated: false), Percent(TypicalValues.Interval(differences, Level, Design.Seed)),
            Percent(TypicalValues.Interval(Differences(blocks, block => Math.Log(block.Value(m))), Level, Design.Seed)), slopes.AreUsed);
    }

    /// <summary>The effect in the earlier half of the blocks less that in the later: where it is not 0, the wash-out was too short.</summary>
    private Interval CarryOver(BlockSums[] blocks, CovariateSlopes slopes)
    {
        var level = Design.Pairs < SwitchbackDesign.LeastPairs(CarryOverLevel) ? Level : CarryOverLevel;
        return Percent(TypicalValues.Interval(Differences(blocks, block => slopes.HalfLogarithm(block, 0, 0) - slopes.HalfLogarithm(block, 0, 1)), level, Design.Seed));
    }

    private static double[] Differences(BlockSums[] blocks, Func<BlockSums, double> figure)
    {
        var differences = new double[blocks.Length / 2];
        for (var pair = 0; pair < differences.Length; pair++)
        {
            var (first, second) = (blocks[2 * pair], blocks[2 * pair + 1]);
            differences[pair] = (figure(first) - figure(second)) * (first.IsTreated ? 1 : -1);
        }
        return differences;
    }

    /// <summary>The mean of one kind's blocks by Student's t. Blocks that follow each other are alike, so that this interval is a description; the effect's is the proof.</summary>
    private Interval Arm(BlockSums[] blocks, int m, bool isTreated)
    {
        double[] values = [.. blocks.Where(block => block.IsTreated == isTreated).Select(block => block.Value(m))];
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        var half = Dure.Kernel.Distributions.StudentT.Quantile(0.5 + Level / 2, values.Length - 1) * deviation / Math.Sqrt(values.Length);
        return new(mean, mean - half, mean + half, Level);
    }

    private static Interval Percent(Interval logarithms) => new(100 * double.ExpM1(logarithms.Estimate), 100 * double.ExpM1(logarithms.Low), 100 * double.ExpM1(logarithms.High), logarithms.Level);
}
