using System.Text.Json;
using Dure.Cli.Demo;
using Dure.Datasets.Public;
using Dure.Learn;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>The exported models under onnxruntime, which is not ours: the same scores to 1e-5 on 1,000 rows.</summary>
public sealed class OnnxRuntimeTests
{
    private const int CommissioningRows = 400;
    private const int ScoredRows = 1000;
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Detectors { get; } = [.. DetectorCatalog.All.Select(recipe => recipe.Name)];

    [Theory]
    [MemberData(nameof(Detectors))]
    public async Task The_exported_model_scores_as_the_detector_does(string name)
    {
        var rows = RowMajor(SimulatedWaterLoop.Record(seed: 7).First());
        var columns = Skab.Signals.Count;
        var detector = DetectorCatalog.Named([name])[0].Fit(rows.AsSpan(0, CommissioningRows * columns), columns);
        var scored = rows.AsSpan(CommissioningRows * columns, ScoredRows * columns).ToArray();
        // A fault in the second half, so that scores far above the limit are compared too.
        for (var row = ScoredRows / 2; row < ScoredRows; row++)
            scored[row * columns + 3] += 0.01 * (row - ScoredRows / 2);

        var file = Path.Combine(Path.GetTempPath(), $"dure-{Guid.NewGuid():N}.onnx");
        try
        {
            await File.WriteAllBytesAsync(file, detector.ToOnnx(name, [.. Skab.Signals.Select(signal => signal.Name)]).Write(), TestContext.Current.CancellationToken);
            var answers = await ClientScript.Run("run-onnx.mjs", file, Input(detector, scored, columns), TestContext.Current.CancellationToken);
            Assert.Equal(ScoredRows, answers.Count);
            var stream = detector.Open();
            var contributions = new double[columns];
            for (var row = 0; row < ScoredRows; row++)
            {
                var expected = stream.Score(scored.AsSpan(row * columns, columns), contributions);
                using var answer = JsonDocument.Parse(answers[row]);
                AssertNear(expected, answer.RootElement.GetProperty("score").GetDouble(), row);
                var parts = answer.RootElement.GetProperty("contributions");
                for (var i = 0; i < parts.GetArrayLength(); i++)
                    AssertNear(contributions[i], parts[i].GetDouble(), row);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IEnumerable<string> Input(FittedDetector detector, double[] rows, int columns)
    {
        if (detector.IsStateful)
            yield return JsonSerializer.Serialize(new { state = detector.StartState.ToArray() });
        for (var row = 0; row < rows.Length; row += columns)
            yield return JsonSerializer.Serialize(rows[row..(row + columns)]);
    }

    private static double[] RowMajor(Recording recording)
    {
        var rows = new double[(CommissioningRows + ScoredRows) * recording.Columns.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = recording.Columns[i % recording.Columns.Length][i / recording.Columns.Length];
        return rows;
    }

    private static void AssertNear(double expected, double actual, int row) =>
        Assert.True(Math.Abs(expected - actual) <= Tolerance * Math.Max(1, Math.Abs(expected)), $"row {row}: {expected:R} here, {actual:R} under onnxruntime");
}
