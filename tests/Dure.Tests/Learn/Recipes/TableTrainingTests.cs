using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

public sealed class TableTrainingTests
{
    private static readonly TableRecipe Plain = new() { Name = "parts", Target = "y", Learner = new BoostedTreesLearner { Rounds = 60, LearningRate = 0.1 } };

    [Fact]
    public void A_recipe_gives_a_model_with_figures_on_rows_it_has_not_seen_beside_answers_that_look_at_nothing()
    {
        var result = Train(Plain, MadeDatasetTable.Parts(1500, 1));
        var (train, validation, test) = (result.Parts.Train, result.Parts.Validation, result.Parts.Test);
        Assert.Equal(1500, train.Concat(validation).Concat(test).Distinct().Count());
        Assert.InRange(Figure(result, 0, "rmse"), 0.8, 2.5);
        Assert.Contains(result.Judgement.Lines, line => line is { Name: "mean", LooksAtNothing: true });
        Assert.True(Figure(result, 0, "rmse") < 0.5 * Figure(result, 1, "rmse"));
        Assert.InRange(result.Coverage!.Value, 0.84, 0.96);
        Assert.NotEmpty(result.Curve);
    }

    [Fact]
    public void What_was_only_learnt_by_heart_does_not_matter()
    {
        var random = new Random(9);
        float[] noise(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble())];
        var learner = new RandomForestLearner { Trees = 50, MinRows = 1 };
        // Nothing is to be learnt: on the rows that taught, the forest would lean on both columns heavily.
        var result = Train(Plain with { Learner = learner }, MadeDatasetTable.Of([MadeDatasetTable.Column("one", noise(400)), MadeDatasetTable.Column("other", noise(400)), MadeDatasetTable.Column("y", noise(400))]));
        Assert.Equal(2, result.Importance.Count);
        Assert.All(result.Importance, one => Assert.InRange(one.Rise.Value, -0.05, 0.05));
    }

    [Fact]
    public void The_same_recipe_data_and_seed_give_the_same_manifest_on_one_thread_and_on_two()
    {
        var table = MadeDatasetTable.Parts(600, 2, missing: 0.05);
        byte[] manifest(int threads) => CanonicalJson.Serialize(System.Text.Json.JsonSerializer.SerializeToNode(
            PredictorManifestWriter.Write(Train(Plain, table, threads), bytes => new(ContentHash.Of(bytes).ToString(), bytes.Length)), PredictorJson.Default.PredictorManifest));
        Assert.Equal(manifest(1), manifest(2));
    }

    [Fact]
    public void A_model_in_its_file_predicts_row_by_row_what_it_predicted_for_the_table()
    {
        var table = MadeDatasetTable.Machines(6, 200, 3);
        var recipe = Plain with
        {
            Target = "level",
            Ahead = 1,
            Features = new FeatureSet([Feature.Value("*"), Feature.Of("lag", "level", ("rows", 3)), Feature.Of("mean", "load", ("rows", 5))]),
        };
        var result = Train(recipe, table);
        Assert.True(Figure(result, 0, "rmse") < 0.5 * result.Judgement.Lines.Single(line => line.Name == "what it was when asked").Values.Single(value => value.Metric == "rmse").Value.Value);
        var predictor = Predictor.Read(result.Predictor.Write());
        Assert.Equal(result.Predictor.Write(), predictor.Write());
        var stream = predictor.Start();
        for (var row = 0; row < 199; row++)
        {
            var at = row;
            var said = stream.Next(Micros.Time(table.TimesMicros![row]), signal => (double)table.TryFind(signal)!.Values[at]);
            var own = new float[result.Rows.Rows.Features.Columns.Count];
            result.Rows.Rows.Features.CopyRow(row, own);
            Assert.Equal(result.Predictor.Predict(own).Value, said!.Value);
            Assert.InRange(said.Value, said.Low, said.High);
        }
    }

    [Fact]
    public void As_ONNX_it_gives_prediction_and_interval()
    {
        var result = Train(Plain, MadeDatasetTable.Parts(400, 4));
        var features = result.Rows.Rows.Features;
        var session = OnnxSession.Create(OnnxModel.Read(result.Predictor.ToOnnx("parts").Write()));
        var row = new float[features.Columns.Count];
        for (var at = 0; at < 50; at++)
        {
            features.CopyRow(at, row);
            session.Set<float>("x", row, 1, row.Length);
            session.Run();
            var said = result.Predictor.Predict(row);
            Assert.Equal(said.Value, session.Get<float>("prediction")[0], 1e-4);
            Assert.Equal(said.Low, session.Get<float>("low")[0], 1e-4);
            Assert.Equal(said.High, session.Get<float>("high")[0], 1e-4);
        }
    }

    [Fact]
    public void Classes_come_with_the_set_among_which_the_true_one_is()
    {
        var parts = MadeDatasetTable.Parts(1200, 5);
        var y = parts.TryFind("y")!.Values;
        var grades = MadeDatasetTable.Column("grade", Array.ConvertAll(y, value => value < 11 ? 0f : value < 17 ? 1 : 2), ["bad", "fair", "good"]);
        var table = MadeDatasetTable.Of([.. parts.Columns.Where(column => column.Name != "y"), grades]);
        var result = Train(Plain with { Target = "grade", Metric = "macro-f1" }, table);
        Assert.Equal(["bad", "fair", "good"], result.Predictor.Task.Classes);
        Assert.True(Figure(result, 0, "macro-f1") > 0.6);
        Assert.InRange(result.Coverage!.Value, 0.84, 0.97);
        var row = new float[9];
        result.Rows.Rows.Features.CopyRow(0, row);
        var said = result.Predictor.Predict(row);
        Assert.Contains(said.Class!, said.Classes);
        Assert.Equal(1, said.Probabilities.Sum(), 6);
    }

    [Fact]
    public void Without_a_learner_a_search_finds_one_and_judges_itself_without_flattery()
    {
        var result = Train(Plain with { Learner = null, SearchBudget = TimeSpan.FromSeconds(3) }, MadeDatasetTable.Parts(500, 6));
        Assert.NotEmpty(result.Search!.Tried);
        Assert.InRange(result.Nested!.Value.Value, 0.8, 3);
        Assert.Equal("ensemble", result.Predictor.Model.Kind);
    }

    [Fact]
    public void Where_nothing_is_declared_features_are_proposed_and_the_search_takes_them_when_they_help()
    {
        var random = new Random(9);
        float[] column() => [.. Enumerable.Range(0, 600).Select(_ => (float)(1 + random.NextDouble()))];
        var (torque, speed, other) = (column(), column(), column());
        var table = MadeDatasetTable.Of([MadeDatasetTable.Column("torque", torque), MadeDatasetTable.Column("speed", speed), MadeDatasetTable.Column("other", other),
            MadeDatasetTable.Column("power", [.. torque.Zip(speed, (t, s) => t * s + 0.3f * (float)random.NextDouble())])]);
        var result = Train(Plain with { Target = "power", Learner = null, SearchBudget = TimeSpan.FromSeconds(4) }, table);
        Assert.Contains("torque times speed", result.Rows.Plan.Features.Select(feature => feature.Name));
        Assert.Contains(result.Rows.Notes, note => note.Contains("proposed", StringComparison.Ordinal));
        Assert.Equal(result.Predictor.Write(), Predictor.Read(result.Predictor.Write()).Write());
    }

    [Fact]
    public void Where_rows_come_irregularly_no_label_lies_in_a_later_part()
    {
        var random = new Random(11);
        long[] times = [.. Enumerable.Range(0, 1500).Select(row => 1_000_000L * (row < 900 ? row : 900 + (row - 900) * 60))];
        float[] level = [.. Enumerable.Range(0, 1500).Select(row => (float)(Math.Sin(row / 30.0) + 0.1 * random.NextDouble()))];
        var result = Train(Plain with { Target = "level", Ahead = 100 }, MadeDatasetTable.Of([MadeDatasetTable.Column("level", level)], times));
        var (rows, parts) = (result.Rows, result.Parts);
        var (validation, test) = (parts.Validation.Min(row => rows.Split.TimesMicros![row]), parts.Test.Min(row => rows.Split.TimesMicros![row]));
        Assert.All(parts.Train, row => Assert.True(rows.LabelMicros![row] < validation));
        Assert.All(parts.Validation, row => Assert.True(rows.LabelMicros![row] < test));
        Assert.Contains(parts.Notes, note => note.Contains("labels lie in a later part", StringComparison.Ordinal));
        // The same inside the rows to learn from, where a search judges its candidates.
        var folds = TrainingParts.Folds(rows, result.Plan, parts.Train, 4);
        Assert.Equal(4, folds.Length);
        Assert.All(folds, fold => Assert.All(fold.Learn, row => Assert.True(rows.LabelMicros![row] < fold.Judge.Concat(fold.Stop).Min(later => rows.Split.TimesMicros![later]))));
        Assert.All(folds, fold => Assert.All(fold.Stop, row => Assert.True(rows.LabelMicros![row] < fold.Judge.Min(later => rows.Split.TimesMicros![later]))));
    }

    [Fact]
    public void The_datasets_own_split_says_which_rows_judge_where_the_recipe_says_nothing()
    {
        var machines = MadeDatasetTable.Machines(3, 200, 12);
        var table = new DatasetTable { Version = machines.Version, Rows = machines.Rows, Columns = machines.Columns, TimesMicros = machines.TimesMicros, Groups = machines.Groups, GroupNames = machines.GroupNames, IsHeldOut = [.. Enumerable.Range(0, 600).Select(row => row % 200 >= 120)] };
        var result = Train(Plain with { Target = "level" }, table);
        Assert.All(result.Parts.Test, row => Assert.True(result.Rows.Source[row] % 200 >= 120));
        Assert.Equal(240, result.Parts.Test.Length);
        Assert.Contains(result.Parts.Notes, note => note.Contains("own split", StringComparison.Ordinal));
        // Machines stand on both sides: no label of an earlier row may lie among those that judge, nor among those that set the interval.
        var ahead = Train(Plain with { Target = "level", Ahead = 10 }, table);
        Assert.All(ahead.Parts.Train.Concat(ahead.Parts.Validation), row => Assert.True(ahead.Rows.LabelMicros![row] < 120 * 60_000_000L));
        Assert.All(ahead.Parts.Train, row => Assert.All(ahead.Parts.Validation, later => Assert.True(ahead.Rows.Split.Groups![row] != ahead.Rows.Split.Groups[later] || ahead.Rows.LabelMicros![row] < ahead.Rows.Split.TimesMicros![later])));
    }

    [Fact]
    public void A_row_is_served_in_the_precision_it_was_learnt_in_and_a_needed_time_is_asked_for()
    {
        var machines = MadeDatasetTable.Machines(4, 150, 13);
        var counter = MadeDatasetTable.Column("count", [.. Enumerable.Range(0, 600).Select(row => 2e7f + 3 * (row % 150))]);
        var table = MadeDatasetTable.Of([.. machines.Columns, counter], machines.TimesMicros, machines.Groups, 4);
        var recipe = Plain with { Target = "level", Features = new FeatureSet([Feature.Value("load"), Feature.Of("difference", "count", ("rows", 1)), Feature.Of("mean", "load", ("seconds", 300))]) };
        var result = Train(recipe, table);
        var (stream, own) = (result.Predictor.Start(), new float[3]);
        Assert.Contains("no time", Assert.Throws<ProblemException>(() => stream.Next(null, _ => 1.0)).Problem.What, StringComparison.Ordinal);
        for (var row = 0; row < 150; row++)
        {
            var at = row;
            var said = stream.Next(Micros.Time(table.TimesMicros![row]), signal => signal == "count" ? 2e7 + 3 * at : (double)table.TryFind(signal)!.Values[at]);
            result.Rows.Rows.Features.CopyRow(row, own);
            Assert.Equal(result.Predictor.Predict(own).Value, said!.Value);
        }
    }

    [Fact]
    public void A_training_that_was_cut_off_goes_on_and_ends_in_the_same_model()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("dure-").FullName, "training");
        var table = MadeDatasetTable.Parts(800, 7);
        var whole = Train(Plain, table).Predictor.Write();
        using var stop = new CancellationTokenSource();
        var told = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => TableTraining.Run(Plain, table, TimeProvider.System, new Told(progress =>
        {
            if (progress.Curve is { Step: 30 })
                stop.Cancel();
        }), new TrainingCheckpoint(path, TimeSpan.Zero, TimeProvider.System), 2, stop.Token));
        var steps = new List<int>();
        var resumed = TableTraining.Run(Plain, table, TimeProvider.System, new Told(progress => { if (progress.Curve is { } point) { steps.Add(point.Step); told++; } }),
            new TrainingCheckpoint(path, TimeSpan.Zero, TimeProvider.System), 1, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, 60), steps); // those before the fall are told again
        Assert.Equal(whole, resumed.Predictor.Write());
        File.WriteAllBytes(path, [.. File.ReadAllBytes(path).Select((one, at) => at == 100 ? (byte)(one ^ 1) : one)]);
        Assert.Equal(whole, TableTraining.Run(Plain, table, TimeProvider.System, null, new TrainingCheckpoint(path, TimeSpan.Zero, TimeProvider.System), 0, TestContext.Current.CancellationToken).Predictor.Write());
    }

    [Fact]
    public void A_column_that_gives_the_answer_away_is_refused_unless_someone_writes_why_it_may_stay()
    {
        var parts = MadeDatasetTable.Parts(600, 8);
        var table = MadeDatasetTable.Of([.. parts.Columns, MadeDatasetTable.Column("weighed", Array.ConvertAll(parts.TryFind("y")!.Values, value => 2 * value + 1))]);
        var problem = Assert.Throws<ProblemException>(() => Train(Plain, table)).Problem;
        Assert.Equal("urn:dure:learn:leak", problem.Type);
        Assert.Contains("weighed", problem.Where, StringComparison.Ordinal);
        var taken = Train(Plain with { Accepted = new Dictionary<string, string> { ["weighed"] = "the scale stands before the press" } }, table);
        Assert.Contains(taken.Leaks, leak => leak.Contains("the scale stands before the press", StringComparison.Ordinal));
        Assert.Empty(Train(Plain with { Leave = ["weighed"] }, table).Leaks);
    }

    public static TheoryData<string, Func<TableRecipe, TableRecipe>, Func<DatasetTable>> Refused => new()
    {
        { "no column 'z'", recipe => recipe with { Target = "z" }, () => MadeDatasetTable.Parts(100, 1) },
        { "'nothing', which is to be left out", recipe => recipe with { Leave = ["nothing"] }, () => MadeDatasetTable.Parts(100, 1) },
        { "neither time nor group", recipe => recipe with { Ahead = 2 }, () => MadeDatasetTable.Parts(100, 1) },
        { "0 of 50 rows have a value", recipe => recipe, () => MadeDatasetTable.Of([MadeDatasetTable.Column("x", new float[50]), MadeDatasetTable.Column("y", [.. Enumerable.Repeat(float.NaN, 50)])]) },
        { "1 classes", recipe => recipe with { TargetKind = TargetKind.Class }, () => MadeDatasetTable.Of([MadeDatasetTable.Column("x", new float[50]), MadeDatasetTable.Column("y", new float[50])]) },
        { "must not be split at random", recipe => recipe with { Target = "level", Split = new() { Kind = Dure.Learn.Evaluation.SplitKind.Random } }, () => MadeDatasetTable.Machines(3, 50, 1) },
        { "'f1' says nothing of a number", recipe => recipe with { Metric = "f1" }, () => MadeDatasetTable.Parts(100, 1) },
        { "'coverage' says nothing of a number", recipe => recipe with { Metric = "coverage" }, () => MadeDatasetTable.Parts(100, 1) },
        { "not a model's name", recipe => recipe with { Name = "No Good" }, () => MadeDatasetTable.Parts(100, 1) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_learnt_is_refused_with_the_reason(string said, Func<TableRecipe, TableRecipe> change, Func<DatasetTable> table)
    {
        var problem = Assert.Throws<ProblemException>(() => Train(change(Plain), table())).Problem;
        Assert.Contains(said, problem.What, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Mend);
    }

    [Fact]
    public void A_recipe_is_written_and_read_again_and_slips_of_the_pen_are_refused()
    {
        var recipe = Plain with
        {
            Target = "level",
            Ahead = 2,
            Leave = ["x"],
            Features = new FeatureSet([Feature.Value("*")]),
            Split = new() { Kind = Dure.Learn.Evaluation.SplitKind.Blocked, TestShare = 0.3, Seed = 1 },
            Accepted = new Dictionary<string, string> { ["x"] = "it is measured before the part is made" },
        };
        var text = RecipeText.Write(recipe);
        Assert.Equal(text.ToJsonString(), RecipeText.Write(RecipeText.Parse(text)).ToJsonString());
        foreach (var (slip, said) in new (string, string)[]
        {
            ("""{"version": 1, "name": "a", "target": "y", "lerner": {}}""", "lerner"),
            ("""{"version": 2, "name": "a", "target": "y"}""", "version"),
            ("""{"version": 1, "name": "a", "target": "y", "learner": {"kind": "magic"}}""", "magic"),
            ("""{"version": 1, "name": "a", "target": "y", "learner": {"kind": "boosted-trees", "rouns": 3}}""", "rouns"),
            ("""{"version": 1, "name": "a", "target": "y", "metric": "luck"}""", "luck"),
            ("""{"version": 1, "name": "a", "target": "y", "split": {}}""", "kind"),
            ("""{"version": 1, "name": "a", "target": "y", "interval": 2}""", "interval"),
            ("""{"version": 1, "name": "a", "target": "y", "learner": {"kind": "boosted-trees", "rounds": 3, "rounds": 4}}""", "learner"),
            ("""{"version": 1, "name": "a", "target": "y", "features": {"version": 1, "version": 1, "features": ["*"]}}""", "recipe"),
            ("""{"version": 1, "name": "a", "target": "y", "accepted": {"x": null}}""", "accepted"),
            ("""{"version": 1, "name": "a", "target": "y", "learner": {"kind": "neural-network", "layers": null}}""", "Layers"),
            ("""{"version": 1, "name": "a", "target": "y", "split": {"kind": 99}}""", "kind"),
            ("""{"version": 1, "name": "a", "target": "y", "targetKind": 7}""", "targetKind"),
            ("""[1]""", "object"),
            ("""{""", "recipe"),
        })
            Assert.Contains(said, Assert.Throws<ProblemException>(() => RecipeText.Parse(System.Text.Encoding.UTF8.GetBytes(slip))).Message, StringComparison.Ordinal);
    }

    private static TableResult Train(TableRecipe recipe, DatasetTable table, int threads = 0) =>
        TableTraining.Run(recipe, table, TimeProvider.System, null, null, threads, TestContext.Current.CancellationToken);

    private static double Figure(TableResult result, int line, string metric) => result.Judgement.Lines[line].Values.Single(value => value.Metric == metric).Value.Value;

    private sealed class Told(Action<TableProgress> tell) : IProgress<TableProgress>
    {
        public void Report(TableProgress value) => tell(value);
    }
}
