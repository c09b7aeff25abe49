using Dure.Kernel;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Search;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Recipes;
using Xunit;

namespace Dure.Tests.Learn.Explanations;

/// <summary>Why one prediction is what it is: whatever the learner, the parts add up to what is said.</summary>
public sealed class PredictionExplanationTests
{
    public static TheoryData<string, ExplanationWay> OfNumbers => new()
    {
        { """{"kind": "boosted-trees", "rounds": 40}""", ExplanationWay.Exact },
        { """{"kind": "boosted-trees", "rounds": 40, "loss": "tweedie:1.5"}""", ExplanationWay.Exact },
        { """{"kind": "linear"}""", ExplanationWay.Exact },
        { """{"kind": "random-forest", "trees": 30}""", ExplanationWay.Exact },
        { """{"kind": "gaussian-process"}""", ExplanationWay.Sampled },
    };

    [Theory]
    [MemberData(nameof(OfNumbers))]
    public void Parts_add_up_to_the_number_that_is_predicted(string learner, ExplanationWay way)
    {
        var (predictor, rows) = Trained(MadeDatasetTable.Parts(300, 1, missing: 0.05), "y", learner);
        foreach (var row in rows.Take(10))
        {
            var why = Explained(predictor, rows, row);
            Assert.Equal((way, (string?)null), (why.Way, why.Class));
            Assert.Equal(why.Total, why.Usual + why.Parts.Sum(part => part.Adds), 1e-9);
            Assert.Equal(predictor.Predict(row).Value, why.Scale == PartsScale.Logarithm ? Math.Exp(why.Total) : why.Total, 1e-5);
            Assert.Equal(9, why.Parts.Count);
            Assert.Equal(Math.Abs(why.Parts[0].Adds), why.Parts.Max(part => Math.Abs(part.Adds)));
            Assert.All(why.Parts, part => Assert.Equal(way == ExplanationWay.Sampled, part.Error is not null));
        }
    }

    public static TheoryData<string, bool> OfClasses => new()
    {
        { """{"kind": "boosted-trees", "rounds": 30}""", true },
        { """{"kind": "boosted-trees", "rounds": 30}""", false },
        { """{"kind": "logistic"}""", true },
        { """{"kind": "logistic"}""", false },
        { """{"kind": "random-forest", "trees": 30}""", true },
        { """{"kind": "random-forest", "trees": 30}""", false },
        { """{"kind": "neural-network"}""", true },
    };

    [Theory]
    [MemberData(nameof(OfClasses))]
    public void Parts_speak_for_one_class_and_add_up_to_what_is_said_of_it(string learner, bool isOfTwo)
    {
        var (predictor, rows) = Trained(Graded(400, isOfTwo), "grade", learner);
        foreach (var row in rows.Take(5))
            foreach (var (number, name) in predictor.Task.Classes.Index())
            {
                var (why, said) = (Explained(predictor, rows, row, name), predictor.Predict(row));
                Assert.Equal(name, why.Class);
                Assert.Equal(why.Total, why.Usual + why.Parts.Sum(part => part.Adds), 1e-9);
                if (why.Scale == PartsScale.Prediction)
                    Assert.Equal(said.Probabilities[number], why.Total, 1e-5);
                else if (isOfTwo)
                    Assert.Equal(Math.Log(said.Probabilities[number] / (1 - said.Probabilities[number])), why.Total, 1e-4);
                else // scores differ as the logarithms of probabilities do
                    Assert.Equal(Math.Log(said.Probabilities[number] / said.Probabilities[0]), why.Total - Explained(predictor, rows, row, predictor.Task.Classes[0]).Total, 1e-4);
            }
        Assert.Equal(predictor.Predict(rows[0]).Class, Explained(predictor, rows, rows[0]).Class);
    }

    [Fact]
    public void An_ensemble_of_numbers_adds_up_its_members_and_one_whose_members_count_otherwise_is_asked()
    {
        var (trees, rows) = Trained(MadeDatasetTable.Parts(300, 2), "y", """{"kind": "boosted-trees", "rounds": 40}""");
        var (linear, _) = Trained(MadeDatasetTable.Parts(300, 2), "y", """{"kind": "linear"}""");
        var (process, _) = Trained(MadeDatasetTable.Parts(300, 2), "y", """{"kind": "gaussian-process"}""");
        var usual = Table(trees, rows);
        var both = new EnsembleModel(trees.Model.Features, [new(trees.Model, 0.7), new(linear.Model, 0.3)]);
        var exact = both.Explain(rows[0], usual)!;
        var said = new double[1];
        both.Predict(rows[0], said);
        Assert.Equal(said[0], exact.Usual[0] + exact.Parts.Sum(), 1e-5);
        Assert.Null(new EnsembleModel(trees.Model.Features, [new(trees.Model, 0.7), new(process.Model, 0.3)]).Explain(rows[0], usual));
    }

