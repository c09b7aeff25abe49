using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Explanations;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Neural;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>Recipes whose learner looks at windows of rows.</summary>
public sealed class WindowTrainingTests : IDisposable
{
    private const int Rows = 8;

    private static readonly WindowNetworkLearner Small = new() { Rows = Rows, Width = 8, Taps = 3, Dropout = 0, Epochs = 15, LearningRate = 0.01 };

    private static readonly TableRecipe Recipe = new() { Name = "windows", Target = "sum", Learner = Small };

    private readonly string folder = Directory.CreateTempSubdirectory("dure-windows").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Machines whose <c>sum</c> follows from <c>load</c> now and five rows before: no row by itself tells it. <c>mode</c> is a category, <c>rises</c> a class.</summary>
    private static DatasetTable Machines(int machines = 8, int rows = 120, int seed = 1)
    {
        var random = new Random(seed);
        var count = machines * rows;
        float[] load = [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble())], mode = [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(2))];
        float before(int at, int back) => load[Math.Max(at - back, at / rows * rows)];
        float[] sum = [.. Enumerable.Range(0, count).Select(at => 2 * before(at, 5) - load[at] + mode[at] + (float)(0.05 * MadeTable.Normal(random)))];
        return MadeDatasetTable.Of([
            MadeDatasetTable.Column("load", load), MadeDatasetTable.Column("mode", mode, ["a", "b"]), MadeDatasetTable.Column("noise", [.. load.Select(_ => (float)random.NextDouble())]), MadeDatasetTable.Column("sum", sum),
            MadeDatasetTable.Column("rises", [.. Enumerable.Range(0, count).Select(at => before(at, 2) > before(at, 5) ? 1f : 0)], ["no", "yes"])],
            [.. Enumerable.Range(0, count).Select(at => at % rows * 60_000_000L)], [.. Enumerable.Range(0, count).Select(at => at / rows)], machines);
    }

    private static TableResult Train(TableRecipe recipe, DatasetTable table, int threads = 1, TrainingCheckpoint? checkpoint = null, IProgress<TableProgress>? progress = null, CancellationToken? cancel = null) =>
        TableTraining.Run(recipe with { Leave = [.. ((string[])["sum", "rises"]).Where(name => name != recipe.Target && table.TryFind(name) is not null)] }, table, TimeProvider.System, progress, checkpoint, threads, cancel ?? TestContext.Current.CancellationToken);

    private static double Figure(TableResult result, int line, string metric) => result.Judgement.Lines[line].Values.Single(value => value.Metric == metric).Value.Value;

    [Fact]
    public void What_no_row_by_itself_tells_is_learnt_from_its_past()
    {
        var (windows, alone) = (Train(Recipe, Machines()), Train(Recipe with { Learner = Small with { Rows = 1 } }, Machines()));
        Assert.True(Figure(windows, 0, "rmse") < 0.6 * Figure(alone, 0, "rmse"));
        Assert.InRange(windows.Coverage!.Value, 0.8, 1);
        Assert.Equal(SplitKind.Group, windows.Plan.Kind);
        Assert.NotEmpty(windows.Curve);
        // Signals are told, not their places in the window.
        Assert.Equal(["load", "mode", "noise"], windows.Importance.Select(one => one.Feature));
        Assert.Equal(["load", "mode", "noise"], windows.Reference.Columns.Select(column => column.Name).Order());
        var manifest = PredictorManifestWriter.Write(windows, bytes => new(ContentHash.Of(bytes).ToString(), bytes.Length));
        Assert.Equal([("load", 7L), ("mode", 7L), ("noise", 7L)], manifest.Features.Select(feature => (feature.Name, feature.RowsBack)));
    }

    [Fact]
    public void Classes_of_windows_are_told_apart()
    {
        var result = Train(Recipe with { Target = "rises" }, Machines(machines: 10));
        Assert.True(Figure(result, 0, "log-loss") < 0.5 * Figure(result, 1, "log-loss"));
        Assert.InRange(result.Coverage!.Value, 0.8, 1);
    }

    [Fact]
    public void A_forecast_leaves_a_gap_as_long_as_the_window_and_the_time_ahead()
    {
        var result = Train(Recipe with { Ahead = 3, Split = new() { Kind = SplitKind.Time } }, Machines(machines: 1, rows: 600));
        var times = result.Rows.Split.TimesMicros!;
        Assert.Equal(TimeSpan.FromMinutes(Rows - 1), result.Rows.Window);
        Assert.True(result.Parts.Test.Min(row => times[row]) - result.Parts.Validation.Max(row => times[row]) >= (Rows - 1 + 3) * 60_000_000L);
        Assert.Contains(result.Judgement.Lines, line => line.Name == "what it was when asked");
    }

    [Fact]
    public void The_model_in_its_file_predicts_row_by_row_and_as_ONNX_what_it_predicted_for_the_table()
    {
        var table = Machines(machines: 6, rows: 60);
        var result = Train(Recipe, table);
        var predictor = Predictor.Read(result.Predictor.Write());
        Assert.Equal(result.Predictor.Write(), predictor.Write());
        var session = OnnxSession.Create(OnnxModel.Read(predictor.ToOnnx("windows").Write()));
        var (stream, own) = (predictor.Start(), new float[3 * Rows]);
        for (var row = 0; row < 60; row++)
        {
            var at = row;
            var said = stream.Next(null, signal => signal == "mode" ? (table.TryFind(signal)!.Values[at] == 0 ? "a" : "b") : (double)table.TryFind(signal)!.Values[at])!;
            result.Rows.Rows.Features.CopyRow(row, own);
            Assert.Equal(result.Predictor.Predict(own).Value, said.Value);
            session.Set<float>("x", own, 1, own.Length);
            session.Run();
            Assert.Equal(said.Value, session.Get<float>("prediction")[0], 1e-5);
        }
    }

    [Theory]
    [InlineData(false, ExplanationWay.Sampled)]
    [InlineData(true, ExplanationWay.Exact)]
    public void What_a_signal_adds_to_a_prediction_counts_its_past(bool isTrees, ExplanationWay way)
    {
        var recipe = isTrees ? Recipe with { Learner = new BoostedTreesLearner { Rounds = 40 }, Features = new FeatureSet([Feature.Value("*")]) { Window = Rows } } : Recipe;
        var result = Train(recipe, Machines(machines: 6, rows: 60));
        var row = new float[3 * Rows];
        result.Rows.Rows.Features.CopyRow(40, row);
        var why = PredictionExplanation.Of(result.Predictor, row, result.Rows.Own.Features.Take([.. Enumerable.Range(60, 200)]), null, 1, TestContext.Current.CancellationToken)!;
        Assert.Equal(way, why.Way);
        Assert.Equal(["load", "mode", "noise"], why.Parts.Select(part => part.Feature).Order());
        Assert.Equal(row[^3], why.Parts.Single(part => part.Feature == "load").Value);
        Assert.Equal(result.Predictor.Predict(row).Value, why.Usual + why.Parts.Sum(part => part.Adds), 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_one_thread_and_on_two()
    {
        var table = Machines(machines: 6, rows: 60);
        Assert.Equal(Train(Recipe, table).Predictor.Write(), Train(Recipe, table, threads: 2).Predictor.Write());
    }

    [Theory]
    [InlineData("window-network")]
    [InlineData("neural-network")]
    public void A_training_that_was_cut_off_goes_on_and_ends_in_the_same_model(string kind)
    {
        var (table, path, epochs) = (Machines(machines: 6, rows: 60), Path.Combine(folder, "checkpoint"), 0);
        var recipe = Recipe with { Learner = kind == Small.Kind ? Small : new NeuralNetworkLearner { Layers = [16], Epochs = 12 } };
        var whole = Train(recipe, table);
        using var stop = new CancellationTokenSource();
        var cutting = new Teller(progress =>
        {
            if (progress.Curve is not null && ++epochs == 5)
                stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Train(recipe, table, 2, new(path, TimeSpan.Zero, TimeProvider.System), cutting, stop.Token));
        var told = new List<LearningProgress>();
        Assert.True(File.Exists(path));
        var again = Train(recipe, table, 1, new(path, TimeSpan.Zero, TimeProvider.System), new Teller(progress => told.AddRange(progress.Curve is { } point ? [point] : [])));
        Assert.Equal(whole.Predictor.Write(), again.Predictor.Write());
        Assert.Equal(whole.Curve, told);
    }

    [Theory]
    [InlineData("alone", "neither time nor group")]
    [InlineData("twice", "windows of 4 rows")]
    [InlineData("wide", "numbers a row")]
    [InlineData("large", "numbers")]
    [InlineData("long", "Rows")]
    public void What_makes_no_windows_is_refused_with_the_reason(string what, string said)
    {
        var refused = Assert.Throws<ProblemException>(() => what switch
        {
            "alone" => Train(Recipe with { Target = "y" }, MadeDatasetTable.Parts(200, 1)),
            "twice" => Train(Recipe with { Features = FeatureSet.Parse((JsonObject)JsonNode.Parse("""{"version": 1, "window": 4, "features": ["*"]}""")!) }, Machines()),
            "wide" => Train(Recipe with { Learner = Small with { Rows = 4000 } }, Machines()),
            "large" => Train(Recipe with { Learner = Small with { Rows = 2500 } }, Machines(machines: 2, rows: 8000)),
            _ => Train(Recipe with { Learner = Small with { Rows = 5000 } }, Machines()),
        }).Problem;
        Assert.Contains(said, refused.What + refused.Where + refused.Mend, StringComparison.Ordinal);
        Assert.StartsWith("urn:dure:learn:", refused.Type, StringComparison.Ordinal);
    }

    private sealed class Teller(Action<TableProgress> tell) : IProgress<TableProgress>
    {
        public void Report(TableProgress value) => tell(value);
    }
}
