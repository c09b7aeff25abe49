using System.Text;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Linear;
using Dure.Learn.Recipes;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>Recipes that ask how long machines will last, which no column says.</summary>
public sealed class RemainingLifeTargetTests
{
    private static readonly TableRecipe Recipe = new()
    {
        Name = "pumps",
        Target = RemainingLifeTarget.UsualName,
        RemainingLife = new(),
        Learner = new BoostedTreesLearner { Rounds = 60, LearningRate = 0.1 },
        Features = new FeatureSet([Feature.Of("mean", "wear", ("rows", 10)), Feature.Value("load")]),
    };

    /// <summary>Pumps of 60 to 120 rows an hour apart, whose wear rises to 1 at the last row; the last of them was cut off halfway.</summary>
    private static DatasetTable Pumps(int pumps = 20, bool hasGroups = true, bool hasTimes = true)
    {
        var random = new Random(3);
        var (wear, load, times, groups) = (new List<float>(), new List<float>(), new List<long>(), new List<int>());
        for (var pump = 0; pump < pumps; pump++)
        {
            var life = 60 + 3 * pump;
            for (var row = 0; row < (pump == pumps - 1 ? life / 2 : life); row++)
            {
                wear.Add((float)((double)row / (life - 1) + 0.05 * MadeTable.Normal(random)));
                load.Add((float)random.NextDouble());
                times.Add(row * 3_600_000_000L);
                groups.Add(pump);
            }
        }
        return MadeDatasetTable.Of([MadeDatasetTable.Column("wear", [.. wear]), MadeDatasetTable.Column("load", [.. load])], hasTimes ? [.. times] : null, hasGroups ? [.. groups] : null, pumps);
    }

    private static TableRecipe With(RemainingLifeTarget life) => Recipe with { RemainingLife = life with { CutOff = ["machine 19"] } };

    private static TableResult Train(TableRecipe recipe, DatasetTable? table = null) => TableTraining.Run(recipe, table ?? Pumps(), TimeProvider.System, null, null, 1, TestContext.Current.CancellationToken);

    private static double Figure(TableResult result, int line, string metric) => result.Judgement.Lines[line].Values.Single(value => value.Metric == metric).Value.Value;

    [Fact]
    public void What_is_left_is_told_of_machines_that_were_never_seen()
    {
        var result = Train(With(new()));
        Assert.Equal(SplitKind.Group, result.Plan.Kind);
        Assert.True(Figure(result, 0, "rmse") < 0.6 * Figure(result, 1, "rmse"));
        Assert.True(Figure(result, 0, "rul-score") < Figure(result, 1, "rul-score"));
        Assert.InRange(result.Coverage!.Value, 0.5, 1);
        int[] lives = [.. result.Parts.Train.Select(row => result.Rows.Split.Groups![row]).Distinct().Select(pump => 60 + 3 * pump - 1).Order()];
        var cap = Math.Round(2 / 3.0 * lives[lives.Length / 2]);
        Assert.NotEqual(57, cap); // as all lives together would set it
        Assert.Equal($"remaining life, up to {cap} rows", result.Target);
        Assert.Equal(cap, result.Recipe.RemainingLife!.Cap);
        Assert.Equal(cap, result.Rows.Rows.Target.Labels.Max());
        Assert.Contains(result.Rows.Notes, note => note.Contains("each of 19 machines", StringComparison.Ordinal) && note.Contains("1 that were cut off", StringComparison.Ordinal));
        Assert.DoesNotContain(19, result.Rows.Split.Groups!);
    }

    [Theory]
    [InlineData("rows", 40, 59, 40, 1)]
    [InlineData("h", 1000, 59, 59, 1)]
    [InlineData("min", 3600, 59, 3540, 60)]
    [InlineData("d", 1000, 59, 59 / 24.0, 1 / 24.0)]
    public void It_is_counted_in_rows_or_time_up_to_the_cap(string unit, double cap, int rows, double first, double last)
    {
        var lives = TrainingRows.Of(Pumps(), With(new() { Unit = unit, Cap = cap }), 1, TestContext.Current.CancellationToken);
        float[] own = [.. Enumerable.Range(0, lives.Rows.Count).Where(row => lives.Split.Groups![row] == 0).Select(row => lives.Rows.Target.Labels[row])];
        Assert.Equal(rows + 1, own.Length);
        Assert.Equal(first, own[0], 1e-3);
        Assert.Equal(last, own[^2], 1e-6);
        Assert.Equal(0, own[^1]);
    }

