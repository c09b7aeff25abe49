using System.Text;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Neural;
using Xunit;

namespace Dure.Tests.Learn.Neural;

public sealed class WindowNetworkTests
{
    private const int Length = 24;

    private static WindowTraining Quick { get; } = new() { Width = 8, Epochs = 8, Taps = 3, LearningRate = 5e-3 };

    private static LearningContext Context(int threads = 1) => new() { Seed = 3, Threads = threads, Cancel = TestContext.Current.CancellationToken };

    public static TheoryData<string> Tasks { get; } = new("rebuild", "forecast", "life", "two classes", "three classes", "image classes");

    /// <summary>Signals that swing; the slower, the more life is left; a class is a kind of swing.</summary>
    private static (WindowTask Task, WindowArray Windows, float[] Targets) Made(string name, int count, int seed)
    {
        var random = new Random(seed);
        var shape = name == "image classes" ? new WindowShape(1, 12, 10) : new WindowShape(2, Length);
        var (values, targets) = (new float[count * shape.Size], new List<float>());
        for (var window = 0; window < count; window++)
        {
            var (pace, start, kind) = (0.2f + 0.6f * random.NextSingle(), 6 * random.NextSingle(), random.Next(3));
            float wave(float at) => 5 + MathF.Sin(pace * at + start);
            var positions = shape.Size / shape.Channels;
            for (var i = 0; i < shape.Size; i++)
            {
                var at = i % positions;
                values[window * shape.Size + i] = name switch
                {
                    "image classes" => (kind == 0 ? at % shape.Length : at / shape.Length) % 4 < 2 ? 1 : 0,
                    "two classes" or "three classes" => kind == 0 ? wave(at) : kind == 1 ? wave(at) * 2 - 5 : 5,
                    _ => i < positions ? wave(at) : 2 * wave(at) - 3,
                } + 0.05f * random.NextSingle();
            }
            switch (name)
            {
                case "forecast": targets.AddRange([wave(Length), wave(Length + 1)]); break;
                case "life": targets.Add(100 * (0.8f - pace)); break;
                case "two classes": targets.Add(Math.Min(1, kind)); break;
                case "three classes": targets.Add(kind); break;
                case "image classes": targets.Add(Math.Min(1, kind)); break;
            }
        }
        WindowTask task = name switch
        {
            "rebuild" => new WindowTask.Rebuild(),
            "forecast" => new WindowTask.Forecast(2),
            "life" => new WindowTask.RemainingLife(50),
            "three classes" => new WindowTask.Classes(["a", "b", "c"]),
            _ => new WindowTask.Classes(["a", "b"]),
        };
        return (task, new WindowArray(values, shape), [.. targets]);
    }

