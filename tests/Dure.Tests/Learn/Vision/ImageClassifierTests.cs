using System.Text;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Vision;
using Xunit;

namespace Dure.Tests.Learn.Vision;

public sealed class ImageClassifierTests : IDisposable
{
    private const int Each = 16;

    private static readonly ImageClassOptions Quick = new() { Size = 32, Width = 8, Epochs = 8 };

    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void It_tells_kinds_apart_that_it_has_not_seen_and_its_sets_hold_them(int kinds)
    {
        var model = Train(kinds, Quick with { Epochs = 20 });
        var said = (from kind in MadeSurface.Kinds.Take(kinds) from seed in Enumerable.Range(2000, 15) select (kind, Answer: model.Tell(MadeSurface.OfKind(kind, seed)))).ToArray();
        Assert.InRange(said.Count(one => one.Answer.Label == one.kind), said.Length * 9 / 10, said.Length);
        Assert.InRange(said.Count(one => one.Answer.Possible.Contains(one.kind)), said.Length * 8 / 10, said.Length);
        Assert.All(said, one => Assert.Equal(1, one.Answer.Probabilities.Sum(), 9));
        Assert.All(said, one => Assert.Contains(one.Answer.Label, one.Answer.Possible));
    }

    [Fact]
    public void Colour_alone_tells_kinds_apart_where_the_images_have_any()
    {
        Raster tinted(int seed) => MadeSurface.Of(seed).Values is var grey ? new Raster(80, 80, 3, [.. Enumerable.Range(0, 3 * 6400).Select(i => (byte)(grey.Span[i / 3] * (i % 3 == (seed % 2 == 0 ? 0 : 2) ? 1 : 0.6)))]) : null!;
        int[] all = [.. Enumerable.Range(0, 60)];
        var model = ImageClassifier.Train(LearningTask.Classification(["red", "blue"]), [.. all.Select(i => i % 2)], new([.. all.Take(40)], [], [.. all.Skip(40)]), tinted, Quick, Context());
        Assert.True(model.IsColour);
        Assert.All(Enumerable.Range(100, 10), seed => Assert.Equal(seed % 2 == 0 ? "red" : "blue", model.Tell(tinted(seed)).Label));
        Assert.False(Train(2, Quick with { Epochs = 1 }).IsColour);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_one_thread_and_two_and_the_file_the_same_answers()
    {
        var options = Quick with { Epochs = 2 };
        var model = Train(3, options);
        var file = model.Write();
        Assert.Equal(file, Train(3, options, threads: 2).Write());
        Assert.NotEqual(file, Train(3, options, seed: 3).Write());
        var read = ImageClassifier.Read(file);
        Assert.Equal(file, read.Write());
        foreach (var kind in MadeSurface.Kinds)
        {
            var (one, other) = (model.Tell(MadeSurface.OfKind(kind, 900)), read.Tell(MadeSurface.OfKind(kind, 900)));
            Assert.Equal(one.Probabilities, other.Probabilities);
            Assert.Equal(one.Possible, other.Possible);
        }
    }

    [Fact]
    public void A_training_that_was_cut_off_ends_in_the_same_bytes()
    {
        var options = Quick with { Epochs = 4 };
        var whole = Train(2, options).Write();
        var checkpoint = new TrainingCheckpoint(Path.Combine(folder, "training"), TimeSpan.Zero, TimeProvider.System);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stop = new Told(progress =>
        {
            if (progress.Step == 2)
                cut.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Train(2, options, context: Context() with { Checkpoint = checkpoint, Progress = stop, Cancel = cut.Token }));
        var steps = new List<int>();
        Assert.Equal(whole, Train(2, options, context: Context() with { Checkpoint = checkpoint, Progress = new Told(progress => steps.Add(progress.Step)) }).Write());
        Assert.Equal([1, 2, 3, 4], steps);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_exported_network_says_the_same_in_our_own_runner(int kinds)
    {
        var model = Train(kinds, Quick with { Epochs = 3 });
        Raster[] images = [.. Enumerable.Range(0, 6).Select(i => MadeSurface.OfKind(MadeSurface.Kinds[i % kinds], 700 + i))];
        var session = OnnxSession.Create(OnnxModel.Read(model.ToOnnx("kinds").Write()));
        session.Set<float>("image", [.. images.SelectMany(model.Taken)], images.Length, 32, 32, 1);
        session.Run();
        var answer = session.Get<float>("prediction").ToArray();
        var outputs = model.Task.Outputs;
        for (var i = 0; i < images.Length; i++)
        {
            var probabilities = model.Tell(images[i]).Probabilities;
            for (var one = 0; one < outputs; one++)
                Assert.Equal(outputs == 1 ? probabilities[1] : probabilities[one], answer[i * outputs + one], 1e-5);
        }
    }

    [Fact]
    public void Images_that_are_all_alike_a_label_without_images_and_options_without_sense_are_refused()
    {
        var task = LearningTask.Classification(["a", "b"]);
        var parts = new ImageParts([0, 1], [], [0, 1]);
        string refused(Action act) => Assert.Throws<ProblemException>(act).Problem.Type;
        Assert.Equal("urn:dure:learn:equal-images", refused(() => ImageClassifier.Train(task, [0, 1], parts, _ => MadeSurface.Of(1), Quick, Context())));
        Assert.Equal("urn:dure:learn:too-few-images", refused(() => ImageClassifier.Train(task, [0, 0], parts, i => MadeSurface.Of(i), Quick, Context())));
        foreach (var wrong in (ImageClassOptions[])[Quick with { Size = 60 }, Quick with { Size = 128, Width = 32 }, Quick with { Level = 1 }, Quick with { Epochs = 0 }])
            Assert.Equal("urn:dure:learn:bad-option", refused(() => Train(2, wrong)));
    }

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_else_happens()
    {
        var file = Encoding.UTF8.GetString(Train(2, Quick with { Epochs = 1, Width = 4 }).Write());
        var (image, refusals) = (MadeSurface.Of(1), 0);
        for (var seed = 0; seed < 80; seed++)
        {
            var (random, damaged) = (new Random(seed), file.ToCharArray());
            for (var times = random.Next(1, 4); times > 0; times--)
                // Half of the damage where the structure is, not the weights.
                damaged[seed % 2 == 0 ? random.Next(damaged.Length) : random.Next(Math.Min(700, damaged.Length)) is var at && seed % 4 == 1 ? damaged.Length - 1 - at : at] = "0123456789-,[]{}\"e.ntrue "[random.Next(25)];
            var text = new string(damaged);
            try
            {
                ImageClassifier.Read(Encoding.UTF8.GetBytes(seed % 8 == 7 ? text[..random.Next(text.Length)] : text)).Tell(image);
            }
            catch (ProblemException refused)
            {
                Assert.StartsWith("urn:dure:learn:", refused.Problem.Type, StringComparison.Ordinal);
                refusals++;
            }
        }
        Assert.True(refusals > 50, $"{refusals} of 80 were refused");
    }

    [Theory]
    [InlineData("1e-310")] // with three labels all of it would be divided by nothing
    [InlineData("0.5")]
    [InlineData("-1")]
    public void A_temperature_that_no_training_gives_is_refused(string temperature)
    {
        var file = JsonNode.Parse(Train(3, Quick with { Epochs = 1, Width = 4 }).Write())!;
        file["model"]!["calibration"]!["numbers"] = new JsonArray(JsonNode.Parse(temperature));
        Assert.Throws<ProblemException>(() => ImageClassifier.Read(Encoding.UTF8.GetBytes(file.ToJsonString())));
    }

    private static LearningContext Context(int threads = 1, int seed = 2) => new() { Seed = seed, Threads = threads, Cancel = Cancel };

    /// <summary>By <see cref="Each"/> images of each of the first kinds: five of eight teach, one of eight stops, two of eight hold.</summary>
    private static ImageClassifier Train(int kinds, ImageClassOptions options, int threads = 1, int seed = 2, LearningContext? context = null)
    {
        int[] all = [.. Enumerable.Range(0, kinds * Each)];
        bool isOf(int image, int from, int to) => image / kinds % 8 >= from && image / kinds % 8 < to;
        return ImageClassifier.Train(LearningTask.Classification(MadeSurface.Kinds[..kinds]), [.. all.Select(i => i % kinds)], new([.. all.Where(i => isOf(i, 0, 5))], [.. all.Where(i => isOf(i, 5, 6))], [.. all.Where(i => isOf(i, 6, 8))]),
            i => MadeSurface.OfKind(MadeSurface.Kinds[i % kinds], i), options, context ?? Context(threads, seed));
    }

    private sealed class Told(Action<LearningProgress> tell) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value) => tell(value);
    }
}
