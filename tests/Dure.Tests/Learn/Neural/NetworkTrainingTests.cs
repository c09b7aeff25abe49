using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Neural;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Neural;

public sealed class NetworkTrainingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-training").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Windows whose label is a sum over some of their positions: dropout, normalisation, recurrence and convolution at once.</summary>
    private static (Network Network, ExampleArrays Examples, ExampleArrays Validation) Made(int seed, int count = 300)
    {
        var builder = new NetworkBuilder(Shape.Window(8, 2)).Then(new Convolution(6, Sliding.Same(3))).Then(new BatchNormalisation()).Then(new Activation(ActivationFunction.Relu)).Then(new Dropout(0.2f));
        builder.Then(new Gru(5)).Then(new LastPosition()).Then(new Dense(1));
        return (builder.Build(seed), Examples(count, seed), Examples(60, seed + 1));
    }

    private static ExampleArrays Examples(int count, int seed)
    {
        var random = new Random(seed);
        var inputs = MadeNetwork.Numbers(random, count * 16);
        return new ExampleArrays(inputs, [.. Enumerable.Range(0, count).Select(i => inputs[i * 16 + 3] + 2 * inputs[i * 16 + 14])], count);
    }

    private static NetworkTraining Options(int seed) => new() { Epochs = 6, BatchSize = 100, LearningRate = 0.01, Seed = seed };

    /// <summary>Keeps the state after every step.</summary>
    private static TrainingCheckpoint Checkpoint(string path) => new(path, TimeSpan.Zero, TimeProvider.System);

    private static byte[] BytesOf(Network network) => CanonicalJson.Serialize(NetworkFile.Write(network));

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_any_number_of_threads() => Prop.ForAll<int>(seed =>
    {
        byte[] train(int threads)
        {
            var (network, examples, validation) = Made(seed);
            new NetworkTrainer(network, NetworkLoss.Squared, examples, validation, Options(seed), threads).Run(cancel: TestContext.Current.CancellationToken);
            return BytesOf(network);
        }
        var one = train(1);
        return one.AsSpan().SequenceEqual(train(2)) && one.AsSpan().SequenceEqual(train(3));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5));

    [Fact]
    public void A_training_killed_at_any_time_goes_on_to_the_same_model() => Prop.ForAll<int>(seed =>
    {
        var (whole, examples, validation) = Made(seed);
        new NetworkTrainer(whole, NetworkLoss.Squared, examples, validation, Options(seed), 1).Run(cancel: TestContext.Current.CancellationToken);

        var (random, checkpoint) = (new Random(seed), Path.Combine(folder, $"{Guid.NewGuid():N}"));
        var network = Made(seed).Network;
        for (var killed = 0; ; killed++)
        {
            // A new process knows the first weights and the file, and nothing of what the last one did.
            network = Made(seed).Network;
            using var kill = new CancellationTokenSource();
            var trainer = new NetworkTrainer(network, NetworkLoss.Squared, new KillsAfter(examples, random.Next(1, 800), kill), validation, Options(seed), 1 + killed % 2);
            try
            {
                trainer.Run(checkpoint: Checkpoint(checkpoint), cancel: killed < 4 ? kill.Token : TestContext.Current.CancellationToken);
                break;
            }
            catch (OperationCanceledException) when (killed < 4)
            {
            }
        }
        return BytesOf(whole).AsSpan().SequenceEqual(BytesOf(network));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    /// <summary>Examples of which the so-many-th that is looked at ends the process.</summary>
    private sealed class KillsAfter(ExampleSet inner, int looks, CancellationTokenSource kill) : ExampleSet
    {
        private int looked;

        public override int Count => inner.Count;

        public override float Copy(int example, Span<float> input, Span<float> target)
        {
            if (Interlocked.Increment(ref looked) == looks + 300) // the first 300 looks only recognise the data
                kill.Cancel();
            return inner.Copy(example, input, target);
        }
    }

    [Fact]
    public void A_checkpoint_of_another_training_or_a_damaged_one_counts_as_none()
    {
        var (network, examples, validation) = Made(1);
        var path = Path.Combine(folder, "checkpoint");
        new NetworkTrainer(network, NetworkLoss.Squared, examples, validation, Options(1)).Run(checkpoint: Checkpoint(path), cancel: TestContext.Current.CancellationToken);
        var kept = File.ReadAllBytes(path);
        void ignored(Func<(Network Network, NetworkTrainer Trainer)> made)
        {
            var (anew, expected) = made();
            expected.Run(cancel: TestContext.Current.CancellationToken);
            var (beside, trainer) = made();
            trainer.Run(checkpoint: Checkpoint(path), cancel: TestContext.Current.CancellationToken);
            Assert.Equal(BytesOf(anew), BytesOf(beside));
            File.WriteAllBytes(path, kept);
        }
        (Network, NetworkTrainer) of(int seed, NetworkLoss loss, ExampleSet from, int order) =>
            Made(seed).Network is var fresh ? (fresh, new NetworkTrainer(fresh, loss, from, validation, Options(order))) : default;

        ignored(() => of(1, NetworkLoss.Squared, Made(2).Examples, 1));
        ignored(() => of(2, NetworkLoss.Squared, examples, 1));
        ignored(() => of(1, NetworkLoss.Absolute, examples, 1));
        ignored(() => of(1, NetworkLoss.Squared, examples, 2));
        kept[kept.Length / 2] ^= 1;
        File.WriteAllBytes(path, kept);
        ignored(() => of(1, NetworkLoss.Squared, examples, 1));
        kept = kept[..100];
        File.WriteAllBytes(path, kept);
        ignored(() => of(1, NetworkLoss.Squared, examples, 1));
    }

    [Fact]
    public void A_training_that_goes_on_tells_the_whole_curve_again()
    {
        var (network, examples, validation) = Made(7);
        var (whole, again) = (new List<double>(), new List<double>());
        var path = Path.Combine(folder, "curve");
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new NetworkTrainer(network, NetworkLoss.Squared, new KillsAfter(examples, 1000, stop), validation, Options(7)).Run(new Collects(whole), Checkpoint(path), stop.Token));
        whole.Clear();
        new NetworkTrainer(Made(7).Network, NetworkLoss.Squared, examples, validation, Options(7)).Run(new Collects(whole), cancel: TestContext.Current.CancellationToken);
        new NetworkTrainer(Made(7).Network, NetworkLoss.Squared, examples, validation, Options(7)).Run(new Collects(again), Checkpoint(path), TestContext.Current.CancellationToken);
        Assert.Equal(whole, again);
    }

    [Fact]
    public void It_learns_and_keeps_the_best_epoch()
    {
        var (network, examples, validation) = Made(3, count: 2000);
        var losses = new List<double>();
        var best = new NetworkTrainer(network, NetworkLoss.Squared, examples, validation, Options(3) with { Epochs = 30 })
            .Run(new Collects(losses), cancel: TestContext.Current.CancellationToken);
        Assert.InRange(best, 0, 0.25); // the labels' variance is 5/3
        Assert.Equal(losses.Min(), best);
        var again = new BatchGradient(network, NetworkLoss.Squared, 1).Loss(validation, Enumerable.Range(0, 60).ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(best, again);
    }

    [Fact]
    public void It_stops_when_the_validation_loss_no_longer_falls()
    {
        var (network, examples, _) = Made(4, count: 40);
        var losses = new List<double>();
        // Labels that follow from nothing.
        var noise = new ExampleArrays(MadeNetwork.Numbers(new Random(1), 60 * 16), MadeNetwork.Numbers(new Random(2), 60), 60);
        new NetworkTrainer(network, NetworkLoss.Squared, examples, noise, Options(4) with { Epochs = 500, Patience = 5 }).Run(new Collects(losses), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(5, losses.Count - 1 - losses.IndexOf(losses.Min()));
        Assert.InRange(losses.Count, 6, 400);
    }

    [Fact]
    public void A_step_takes_no_memory_for_values()
    {
        var (network, examples, _) = Made(5, count: 256);
        var gradient = new BatchGradient(network, NetworkLoss.Squared, 1);
        var rows = Enumerable.Range(0, 256).ToArray();
        gradient.Run(examples, rows, 0, TestContext.Current.CancellationToken);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 20; step++)
            gradient.Run(examples, rows, (ulong)step, TestContext.Current.CancellationToken);
        // The values of one step alone are 256 x 8 x 6 floats a layer: 48 KB.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, 8000);
    }

    [Fact]
    public void A_training_that_runs_away_says_so()
    {
        var (network, _, _) = Made(6);
        var huge = new ExampleArrays(MadeNetwork.Numbers(new Random(1), 1600), [.. Enumerable.Repeat(3e38f, 100)], 100);
        var refused = Assert.Throws<ProblemException>(() => new NetworkTrainer(network, NetworkLoss.Squared, huge, null, Options(6)).Run(cancel: TestContext.Current.CancellationToken));
        Assert.Equal("urn:dure:learn:training-diverged", refused.Problem.Type);
    }

    private sealed class Collects(List<double> losses) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value) => losses.Add(value.ValidationLoss!.Value);
    }
}
