using System.Text.Json;
using Dure.Learn.Learners;
using Dure.Learn.Neural;
using Dure.Learn.Vision;
using Dure.Tests.Learn.Learners;
using Dure.Tests.Learn.Vision;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>What every learner of the catalogue exports, under onnxruntime, which is not ours: the same predictions to 1e-5 on 1,000 rows.</summary>
public sealed class OnnxRuntimeLearnerTests
{
    private const int Rows = 1000;
    private const double Tolerance = 1e-5;

    /// <summary>Every kind with every task it suits.</summary>
    public static TheoryData<string, string> Cases { get; } = [.. from kind in LearnerCatalog.Kinds
                                                                 from name in MadeTask.Names
                                                                 where LearnerCatalog.Default(kind).Suits(MadeTask.Task(name))
                                                                 select (kind, name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_exported_model_predicts_as_the_learner_s_does(string kind, string name) => Compare(MadeTask.QuickLearner(kind), name, MadeTask.Rows(name, Rows, seed: 21));

    [Theory]
    [InlineData("number")]
    [InlineData("two classes")]
    [InlineData("five classes")]
    public Task The_exported_network_over_windows_predicts_as_the_learner_s_does(string name) =>
        Compare(new WindowNetworkLearner { Rows = 6, Width = 8, Taps = 3, Epochs = 3 }, name, MadeTask.Windows(name, Rows, 6, seed: 22));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_exported_classifier_of_images_says_the_same(int kinds)
    {
        var cancel = TestContext.Current.CancellationToken;
        int[] all = [.. Enumerable.Range(0, 12 * kinds)];
        var model = ImageClassifier.Train(LearningTask.Classification(MadeSurface.Kinds[..kinds]), [.. all.Select(i => i % kinds)], new([.. all.Take(8 * kinds)], [], [.. all.Skip(8 * kinds)]),
            i => MadeSurface.OfKind(MadeSurface.Kinds[i % kinds], i), new ImageClassOptions { Size = 32, Width = 8, Epochs = 3 }, new LearningContext { Seed = 3, Cancel = cancel });
        var images = Enumerable.Range(0, 20).Select(i => MadeSurface.OfKind(MadeSurface.Kinds[i % kinds], 500 + i)).ToArray();
        var file = Path.Combine(Path.GetTempPath(), $"dure-{Guid.NewGuid():N}.onnx");
        try
        {
            await File.WriteAllBytesAsync(file, model.ToOnnx("kinds").Write(), cancel);
            var answers = await ClientScript.Run("run-onnx.mjs", file, images.Select(image => JsonSerializer.Serialize(new { image = model.Taken(image), dims = (int[])[1, 32, 32, 1] })), cancel);
            for (var i = 0; i < images.Length; i++)
            {
                using var answer = JsonDocument.Parse(answers[i]);
                double[] predicted = [.. answer.RootElement.GetProperty("prediction").EnumerateArray().Select(value => value.GetDouble())];
                Assert.Equal(model.Task.Outputs, predicted.Length);
                foreach (var (one, value) in predicted.Index())
                    Assert.Equal(model.Tell(images[i]).Probabilities[predicted.Length == 1 ? 1 : one], value, Tolerance);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task Compare(Learner learner, string name, TableRows rows)
    {
        var cancel = TestContext.Current.CancellationToken;
        var model = learner.Train(MadeTask.Task(name), rows, null, new LearningContext { Seed = 3, Cancel = cancel });
        var values = Enumerable.Range(0, Rows).Select(_ => new float[rows.Features.Columns.Count]).ToArray();
        for (var row = 0; row < Rows; row++)
            rows.Features.CopyRow(row, values[row]);
        Array.Fill(values[0], float.NaN);
        values[1][^1] = 99; // a category never seen

        var file = Path.Combine(Path.GetTempPath(), $"dure-{Guid.NewGuid():N}.onnx");
        try
        {
            await File.WriteAllBytesAsync(file, model.ToOnnx(learner.Kind).Write(), cancel);
            // JSON knows no NaN: the script reads null as missing.
            var input = values.Select(row => JsonSerializer.Serialize(row.Select(value => float.IsNaN(value) ? (float?)null : value)));
            var answers = await ClientScript.Run("run-onnx.mjs", file, input, cancel);
            Assert.Equal(Rows, answers.Count);
            var expected = new double[model.Task.Outputs];
            for (var row = 0; row < Rows; row++)
            {
                model.Predict(values[row], expected);
                using var answer = JsonDocument.Parse(answers[row]);
                var predicted = answer.RootElement.GetProperty("prediction").EnumerateArray().Select(value => value.GetDouble()).ToArray();
                Assert.Equal(expected.Length, predicted.Length);
                for (var i = 0; i < expected.Length; i++)
                    Assert.True(Math.Abs(expected[i] - predicted[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i])), $"row {row}: {expected[i]:R} here, {predicted[i]:R} under onnxruntime");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
