using Dure.Kernel;
using Dure.Learn.Explanations;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Tests.Learn.Recipes;
using Xunit;

namespace Dure.Tests.Learn.Explanations;

/// <summary>What would have to be otherwise, and how predictions go with features, of a whole predictor.</summary>
public sealed class PredictorChangeTests
{
    private static readonly Lazy<TableResult> Parts = new(() => Trained(MadeDatasetTable.Parts(800, 1), new() { Name = "parts", Target = "y", Learner = new BoostedTreesLearner { Rounds = 60, LearningRate = 0.1 } }));

    [Fact]
    public void Only_signals_that_are_named_change_to_values_that_were_seen_and_the_wanted_prediction_comes()
    {
        var (predictor, stream, said) = Asked(Parts.Value, row: 3);
        var usual = Parts.Value.Reference.Usual;
        var found = PredictorChanges.Of(predictor, stream, usual, [new("x0"), new("x3"), new("line")], (0, said.Value + 2, double.PositiveInfinity), TestContext.Current.CancellationToken);
        Assert.NotEmpty(found);
        Assert.All(found, one =>
        {
            Assert.True(one.Prediction.Value >= said.Value + 2);
            Assert.InRange(one.Prediction.Value, one.Prediction.Low, one.Prediction.High);
            Assert.All(one.Changes, change =>
            {
                Assert.Contains(change.Signal, (string[])["x0", "x3", "line"]);
                Assert.Contains(change.To, usual.Columns.Single(column => column.Name == change.Signal).Values);
                Assert.Equal(change.Signal == "line", change.ToName is not null);
            });
        });
        Assert.Empty(PredictorChanges.Of(predictor, stream, usual, [new("x7")], (0, said.Value + 2, double.PositiveInfinity), TestContext.Current.CancellationToken));
        var narrow = PredictorChanges.Of(predictor, stream, usual, [new("x3", 0.2f, 0.4f)], (0, double.NegativeInfinity, 100), TestContext.Current.CancellationToken);
        Assert.All(narrow, one => Assert.All(one.Changes, change => Assert.InRange(change.To, 0.2f, 0.4f)));
    }

