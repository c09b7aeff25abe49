using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Xunit;

namespace Dure.Tests.Learn.Learners;

/// <summary>What every learner of the catalogue keeps, on each task that it says it suits.</summary>
public sealed class LearnerPromiseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Every kind with every task it suits.</summary>
    public static TheoryData<string, string> Cases { get; } = [.. from kind in LearnerCatalog.Kinds
                                                                 from name in MadeTask.Names
                                                                 where LearnerCatalog.Default(kind).Suits(MadeTask.Task(name))
                                                                 select (kind, name)];

    private static TableModel Train(string kind, string name, TableRows rows, TableRows? validation = null, int threads = 1, int seed = 5) =>
        MadeTask.QuickLearner(kind).Train(MadeTask.Task(name), rows, validation, new LearningContext { Seed = seed, Threads = threads, Cancel = Cancel });

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_predicts_better_than_the_mean_alone(string kind, string name)
    {
        var (rows, others) = (MadeTask.Rows(name, 1000, 1), MadeTask.Rows(name, 500, 2));
        var model = Train(kind, name, rows);
        var baseline = MadeTask.Baseline(model.Task, rows.Target.Labels, others.Target.Labels);
        Assert.InRange(MadeTask.Loss(model.Task, model.Predict(others.Features, 1, Cancel), others.Target.Labels), 0, 0.75 * baseline);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Validation_rows_do_not_make_it_worse_than_the_mean(string kind, string name)
    {
        var (rows, others) = (MadeTask.Rows(name, 600, 3), MadeTask.Rows(name, 500, 4));
        var model = Train(kind, name, rows, MadeTask.Rows(name, 200, 5));
        Assert.InRange(MadeTask.Loss(model.Task, model.Predict(others.Features, 1, Cancel), others.Target.Labels), 0, 0.8 * MadeTask.Baseline(model.Task, rows.Target.Labels, others.Target.Labels));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_same_rows_and_seed_give_the_same_bytes_on_any_number_of_threads(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 1000, 6);
        var file = Train(kind, name, rows).Write();
        Assert.Equal(file, Train(kind, name, rows).Write());
        Assert.Equal(file, Train(kind, name, rows, threads: 2).Write());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_gives_the_same_model_back(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 400, 7);
        var model = Train(kind, name, rows);
        var read = LearnerCatalog.Read(kind, model.Write());
        Assert.Equal(kind, read.Kind);
        Assert.Equal(model.Task, read.Task);
        Assert.Equal(model.Features, read.Features);
        Assert.Equal(model.Write(), read.Write());
        Assert.Equal(model.Predict(rows.Features, 1, Cancel), read.Predict(rows.Features, 2, Cancel));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_damaged_file_is_refused_or_still_a_model(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 60, 8);
        var file = Train(kind, name, rows).Write();
        var row = new float[rows.Features.Columns.Count];
        rows.Features.CopyRow(0, row);
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var damaged = (byte[])file.Clone();
            for (var times = random.Next(1, 4); times > 0; times--)
                damaged[random.Next(damaged.Length)] = seed % 2 == 0 ? (byte)"0123456789-,[]{}\"e.ntrue "[random.Next(25)] : (byte)random.Next(256);
            try
            {
                var read = LearnerCatalog.Read(kind, damaged);
                if (read.Features.Count == row.Length)
                    read.Predict(row, new double[read.Task.Outputs]);
            }
            catch (ProblemException refused)
            {
                Assert.StartsWith("urn:dure:learn:", refused.Problem.Type, StringComparison.Ordinal);
            }
        }
        Assert.Throws<ProblemException>(() => LearnerCatalog.Read(kind, file.AsMemory(0, file.Length / 2)));
        Assert.Throws<ProblemException>(() => LearnerCatalog.Read(kind, "{}"u8.ToArray()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_onnx_form_gives_the_same_predictions(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 1000, 9);
        var model = Train(kind, name, rows);
        var (columns, outputs) = (rows.Features.Columns.Count, model.Task.Outputs);
        var values = new float[rows.Count * columns];
        for (var row = 0; row < rows.Count; row++)
            rows.Features.CopyRow(row, values.AsSpan(row * columns, columns));
        values[columns - 1] = 99; // a category never seen
        values.AsSpan(columns, columns).Fill(float.NaN);
        var session = OnnxSession.Create(OnnxModel.Read(model.ToOnnx("test").Write()));
        session.Set<float>("x", values, rows.Count, columns);
        session.Run();
        var exported = session.Get<float>("prediction").ToArray();
        var expected = new double[outputs];
        Assert.Equal(rows.Count * outputs, exported.Length);
        for (var row = 0; row < rows.Count; row++)
        {
            model.Predict(values.AsSpan(row * columns, columns), expected);
            for (var output = 0; output < outputs; output++)
                Assert.Equal(expected[output], exported[row * outputs + output], 1e-5 * Math.Max(1, Math.Abs(expected[output])));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_stops_when_asked(string kind, string name)
    {
        using var stopped = new CancellationTokenSource();
        var progress = new StopsAtFirst(stopped);
        var context = new LearningContext { Cancel = stopped.Token, Progress = progress };
        void train() => MadeTask.QuickLearner(kind).Train(MadeTask.Task(name), MadeTask.Rows(name, 500, 10), null, context);
        try
        {
            train();
            Assert.False(progress.WasAsked); // it may end without a word, or between the word and the end
        }
        catch (OperationCanceledException)
        {
            Assert.True(progress.WasAsked);
        }
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(train);
    }

    private sealed class StopsAtFirst(CancellationTokenSource stopped) : IProgress<LearningProgress>
    {
        public bool WasAsked { get; private set; }

        public void Report(LearningProgress value)
        {
            Assert.InRange(value.Step, 0, value.Steps == 0 ? int.MaxValue : value.Steps);
            if (value.Step >= value.Steps)
                return;
            WasAsked = true;
            stopped.Cancel();
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_of_little_weight_count_little(string kind, string name)
    {
        var (rows, wrong, others) = (MadeTask.Rows(name, 500, 11), MadeTask.Rows(name, 500, 12), MadeTask.Rows(name, 500, 13));
        var columns = rows.Features.Columns.Select((column, i) => column with { Values = [.. column.Values, .. wrong.Features.Columns[i].Values] }).ToArray();
        // Labels turned upside down, each with a ten-thousandth of a true one's weight.
        float[] labels = [.. rows.Target.Labels, .. wrong.Target.Labels.Select(label => name switch { "number" => 30 - label, "two classes" => 1 - label, _ => 4 - label })];
        float[] weights = [.. Enumerable.Repeat(10f, 500), .. Enumerable.Repeat(0.001f, 500)];
        var model = Train(kind, name, new TableRows(new FeatureTable(columns), new LearningTarget(labels, weights)));
        Assert.InRange(MadeTask.Loss(model.Task, model.Predict(others.Features, 1, Cancel), others.Target.Labels), 0, 0.8 * MadeTask.Baseline(model.Task, rows.Target.Labels, others.Target.Labels));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_column_that_says_nothing_does_no_harm(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 500, 14);
        FeatureColumn[] added =
        [
            new() { Name = "constant", Values = [.. Enumerable.Repeat(7f, 500)] },
            new() { Name = "empty", Values = [.. Enumerable.Repeat(float.NaN, 500)] },
            new() { Name = "one category", Values = new float[500], IsCategorical = true },
            new() { Name = "large", Values = [.. Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? 3e38f : -3e38f)] },
        ];
        var model = Train(kind, name, rows with { Features = new FeatureTable([.. rows.Features.Columns, .. added]) });
        AssertSensible(model, new FeatureTable([.. rows.Features.Columns, .. added]));
        var only = Train(kind, name, rows with { Features = new FeatureTable([added[0], added[1]]) });
        AssertSensible(only, new FeatureTable([added[0], added[1]]));
        var alike = only.Predict(new FeatureTable([added[0], added[1]]), 1, Cancel).Chunk(only.Task.Outputs).ToArray();
        Assert.All(alike, row => Assert.Equal(alike[0], row));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_category_never_seen_or_missing_has_a_prediction(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 500, 15);
        var model = Train(kind, name, rows);
        var line = rows.Features.Columns[^1] with { Values = [.. Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? float.NaN : 5000f)] };
        AssertSensible(model, new FeatureTable([.. rows.Features.Columns.SkipLast(1), line]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_rows_give_a_problem_or_a_sensible_model(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 50, 16);
        var first = Array.IndexOf(rows.Target.Labels, rows.Target.Labels.Min());
        var last = Array.IndexOf(rows.Target.Labels, rows.Target.Labels.Max());
        var two = rows.Features.Take([first, last]);
        try
        {
            AssertSensible(Train(kind, name, new TableRows(two, new LearningTarget([rows.Target.Labels[first], rows.Target.Labels[last]]))), rows.Features);
        }
        catch (ProblemException refused)
        {
            Assert.StartsWith("urn:dure:learn:", refused.Problem.Type, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_cannot_be_learnt_from_is_refused_by_name(string kind, string name)
    {
        var rows = MadeTask.Rows(name, 100, 17);
        void refused(LearningTarget target, string where)
        {
            var problem = Assert.Throws<ProblemException>(() => Train(kind, name, rows with { Target = target })).Problem;
            Assert.Equal("urn:dure:learn:bad-target", problem.Type);
            Assert.Equal(where, problem.Where);
        }
        var labels = rows.Target.Labels;
        refused(new([float.NaN, .. labels[1..]]), "labels");
        refused(new([float.PositiveInfinity, .. labels[1..]]), "labels");
        refused(new(labels[1..]), "labels");
        refused(new(labels, [0, .. Enumerable.Repeat(1f, 99)]), "weights");
        refused(new(labels, [float.NaN, .. Enumerable.Repeat(1f, 99)]), "weights");
        if (name == "number")
            return;
        refused(new([7, .. labels[1..]]), "labels");
        refused(new(new float[100]), "labels");
    }

    private static void AssertSensible(TableModel model, FeatureTable table)
    {
        var predictions = model.Predict(table, 1, Cancel);
        Assert.All(predictions, value => Assert.True(double.IsFinite(value)));
        if (!model.Task.IsClassification)
            return;
        Assert.All(predictions, value => Assert.InRange(value, 0, 1));
        if (model.Task.Outputs > 1)
            Assert.All(predictions.Chunk(model.Task.Outputs), row => Assert.Equal(1, row.Sum(), 1e-6));
    }
}
