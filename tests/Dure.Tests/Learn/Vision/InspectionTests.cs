using System.Text;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Vision;
using Xunit;

namespace Dure.Tests.Learn.Vision;

public sealed class InspectionTests
{
    private const int Side = MadeSurface.Side;

    private static InspectionOptions Quick { get; } = new() { Size = 80, Pieces = 256, Epochs = 3, Memory = 150, Channels = 16 };

    private static LearningContext Context(int threads = 1) => new() { Seed = 2, Threads = threads, Cancel = TestContext.Current.CancellationToken };

    public static TheoryData<InspectionMethod> Methods { get; } = new(InspectionMethod.Positions, InspectionMethod.Patches, InspectionMethod.Taught);

    private static Raster[] Good { get; } = [.. Enumerable.Range(0, 32).Select(seed => MadeSurface.Of(seed))];

    [Theory]
    [MemberData(nameof(Methods))]
    public void It_finds_a_defect_and_where_it_is(InspectionMethod method)
    {
        var model = Inspection.Train(Good, Quick with { Method = method }, Context());
        var good = Enumerable.Range(100, 20).Select(seed => model.Inspect(MadeSurface.Of(seed)).Score).ToArray();
        var bad = Enumerable.Range(200, 20).Select(seed => model.Inspect(MadeSurface.Of(seed, (20 + seed % 40, 60 - seed % 35)))).ToArray();
        Assert.InRange(bad.Count(result => result.Score > 1), 18, 20);
        Assert.InRange(good.Count(score => score > 1), 0, 6);
        Assert.InRange(bad.Average(result => good.Average(score => result.Score > score ? 1.0 : 0)), 0.97, 1);
        var last = model.Inspect(MadeSurface.Of(300, (50, 25)));
        var strangest = last.Map.ToList().IndexOf(last.Map.Max());
        Assert.InRange((strangest % last.Width + 0.5) / last.Width * Side, 42, 58);
        Assert.InRange((strangest / last.Width + 0.5) / last.Height * Side, 17, 33);
        Assert.True(last.At(50.0 / Side, 25.0 / Side) > last.At(10.0 / Side, 70.0 / Side));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_same_seed_gives_the_same_bytes_and_the_file_the_same_model(InspectionMethod method)
    {
        var options = Quick with { Method = method, Pieces = 64, Epochs = 1, Memory = 50 };
        var model = Inspection.Train(Good, options, Context());
        var file = model.Write();
        Assert.Equal(file, Inspection.Train(Good, options, Context(threads: 2)).Write());
        var read = Inspection.Read(file);
        Assert.Equal(file, read.Write());
        Assert.Equal(model.Inspect(MadeSurface.Of(100)).Map, read.Inspect(MadeSurface.Of(100)).Map);
    }

    [Theory]
    [InlineData(InspectionMethod.Positions)]
    [InlineData(InspectionMethod.Patches)]
    public void Inner_values_of_a_network_from_elsewhere_are_features(InspectionMethod method)
    {
        var backbone = new OnnxBackbone(Filters(), ["edges", "wide"], 80, [0.5f], [0.2f]);
        var model = Inspection.Train(Good, Quick with { Method = method, Backbone = backbone }, Context());
        var good = Enumerable.Range(100, 10).Select(seed => model.Inspect(MadeSurface.Of(seed)).Score).ToArray();
        var bad = Enumerable.Range(200, 10).Select(seed => model.Inspect(MadeSurface.Of(seed, (20 + seed % 40, 40))).Score).ToArray();
        Assert.InRange(bad.Average(score => good.Average(each => score > each ? 1.0 : 0)), 0.9, 1);
        Assert.Equal(model.Inspect(MadeSurface.Of(100)).Score, Inspection.Read(model.Write(), backbone).Inspect(MadeSurface.Of(100)).Score);
        Assert.Throws<ProblemException>(() => Inspection.Read(model.Write()));
        Assert.Throws<ProblemException>(() => new OnnxBackbone(Filters(), ["nowhere"], 80, [0.5f], [0.2f]));
    }

    [Fact]
    public void Distances_to_the_memory_are_those_to_the_nearest_one_however_many_positions_there_are()
    {
        const int channels = 5, width = 37, height = 19; // some blocks, and a part of one
        var random = new Random(4);
        float[] numbers(int count) => [.. Enumerable.Range(0, count * channels).Select(_ => random.NextSingle())];
        var (memory, map) = (new PatchMemory(channels, numbers(23)), new FeatureMap(width, height, channels, numbers(width * height)));
        float[] expected = [.. Enumerable.Range(0, map.Positions).Select(position => Enumerable.Range(0, memory.Count)
            .Min(i => MathF.Sqrt(Enumerable.Range(0, channels).Sum(c => MathF.Pow(map.At(position)[c] - memory.Rows[i * channels + c], 2)))))];
        foreach (var (near, far) in map.Smooth(expected).Zip(memory.Distances(map, out _)))
            Assert.Equal(near, far, 1e-4);
    }

    [Fact]
    public void Covariances_that_would_fill_the_memory_are_refused_when_one_image_was_seen()
    {
        PositionGaussians.Check(new FeatureMap(200, 200, 128, []), 40);
        var refused = Assert.Throws<ProblemException>(() => PositionGaussians.Check(new FeatureMap(200, 200, 128, []), 100)).Problem;
        Assert.Equal("urn:dure:learn:too-many-features", refused.Type);
        Assert.Contains("40 channels at most", refused.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_score_that_is_no_number_is_not_taken_for_a_good_one()
    {
        var backbone = new OnnxBackbone(Roots(), ["y"], 80, [0.5f], [0.2f]);
        var model = Inspection.Train([.. Good.Select(_ => White())], Quick with { Method = InspectionMethod.Patches, Backbone = backbone }, Context());
        Assert.False(Inspection.Read(model.Write(), backbone).Inspect(White()).Score > 1);
        Assert.Equal("urn:dure:learn:no-numbers", Assert.Throws<ProblemException>(() => model.Inspect(MadeSurface.Of(1, (40, 40)))).Problem.Type);
    }

    private static Raster White() => new(Side, Side, 1, [.. Enumerable.Repeat((byte)255, Side * Side)]);

    /// <summary>A network whose values of dark points are no numbers.</summary>
    private static byte[] Roots()
    {
        var graph = new GraphBuilder("roots");
        var root = graph.Node("Sqrt", [graph.Input("x", OnnxType.Float, 1, 1, 80, 80)]);
        return graph.Output("y", root, OnnxType.Float, 1, 1, 80, 80).Build().Write();
    }

    /// <summary>Two layers of fixed filters; only the second one's value is an output of the file.</summary>
    private static byte[] Filters()
    {
        var (graph, random) = (new GraphBuilder("filters"), new Random(3));
        float[] numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        var x = graph.Input("x", OnnxType.Float, 1, 1, 80, 80);
        OnnxAttribute[] around = [OnnxAttribute.Of("pads", (long[])[1, 1, 1, 1]), OnnxAttribute.Of("strides", (long[])[2, 2])];
        var edges = graph.Node("Relu", [graph.Node("Conv", [x, graph.Constant<float>("first", numbers(8 * 9), 8, 1, 3, 3)], around)], output: "edges");
        var wide = graph.Node("Relu", [graph.Node("Conv", [edges, graph.Constant<float>("second", numbers(16 * 8 * 9), 16, 8, 3, 3)], around)], output: "wide");
        return graph.Output("y", wide, OnnxType.Float, 1, 16, 20, 20).Build().Write();
    }

    [Fact]
    public void Too_few_images_or_options_without_sense_are_refused()
    {
        Assert.Equal("urn:dure:learn:too-few-images", Assert.Throws<ProblemException>(() => Inspection.Train(Good[..29], Quick, Context())).Problem.Type);
        Assert.Equal("urn:dure:learn:bad-option", Assert.Throws<ProblemException>(() => Inspection.Train(Good, Quick with { Size = 30 }, Context())).Problem.Type);
    }

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_else_happens()
    {
        var file = Encoding.UTF8.GetString(Inspection.Train(Good, Quick with { Pieces = 16, Epochs = 1, Memory = 10, Method = InspectionMethod.Patches }, Context()).Write());
        for (var seed = 0; seed < 60; seed++)
        {
            var (random, damaged) = (new Random(seed), file.ToCharArray());
            for (var times = random.Next(1, 4); times > 0; times--)
                damaged[random.Next(damaged.Length)] = "0123456789-,[]{}\"e.ntrue "[random.Next(25)];
            try
            {
                Inspection.Read(Encoding.UTF8.GetBytes(damaged)).Inspect(Good[0]);
            }
            catch (ProblemException refused)
            {
                Assert.StartsWith("urn:dure:learn:", refused.Problem.Type, StringComparison.Ordinal);
            }
        }
    }
}