    [Fact]
    public void What_is_sampled_comes_as_near_to_what_is_exact_as_it_says()
    {
        var (predictor, rows) = Trained(MadeDatasetTable.Parts(300, 3), "y", """{"kind": "linear"}""");
        var usual = Table(predictor, rows);
        var exact = predictor.Model.Explain(rows[7], usual)!;
        var sampled = SampledParts.Of(predictor.Model, rows[7], usual, 0, 1, 1, TestContext.Current.CancellationToken)!;
        Assert.Equal(sampled.Parts, SampledParts.Of(predictor.Model, rows[7], usual, 0, 1, 1, TestContext.Current.CancellationToken)!.Parts);
        for (var i = 0; i < exact.Parts.Length; i++)
            Assert.InRange(sampled.Parts[i], exact.Parts[i] - 5 * sampled.Errors[i] - 1e-9, exact.Parts[i] + 5 * sampled.Errors[i] + 1e-9);
    }

    [Fact]
    public void A_forest_too_large_to_be_kept_is_explained_some_trees_at_a_time_to_the_same()
    {
        var (predictor, rows) = Trained(MadeDatasetTable.Parts(1500, 4), "y", """{"kind": "random-forest", "trees": 60, "minRows": 1, "leaves": 4000}""");
        var forest = Assert.IsType<Dure.Learn.Trees.RandomForestModel>(predictor.Model).Trees;
        Assert.True(forest.Trees.Sum(tree => tree.Leaves.Length) > 20_000);
        var (explained, parts) = (new Dure.Learn.Trees.TreeShap(forest), new double[9]);
        explained.Explain(rows[0], parts);
        var inParts = predictor.Model.Explain(rows[0], Table(predictor, rows))!;
        Assert.Equal(explained.Expected[0], inParts.Usual[0], 1e-9);
        for (var i = 0; i < parts.Length; i++)
            Assert.Equal(parts[i], inParts.Parts[i], 1e-9);
    }

    [Fact]
    public void A_model_without_exact_parts_and_with_too_many_features_to_be_asked_gives_none()
    {
        var random = new Random(8);
        var columns = Enumerable.Range(0, 600).Select(i => MadeDatasetTable.Column($"x{i}", [.. Enumerable.Range(0, 60).Select(_ => (float)random.NextDouble())])).ToList();
        var (predictor, rows) = Trained(MadeDatasetTable.Of(columns), "x0", """{"kind": "gaussian-process"}""");
        Assert.Null(Explained(predictor, rows, rows[0]));
    }

    [Fact]
    public void Values_come_with_their_names_and_a_class_that_is_not_there_is_refused()
    {
        var (predictor, rows) = Trained(Graded(300, isOfTwo: true), "grade", """{"kind": "boosted-trees", "rounds": 20}""");
        var why = Explained(predictor, rows, rows[0]);
        Assert.Contains(why.Parts.Single(part => part.Feature == "line").Category, (string[])["a", "b", "c"]);
        Assert.Contains("no class 'fine'", Assert.Throws<ProblemException>(() => Explained(predictor, rows, rows[0], "fine")).Problem.What, StringComparison.Ordinal);
        var (number, others) = Trained(MadeDatasetTable.Parts(200, 5), "y", """{"kind": "linear"}""");
        Assert.Contains("knows no classes", Assert.Throws<ProblemException>(() => Explained(number, others, others[0], "a")).Problem.What, StringComparison.Ordinal);
    }

    private static PredictionExplanation Explained(Predictor predictor, float[][] rows, float[] row, string? ofClass = null) =>
        PredictionExplanation.Of(predictor, row, Table(predictor, rows), ofClass, 1, TestContext.Current.CancellationToken)!;

    private static FeatureTable Table(Predictor predictor, float[][] rows) => new([.. predictor.Plan.Features.Select((feature, i) => new FeatureColumn { Name = feature.Name, IsCategorical = feature.IsCategory, Values = [.. rows.Select(row => row[i])] })]);

    private static Dure.Datasets.DatasetTable Graded(int rows, bool isOfTwo)
    {
        var parts = MadeDatasetTable.Parts(rows, 6);
        var y = parts.TryFind("y")!.Values;
        return MadeDatasetTable.Of([.. parts.Columns.Where(column => column.Name != "y"),
            MadeDatasetTable.Column("grade", Array.ConvertAll(y, value => value < 13 ? 0f : value < 17 || isOfTwo ? 1 : 2), isOfTwo ? ["bad", "good"] : ["bad", "fair", "good"])]);
    }

    private static (Predictor Predictor, float[][] Rows) Trained(Dure.Datasets.DatasetTable table, string target, string learner)
    {
        var recipe = new TableRecipe { Name = "parts", Target = target, Learner = LearnerCatalog.Parse(System.Text.Json.Nodes.JsonNode.Parse(learner)!.AsObject()) };
        var result = TableTraining.Run(recipe, table, TimeProvider.System, null, null, 1, TestContext.Current.CancellationToken);
        return (result.Predictor, [.. Enumerable.Range(0, result.Rows.Rows.Count).Select(at =>
        {
            var row = new float[result.Rows.Rows.Features.Columns.Count];
            result.Rows.Rows.Features.CopyRow(at, row);
            return row;
        })]);
    }
}