    private static WindowNetwork Trained(string name, int count = 400, int threads = 1, WindowTraining? options = null)
    {
        var (task, windows, targets) = Made(name, count, seed: 1);
        return WindowNetwork.Train(task, windows, targets, null, options ?? Quick, Context(threads));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void It_learns_what_windows_say(string name)
    {
        var model = Trained(name, count: 1200);
        var (_, windows, targets) = Made(name, 300, seed: 2);
        var found = model.Predict(windows, cancel: TestContext.Current.CancellationToken);
        switch (model.Task)
        {
            case WindowTask.Rebuild:
                Assert.InRange(found.Average(), 0, 0.3); // 1: the mean of the signal
                break;
            case WindowTask.Classes classes:
                int chosen(int i) => classes.Names.Count == 2 ? found[i] > 0.5 ? 1 : 0 : Array.IndexOf(found, found.Skip(i * 3).Take(3).Max(), i * 3) - i * 3;
                Assert.InRange(Enumerable.Range(0, 300).Count(i => chosen(i) == (int)targets[i]), 280, 300);
                break;
            case WindowTask.RemainingLife:
                Assert.All(found, life => Assert.InRange(life, 0, 50));
                Assert.InRange(found.Zip(targets, (life, truth) => Math.Abs(life - Math.Min(50, truth))).Average(), 0, 5); // a guess of the mean: 14
                break;
            default:
                Assert.InRange(found.Zip(targets, (value, truth) => Math.Abs(value - truth)).Average(), 0, 0.2); // a guess of the mean: 0.64
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_same_seed_gives_the_same_bytes_and_the_file_the_same_model(string name)
    {
        var options = Quick with { Epochs = 2 };
        var model = Trained(name, options: options);
        var file = model.Write();
        Assert.Equal(file, Trained(name, threads: 2, options: options).Write());
        var read = WindowNetwork.Read(file);
        Assert.Equal(file, read.Write());
        var windows = Made(name, 200, 4).Windows;
        Assert.Equal(model.Predict(windows, 1, TestContext.Current.CancellationToken), read.Predict(windows, 2, TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_onnx_form_gives_the_same_predictions(string name)
    {
        var model = Trained(name, options: Quick with { Epochs = 2 });
        var windows = Made(name, 50, 5).Windows;
        var values = new float[50 * model.Shape.Size];
        for (var i = 0; i < 50; i++)
            windows.Copy(i, values.AsSpan(i * model.Shape.Size, model.Shape.Size));
        values[3] = float.NaN;
        var session = OnnxSession.Create(OnnxModel.Read(model.ToOnnx("test").Write()));
        session.Set<float>("x", values, model.Shape.Height > 1 ? [50, 1, 10, 12] : [50, 2, Length]);
        session.Run();
        var expected = model.Predict(new WindowArray(values, model.Shape), 1, TestContext.Current.CancellationToken);
        var found = session.Get<float>("prediction").ToArray();
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void A_broken_signal_is_beyond_its_limit_and_healthy_ones_seldom_are()
    {
        var model = Trained("rebuild", count: 1500, options: Quick with { FalseAlarms = 0.02 });
        double[] scores(WindowArray windows) => [.. model.Predict(windows, 1, TestContext.Current.CancellationToken).Chunk(2).Select(errors => model.Score(errors))];
        var (_, healthy, _) = Made("rebuild", 1000, 6);
        Assert.InRange(scores(healthy).Count(score => score > 1), 0, 60);
        var (broken, random) = (new float[100 * healthy.Shape.Size], new Random(7));
        for (var i = 0; i < 100; i++)
        {
            healthy.Copy(i, broken.AsSpan(i * healthy.Shape.Size, healthy.Shape.Size));
            // The second signal is erratic, within its usual range.
            foreach (ref var value in broken.AsSpan(i * healthy.Shape.Size + Length, Length))
                value = 5 + 4 * random.NextSingle();
        }
        Assert.InRange(scores(new WindowArray(broken, healthy.Shape)).Count(score => score > 1), 90, 100);
        var errors = model.Predict(new WindowArray(broken, healthy.Shape), 1, TestContext.Current.CancellationToken);
        Assert.InRange(Enumerable.Range(0, 100).Count(i => errors[2 * i + 1] / model.Limits[1] > errors[2 * i] / model.Limits[0]), 90, 100);
    }

    [Fact]
    public void Sliding_windows_are_stretches_of_the_signals()
    {
        float[][] signals = [[.. Enumerable.Range(0, 20).Select(i => (float)i)], [.. Enumerable.Range(100, 20).Select(i => (float)i)]];
        var windows = new SlidingWindows(signals, 5, step: 3, first: 2, end: 18);
        Assert.Equal(4, windows.Count);
        var window = new float[10];
        windows.Copy(3, window);
        Assert.Equal([11, 12, 13, 14, 15, 111, 112, 113, 114, 115], window);
        Assert.Equal(16, windows.EndOf(3));
    }

    [Fact]
    public void What_cannot_be_learnt_from_is_refused_by_name()
    {
        var (task, windows, targets) = Made("three classes", 50, 1);
        void refused(string type, Func<object> train) => Assert.Equal(type, Assert.Throws<ProblemException>(train).Problem.Type);
        refused("urn:dure:learn:bad-target", () => WindowNetwork.Train(task, windows, [.. targets.Skip(1), 3], null, Quick, Context()));
        refused("urn:dure:learn:bad-target", () => WindowNetwork.Train(task, windows, [.. targets.Skip(1), float.NaN], null, Quick, Context()));
        refused("urn:dure:learn:bad-windows", () => WindowNetwork.Train(task, windows, targets[1..], null, Quick, Context()));
        refused("urn:dure:learn:bad-windows", () => WindowNetwork.Train(new WindowTask.Rebuild(), new WindowArray(new float[500], new WindowShape(1, 10)), [], null, Quick, Context()));
        refused("urn:dure:learn:bad-windows", () => WindowNetwork.Train(new WindowTask.Rebuild(), new WindowArray([.. Enumerable.Repeat(3f, 480)], new WindowShape(1, 12)), [], null, Quick, Context()));
        refused("urn:dure:learn:bad-option", () => WindowNetwork.Train(task, windows, targets, null, Quick with { Width = 0 }, Context()));
        refused("urn:dure:learn:bad-windows", () => Trained("life").Predict(windows = new WindowArray(new float[30], new WindowShape(1, 30))));
    }

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_else_happens()
    {
        var file = Encoding.UTF8.GetString(Trained("forecast", options: Quick with { Epochs = 1, Width = 2 }).Write());
        for (var seed = 0; seed < 300; seed++)
        {
            var (random, damaged) = (new Random(seed), file.ToCharArray());
            for (var times = random.Next(1, 4); times > 0; times--)
                damaged[random.Next(damaged.Length)] = "0123456789-,[]{}\"e.ntrue "[random.Next(25)];
            try
            {
                var read = WindowNetwork.Read(Encoding.UTF8.GetBytes(damaged));
                read.Predict(new WindowArray(new float[read.Shape.Size], read.Shape), 1, TestContext.Current.CancellationToken);
            }
            catch (ProblemException refused)
            {
                Assert.StartsWith("urn:dure:learn:", refused.Problem.Type, StringComparison.Ordinal);
            }
        }
    }
}