    [Fact]
    public void What_is_computed_of_a_changed_signal_follows_and_what_is_remembered_cannot_change_alone()
    {
        var table = MadeDatasetTable.Machines(6, 120, 2);
        var features = new FeatureSet([Feature.Value("load"), Feature.Value("level"), new() { Kind = "times", Inputs = [Feature.Value("load"), Feature.Value("load")] }, Feature.Of("mean", "level", ("rows", 5))]);
        var result = Trained(table, new() { Name = "level", Target = "level", Ahead = 1, Features = features, Learner = LearnerCatalog.Default("linear") });
        var (predictor, stream, said) = Asked(result, row: 30);
        Assert.Equal(["load"], PredictorChanges.Changeable(predictor));
        var found = Assert.Single(PredictorChanges.Of(predictor, stream, result.Reference.Usual, [new("load")], said.Value > 1 ? (0, double.NegativeInfinity, said.Value - 0.3) : (0, said.Value + 0.3, double.PositiveInfinity), TestContext.Current.CancellationToken));
        var row = stream.Features.ToArray();
        (row[0], row[2]) = (found.Changes[0].To, found.Changes[0].To * found.Changes[0].To);
        Assert.Equal(predictor.Predict(row).Value, found.Prediction.Value, 1e-4);
        foreach (var (signal, said2) in (ReadOnlySpan<(string, string)>)[("level", "remembers it from earlier rows ('level mean 5')"), ("nothing", "knows no such signal")])
            Assert.Contains(said2, Assert.Throws<ProblemException>(() => PredictorChanges.Of(predictor, stream, result.Reference.Usual, [new(signal)], (0, 0, 1), TestContext.Current.CancellationToken)).Problem.What, StringComparison.Ordinal);
        Assert.Contains("No signal may be changed", Assert.Throws<ProblemException>(() => PredictorChanges.Of(predictor, stream, result.Reference.Usual, [], (0, 0, 1), TestContext.Current.CancellationToken)).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_is_wanted_by_its_name_and_is_then_said()
    {
        var parts = MadeDatasetTable.Parts(600, 4);
        var table = MadeDatasetTable.Of([.. parts.Columns.Where(column => column.Name != "y"), MadeDatasetTable.Column("grade", Array.ConvertAll(parts.TryFind("y")!.Values, value => value < 11 ? 0f : value < 17 ? 1 : 2), ["bad", "fair", "good"])]);
        var result = Trained(table, new() { Name = "grades", Target = "grade", Learner = new BoostedTreesLearner { Rounds = 40, LearningRate = 0.1 } });
        var (predictor, stream, said) = Asked(result, row: 1);
        var other = predictor.Task.Classes.First(name => name != said.Class);
        var found = PredictorChanges.Of(predictor, stream, result.Reference.Usual, [new("x0"), new("x1"), new("x3"), new("x4")], PredictorChanges.WantedClass(predictor, other), TestContext.Current.CancellationToken);
        Assert.NotEmpty(found);
        Assert.All(found, one => Assert.Equal(other, one.Prediction.Class));
        Assert.Contains("bad, fair, good", Assert.Throws<ProblemException>(() => PredictorChanges.WantedClass(predictor, "best")).Problem.Mend, StringComparison.Ordinal);
        Assert.Contains("below or above", Assert.Throws<ProblemException>(() => PredictorChanges.WantedClass(Parts.Value.Predictor, "best")).Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_tells_how_predictions_go_with_what_matters_most_and_counts_the_rows_behind_it()
    {
        var result = Parts.Value;
        Assert.Equal(6, result.Dependences.Count);
        Assert.Equal(result.Importance[0].Feature, result.Dependences[0].Feature);
        Assert.All(result.Dependences, one =>
        {
            Assert.Null(one.Class);
            Assert.True(one.Points.Sum(point => point.Count) <= result.Parts.Test.Length * 1.05);
        });
        var rising = result.Dependences.Single(one => one.Feature == "x3").Points;
        Assert.True(rising[^2].Mean - rising[1].Mean > 5); // the truth is 10 x3
        var line = result.Dependences.Single(one => one.Feature == "line");
        Assert.Equal(["a", "b", "c"], line.Names);
        Assert.Equal(result.Parts.Test.Length, line.Points.Sum(point => point.Count));
        var read = FeatureDependence.Read(FeatureDependence.Write(result.Dependences));
        Assert.Equal(FeatureDependence.Write(result.Dependences), FeatureDependence.Write(read));
        Assert.Equal("urn:dure:learn:damaged-model", Assert.Throws<ProblemException>(() => FeatureDependence.Read("""[{"feature": "a", "class": null, "names": ["b"], "points": []}]"""u8.ToArray())).Problem.Type);
    }

    private static TableResult Trained(Dure.Datasets.DatasetTable table, TableRecipe recipe) => TableTraining.Run(recipe, table, TimeProvider.System, null, null, 1, TestContext.Current.CancellationToken);

    /// <summary>A stream that has seen the rows of the first group up to one.</summary>
    private static (Predictor Predictor, PredictorStream Stream, Prediction Said) Asked(TableResult result, int row)
    {
        var stream = result.Predictor.Start();
        var own = new float[result.Rows.Rows.Features.Columns.Count];
        Prediction? said = null;
        for (var at = 0; at <= row; at++)
        {
            result.Rows.Rows.Features.CopyRow(at, own);
            said = stream.Next(Micros.Time(at * 60_000_000L), signal => ValueOf(result, own, signal));
        }
        return (result.Predictor, stream, said!);
    }

    private static object? ValueOf(TableResult result, float[] row, string signal)
    {
        var value = row[result.Predictor.Plan.Features.ToList().FindIndex(feature => feature.Name == signal)];
        return float.IsNaN(value) ? null : result.Predictor.Categories.TryGetValue(signal, out var names) ? names[(int)value] : (double)value;
    }
}
