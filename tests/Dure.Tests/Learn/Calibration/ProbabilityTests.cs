using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Learners;
using Dure.Tests.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Calibration;

/// <summary>Probabilities come to mean what they say, and keep their order.</summary>
public sealed class ProbabilityTests
{
    private static readonly LearningTask Two = LearningTask.Classification(["no", "yes"]);
    private static readonly LearningTask Four = LearningTask.Classification(["a", "b", "c", "d"]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds { get; } = [.. ProbabilityCalibration.Kinds];

    private static double Sigmoid(double score) => 1 / (1 + Math.Exp(-score));

    /// <summary>Probabilities far too sure of themselves: the odds' logarithm is three times what it should be.</summary>
    private static (double[] Said, float[] Labels) TooSure(int rows, int seed)
    {
        var random = new Random(seed);
        var (said, labels) = (new double[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var score = 1.5 * MadeTable.Normal(random);
            (said[row], labels[row]) = (Sigmoid(3 * score), random.NextDouble() < Sigmoid(score) ? 1 : 0);
        }
        return (said, labels);
    }

    private static double[] Applied(ProbabilityCalibration calibration, double[] said) => Array.ConvertAll(said, each =>
    {
        Span<double> one = [each];
        calibration.Apply(one);
        return one[0];
    });

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_too_sure_is_put_right(string kind)
    {
        var (known, asked) = (TooSure(3000, 1), TooSure(5000, 2));
        var calibration = ProbabilityCalibration.Of(kind, Two, known.Said, known.Labels, Cancel);
        var (before, after) = (Reliability.Of(Two, asked.Said, asked.Labels), Reliability.Of(Two, Applied(calibration, asked.Said), asked.Labels));
        Assert.InRange(before.ExpectedError, 0.12, 1);
        Assert.InRange(after.ExpectedError, 0, 0.04);
        Assert.True(after.Brier < before.Brier);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_order_of_probabilities_stays(string kind) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var count = random.Next(2, 80);
        double[] said = [.. Enumerable.Range(0, count).Select(_ => Math.Round(random.NextDouble(), random.Next(1, 5)))];
        float[] labels = [0, 1, .. Enumerable.Range(2, count - 2).Select(_ => (float)random.Next(2))];
        var calibration = ProbabilityCalibration.Of(kind, Two, said, labels, CancellationToken.None);
        var made = Applied(calibration, [.. Enumerable.Range(0, 501).Select(i => i / 500.0)]);
        return made.All(value => value is >= 0 and <= 1) && made.Zip(made.Skip(1)).All(pair => pair.First <= pair.Second + 1e-12);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_onnx_form_does_the_same(string kind)
    {
        var known = TooSure(800, 3);
        AssertSameInOnnx(ProbabilityCalibration.Of(kind, Two, known.Said, known.Labels, Cancel), [.. Enumerable.Range(0, 401).Select(i => i / 400f)], 1, kind == "isotonic" ? 1e-4 : 1e-5);
    }

    [Fact]
    public void A_temperature_cools_any_number_of_classes_and_changes_none_that_is_said()
    {
        var random = new Random(4);
        var (said, labels) = (new List<double>(), new List<float>());
        for (var row = 0; row < 3000; row++)
        {
            var scores = Enumerable.Range(0, 4).Select(_ => MadeTable.Normal(random)).ToArray();
            double[] true_ = [.. scores.Select(Math.Exp)], sure = [.. scores.Select(score => Math.Exp(2.5 * score))];
            var dice = random.NextDouble() * true_.Sum();
            labels.Add(Array.FindIndex(true_, share => (dice -= share) <= 0));
            said.AddRange(sure.Select(share => share / sure.Sum()));
        }
        var calibration = ProbabilityCalibration.Of("temperature", Four, said.ToArray(), labels.ToArray(), Cancel);
        Assert.Equal(2.5, Assert.IsType<TemperatureCalibration>(calibration).Temperature, 0.15);
        var row0 = said.Take(4).ToArray();
        var most = Array.IndexOf(row0, row0.Max());
        calibration.Apply(row0);
        Assert.Equal(most, Array.IndexOf(row0, row0.Max()));
        Assert.Equal(1, row0.Sum(), 1e-12);
        AssertSameInOnnx(calibration, [.. said.Take(400).Select(each => (float)each)], 4, 1e-5);
    }

    private static void AssertSameInOnnx(ProbabilityCalibration calibration, float[] said, int outputs, double tolerance)
    {
        var graph = new GraphBuilder("calibration");
        var x = graph.Input("x", OnnxType.Float, new OnnxDimension(null, "rows"), outputs);
        graph.Output("y", calibration.AddTo(graph, x, outputs == 1), OnnxType.Float, new OnnxDimension(null, "rows"), outputs);
        var session = OnnxSession.Create(OnnxModel.Read(graph.Build().Write()));
        session.Set<float>("x", said, said.Length / outputs, outputs);
        session.Run();
        var made = session.Get<float>("y").ToArray();
        for (var row = 0; row < said.Length; row += outputs)
        {
            double[] expected = [.. said.Skip(row).Take(outputs).Select(each => (double)each)];
            calibration.Apply(expected);
            for (var i = 0; i < outputs; i++)
                Assert.Equal(expected[i], made[row + i], tolerance);
        }
    }

    [Theory]
    [InlineData(BandShape.Constant)]
    [InlineData(BandShape.Scaled)]
    [InlineData(BandShape.Quantiles)]
    public void A_band_is_the_same_in_onnx(BandShape shape)
    {
        var random = new Random(5);
        double[] truth = [.. Enumerable.Range(0, 100).Select(_ => MadeTable.Normal(random))], other = [.. truth.Select(value => Math.Abs(value) / 2)];
        var band = shape switch
        {
            BandShape.Constant => ConformalBand.Of(truth, new double[100], 0.9),
            BandShape.Scaled => ConformalBand.OfScaled(truth, new double[100], other, 0.9),
            _ => ConformalBand.OfQuantiles(truth, [.. truth.Select(value => value - 1)], [.. truth.Select(value => value + 2)], 0.9),
        };
        var graph = new GraphBuilder("band");
        var (a, b) = (graph.Input("a", OnnxType.Float, new OnnxDimension(null, "rows"), 1), graph.Input("b", OnnxType.Float, new OnnxDimension(null, "rows"), 1));
        var (low, high) = band.AddTo(graph, a, shape == BandShape.Constant ? GraphValue.None : b);
        graph.Output("low", low, OnnxType.Float, new OnnxDimension(null, "rows"), 1).Output("high", high, OnnxType.Float, new OnnxDimension(null, "rows"), 1);
        var session = OnnxSession.Create(OnnxModel.Read(graph.Build().Write()));
        float[] firsts = [-1, 0, 3, 8], seconds = [0, 0.5f, 2, 8.5f];
        session.Set<float>("a", firsts, 4, 1);
        session.Set<float>("b", seconds, 4, 1);
        session.Run();
        var (lows, highs) = (session.Get<float>("low").ToArray(), session.Get<float>("high").ToArray());
        for (var row = 0; row < 4; row++)
        {
            var expected = shape switch
            {
                BandShape.Constant => band.Around(firsts[row]),
                BandShape.Scaled => band.Around(firsts[row], seconds[row]),
                _ => band.Between(firsts[row], seconds[row]),
            };
            Assert.Equal(expected.Low, lows[row], 1e-5);
            Assert.Equal(expected.High, highs[row], 1e-5);
        }
    }

    [Fact]
    public void The_parts_of_the_score_add_up_where_probabilities_of_a_bin_are_one()
    {
        var random = new Random(6);
        double[] levels = [0.05, 0.25, 0.55, 0.85];
        var said = Enumerable.Range(0, 2000).Select(_ => levels[random.Next(4)]).ToArray();
        var came = said.Select(share => random.NextDouble() < Math.Sqrt(share)).ToArray();
        var judged = Reliability.Of(said, came);
        Assert.Equal(judged.Brier, judged.Miscalibration - judged.Resolution + judged.Uncertainty, 1e-12);
        Assert.Equal(4, judged.Bins.Count);
        Assert.Equal(2000, judged.Bins.Sum(bin => bin.Count));
        Assert.All(judged.Bins, bin => Assert.InRange(bin.Came, bin.CameLow, bin.CameHigh));
        Assert.Equal(judged.Bins.Sum(bin => bin.Count * Math.Abs(bin.Said - bin.Came)) / 2000, judged.ExpectedError, 1e-12);
    }

    [Fact]
    public void What_cannot_be_calibrated_is_refused()
    {
        Assert.Equal("urn:dure:learn:bad-calibration", Assert.Throws<ProblemException>(() => ProbabilityCalibration.Of("platt", Four, new double[8], new float[2], Cancel)).Problem.Type);
        Assert.Equal("urn:dure:learn:bad-calibration", Assert.Throws<ProblemException>(() => ProbabilityCalibration.Of("platt", Two, new double[8], new float[8], Cancel)).Problem.Type);
        Assert.Equal("urn:dure:learn:bad-calibration", Assert.Throws<ProblemException>(() => ProbabilityCalibration.Of("platt", LearningTask.Regression, new double[8], new float[8], Cancel)).Problem.Type);
        Assert.Equal("urn:dure:learn:bad-calibration", Assert.Throws<ProblemException>(() => ProbabilityCalibration.Of("guess", Two, new double[8], [1, 0, 0, 0, 0, 0, 0, 0], Cancel)).Problem.Type);
    }
}