    [Fact]
    public void Nothing_below_none_and_nothing_above_the_cap_is_said_here_in_its_file_and_as_ONNX()
    {
        var result = Train(With(new() { Cap = 50 }) with { Learner = new LinearLearner() });
        var predictor = Predictor.Read(result.Predictor.Write());
        Assert.Equal(result.Predictor.Write(), predictor.Write());
        Assert.NotEqual(1, predictor.Bands!.Bands.Distinct().Count());
        var session = OnnxSession.Create(OnnxModel.Read(predictor.ToOnnx("pumps").Write()));
        foreach (var wear in (float[])[-3, -0.2f, 0.3f, 0.5f, 0.7f, 0.9f, 1.1f, 5])
        {
            float[] row = [wear, 0.5f];
            var said = predictor.Predict(row);
            Assert.InRange(said.Low, 0, said.Value);
            Assert.InRange(said.Value, 0, said.High);
            Assert.InRange(said.High, 0, 50);
            session.Set<float>("x", row, 1, 2);
            session.Run();
            foreach (var (name, value) in new[] { ("prediction", said.Value), ("low", said.Low), ("high", said.High) })
                Assert.Equal(value, session.Get<float>(name)[0], 1e-3);
        }
        Assert.Equal(50, predictor.Predict([-3, 0.5f]).Value);
        Assert.Equal(0, predictor.Predict([5, 0.5f]).Value);
    }

    [Theory]
    [InlineData("no group", "Name the column of the machine")]
    [InlineData("no time", "no times")]
    [InlineData("unit", "'weeks'")]
    [InlineData("cap", "The cap is")]
    [InlineData("unknown", "no machine 'pump 7'")]
    [InlineData("few", "2 machines ran until they failed")]
    [InlineData("ahead", "asked for ahead")]
    [InlineData("class", "as a class")]
    [InlineData("time", "its end would be known")]
    [InlineData("column", "there is one that is called 'wear'")]
    public void What_gives_no_lives_is_refused_with_the_reason(string what, string said)
    {
        var refused = Assert.Throws<ProblemException>(() => what switch
        {
            "no group" => Train(Recipe, Pumps(hasGroups: false)),
            "no time" => Train(With(new() { Unit = "h" }), Pumps(hasTimes: false)),
            "unit" => Train(With(new() { Unit = "weeks" })),
            "cap" => Train(With(new() { Cap = 0 })),
            "unknown" => Train(Recipe with { RemainingLife = new() { CutOff = ["pump 7"] } }),
            "few" => Train(Recipe, Pumps(2)),
            "ahead" => Train(Recipe with { Ahead = 1 }),
            "class" => Train(Recipe with { TargetKind = TargetKind.Class }),
            "time" => Train(Recipe with { Split = new() { Kind = SplitKind.TimeWithinGroup } }),
            _ => Train(Recipe with { Target = "wear" }),
        }).Problem;
        Assert.Contains(said, $"{refused.What} {refused.Mend}", StringComparison.Ordinal);
        Assert.StartsWith("urn:dure:learn:bad-re", refused.Type, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipe_says_it_in_a_member_and_needs_no_target()
    {
        var recipe = RecipeText.Parse(Encoding.UTF8.GetBytes("""{"version": 1, "name": "pumps", "remainingLife": {"cap": 125, "cutOff": ["a"]}}"""));
        Assert.Equal((RemainingLifeTarget.UsualName, "rows", 125.0), (recipe.Target, recipe.RemainingLife!.Unit, recipe.RemainingLife.Cap!.Value));
        Assert.Equal(RecipeText.Write(recipe).ToJsonString(), RecipeText.Write(RecipeText.Parse(RecipeText.Write(recipe))).ToJsonString());
        Assert.Null(RecipeText.Write(RecipeText.Parse("""{"version": 1, "name": "a", "target": "b"}"""u8))["remainingLife"]);
        Assert.Throws<ProblemException>(() => RecipeText.Parse("""{"version": 1, "name": "pumps", "remainingLife": {"caps": 125}}"""u8));
    }
}
