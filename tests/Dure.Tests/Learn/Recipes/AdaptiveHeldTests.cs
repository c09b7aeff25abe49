using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>An interval over time: it follows the outcomes that are told, and is judged with the delay in which they come.</summary>
public sealed class AdaptiveHeldTests
{
    private static readonly TableRecipe Plain = new() { Name = "series", Target = "y", Features = new FeatureSet([Feature.Value("x")]), Learner = LearnerCatalog.Default("linear") };

    [Fact]
    public void Where_the_series_becomes_noisier_the_interval_that_follows_holds_and_the_fixed_one_does_not()
    {
        var result = Trained(Plain, Series(2400));
        Assert.True(result.Coverage < 0.8);
        var following = result.Adaptive!;
        Assert.InRange(following.Coverage, 0.85, 0.95);
        Assert.True(following.Worst > result.Adaptive!.FixedWorst + 0.1);
        Assert.True(following.Width > following.FixedWidth);
        var card = PredictorCard.Markdown(PredictorManifestWriter.Write(result, bytes => new(ContentHash.Of(bytes).ToString(), bytes.Length)));
        Assert.Contains("Where outcomes are told back, the interval follows them. On the same rows, in order of time and with each outcome told before the next row", card, StringComparison.Ordinal);
        Assert.Contains("In the worst tenth of that time", card, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void The_judgement_is_what_a_stream_does_that_is_told_each_outcome_when_it_comes(int ahead)
    {
        var result = Trained(Plain with { Ahead = ahead }, Series(1200));
        var (rows, test) = (result.Rows, result.Parts.Test);
        var stream = Predictor.Read(result.Predictor.Write()).Start();
        var (said, held, width) = (new List<Prediction>(), 0, 0.0);
        foreach (var (number, row) in test.OrderBy(row => rows.Split.TimesMicros![row]).Index())
        {
            if (number >= Math.Max(1, ahead))
                stream.Tell(rows.Rows.Target.Labels[test[number - Math.Max(1, ahead)]]);
            said.Add(stream.Next(Micros.Time(rows.Split.TimesMicros![row]), _ => (double)rows.Rows.Features.Columns[0].Values[row])!);
            held += said[^1].Low <= rows.Rows.Target.Labels[row] && rows.Rows.Target.Labels[row] <= said[^1].High ? 1 : 0;
            width += said[^1].High - said[^1].Low;
        }
        Assert.Equal(Math.Max(1, ahead), stream.Untold);
        Assert.Equal(result.Adaptive!.Coverage, (double)held / test.Length, 1e-12);
        Assert.Equal(result.Adaptive.Width, width / test.Length, 1e-9);
        Assert.True(said[^1].High - said[^1].Low > 1.2 * (said[0].High - said[0].Low)); // it became noisier
    }

    [Fact]
    public void Before_an_outcome_is_told_the_interval_is_the_fixed_one_and_an_outcome_never_known_is_passed_over()
    {
        var predictor = Trained(Plain, Series(600)).Predictor;
        var stream = predictor.Start();
        var first = stream.Next(null, _ => 0.5)!;
        Assert.Equal(2 * predictor.Conformal.Radius, first.High - first.Low, 1e-9);
        stream.Tell(null);
        Assert.Equal(2 * predictor.Conformal.Radius, stream.Next(null, _ => 0.5) is { } second ? second.High - second.Low : 0, 1e-9);
        stream.Tell(first.Value + 1000);
        Assert.Contains("No prediction waits", Assert.Throws<ProblemException>(() => stream.Tell(1)).Problem.What, StringComparison.Ordinal);
        for (var i = 0; i < 60; i++)
        {
            stream.Next(null, _ => 0.5);
            stream.Tell(first.Value + 1000);
        }
        var wide = stream.Next(null, _ => 0.5)!;
        Assert.True(wide.High - wide.Low > 4 * predictor.Conformal.Radius); // sixty misses in a row
        Assert.Contains("NaN", Assert.Throws<ProblemException>(() => stream.Tell(double.NaN)).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_rows_are_not_parted_by_time_the_interval_is_fixed_and_says_so()
    {
        var result = Trained(Plain with { Features = null }, MadeDatasetTable.Parts(300, 1));
        Assert.Null(result.Adaptive);
        Assert.False(result.Predictor.CanAdapt);
        var stream = result.Predictor.Start();
        Assert.Contains("fixed one", Assert.Throws<ProblemException>(() => stream.Tell(1)).Problem.What, StringComparison.Ordinal);
        var classes = Trained(Plain with { Target = "z", Features = new FeatureSet([Feature.Value("x")]), Learner = LearnerCatalog.Default("logistic") }, WithClasses(Series(600)));
        Assert.Null(classes.Adaptive);
    }

    [Fact]
    public void Each_machine_has_a_band_of_its_own()
    {
        var one = Series(600);
        var result = Trained(Plain, one);
        var twins = MadeDatasetTable.Of([.. one.Columns.Select(column => column with { Values = [.. column.Values, .. column.Values] })], [.. one.TimesMicros!, .. one.TimesMicros!], [.. Enumerable.Range(0, 1200).Select(row => row / 600)], 2);
        var both = TrainingRows.Of(twins, Plain, 1, TestContext.Current.CancellationToken);
        var held = AdaptiveHeld.Of(result.Predictor, both, [.. result.Parts.Test, .. result.Parts.Test.Select(row => row + 600)], 1, TestContext.Current.CancellationToken);
        Assert.Equal(result.Adaptive!.Coverage, held!.Coverage, 1e-12);
        Assert.Equal(result.Adaptive.Width, held.Width, 1e-9);
    }

    private static TableResult Trained(TableRecipe recipe, DatasetTable table) => TableTraining.Run(recipe, table, TimeProvider.System, null, null, 1, TestContext.Current.CancellationToken);

    /// <summary>A line whose noise grows to threefold over the last third.</summary>
    private static DatasetTable Series(int rows)
    {
        var random = new Random(4);
        float[] x = [.. Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble())];
        float[] y = [.. x.Select((value, row) => (float)(2 * value + MadeTable.Normal(random) * (1 + 2 * Math.Max(0, row - 0.66 * rows) / (0.34 * rows))))];
        return MadeDatasetTable.Of([MadeDatasetTable.Column("x", x), MadeDatasetTable.Column("y", y)], [.. Enumerable.Range(0, rows).Select(row => row * 60_000_000L)]);
    }

    private static DatasetTable WithClasses(DatasetTable series) =>
        MadeDatasetTable.Of([.. series.Columns.Where(column => column.Name == "x"), MadeDatasetTable.Column("z", [.. series.TryFind("y")!.Values.Select(value => value > 1 ? 1f : 0)], ["low", "high"])], series.TimesMicros);
}
