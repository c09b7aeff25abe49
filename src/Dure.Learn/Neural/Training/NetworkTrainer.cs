using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Neural;

/// <summary>Trains a network step by step, with early stopping by validation examples, and goes on from a checkpoint where there is one.</summary>
internal sealed class NetworkTrainer
{
    private readonly Network network;
    private readonly ExampleSet examples;
    private readonly ExampleSet? validation;
    private readonly NetworkTraining options;
    private readonly NetworkLoss loss;
    private readonly BatchGradient gradient;
    private readonly int[] order;
    private readonly int batches;

    /// <param name="network">With its first weights; it holds the trained ones afterwards.</param>
    /// <param name="threads">At most; 0: one for each core. No bit hangs on it.</param>
    public NetworkTrainer(Network network, NetworkLoss loss, ExampleSet examples, ExampleSet? validation, NetworkTraining options, int threads = 0)
    {
        options.Check();
        (this.network, this.loss, this.examples, this.validation, this.options) = (network, loss, examples, validation is { Count: > 0 } ? validation : null, options);
        gradient = new BatchGradient(network, loss, threads, options.LeastRows);
        order = new int[examples.Count];
        batches = (examples.Count + options.BatchSize - 1) / options.BatchSize;
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="checkpoint">Where it keeps how far it is; null: nowhere.</param>
    /// <param name="finish">Set when its time is up: it ends with the epoch, and what it has by then counts.</param>
    /// <returns>The best validation loss, or without validation that of the last epoch.</returns>
    /// <exception cref="ProblemException">It ran away from every solution.</exception>
    public double Run(IProgress<LearningProgress>? progress = null, TrainingCheckpoint? checkpoint = null, CancellationToken cancel = default, CancellationToken finish = default)
    {
        var state = new TrainingState(network);
        var training = checkpoint is null ? [] : Fingerprint(cancel);
        if (checkpoint?.Load(training) is { } kept)
            state.Read(kept);
        // Told again: whoever keeps the curve had lost it with the fall.
        foreach (var (epoch, point) in state.Curve.Index())
            Tell(epoch + 1, point.Training, point.Validation);
        var last = state.Curve.Count > 0 ? state.Curve[^1].Training : double.PositiveInfinity;
        while (state.Epoch < options.Epochs && !(finish.IsCancellationRequested && state.Epoch > 0) && (validation is null || options.Patience == 0 || state.EpochsSinceBest < options.Patience))
        {
            Shuffle(state.Epoch);
            examples.Begin(state.Epoch);
            for (; state.Batch < batches; Save())
            {
                cancel.ThrowIfCancellationRequested();
                Step(state, cancel);
                state.Batch++;
            }
            last = state.EpochLoss / batches;
            (state.Epoch, state.Batch, state.EpochLoss) = (state.Epoch + 1, 0, 0);
            state.Curve.Add((last, validation is null ? double.NaN : Validate(state, cancel)));
            Tell(state.Epoch, last, state.Curve[^1].Validation);
        }
        if (validation is null || double.IsPositiveInfinity(state.BestLoss))
            return last;
        state.BestWeights.CopyTo(network.Parameters, 0);
        state.BestRemembered.CopyTo(network.Remembered, 0);
        network.Touch();
        return state.BestLoss;

        // Between two steps of an epoch: so the end of one needs no state of its own.
        void Save()
        {
            if (checkpoint?.IsDue == true && state.Size <= TrainingCheckpoint.MostBytes)
                checkpoint.Save(training, state.Write());
        }

        void Tell(int epoch, double training, double validation) =>
            progress?.Report(new LearningProgress(epoch, options.Epochs, training, double.IsNaN(validation) ? null : validation));
    }

    private void Step(TrainingState state, CancellationToken cancel)
    {
        var first = state.Batch * options.BatchSize;
        var rows = new ArraySegment<int>(order, first, Math.Min(options.BatchSize, order.Length - first));
        var found = gradient.Run(examples, rows, (ulong)options.Seed << 32 ^ (ulong)state.Adam.Steps, cancel);
        var length = Math.Sqrt(gradient.Gradient.Sum(each => (double)each * each));
        if (!double.IsFinite(found) || !double.IsFinite(length))
            throw new ProblemException("urn:dure:learn:training-diverged", $"In epoch {state.Epoch + 1} the loss became {found}.", "the network's training", "Lower the learning rate, or look for values in the data that are far out of range.");
        var scale = options.ClipLength > 0 && length > options.ClipLength ? options.ClipLength / length : 1;
        state.Adam.Step(gradient.Gradient, (float)scale, options.RateOf(state.Adam.Steps, (long)options.Epochs * batches), options.WeightDecay);
        state.EpochLoss += found;
    }

    private double Validate(TrainingState state, CancellationToken cancel)
    {
        var some = options.JudgedAtOnce;
        var all = Enumerable.Range(0, validation!.Count).ToArray();
        var sum = 0.0;
        for (var first = 0; first < all.Length; first += some)
        {
            cancel.ThrowIfCancellationRequested();
            var rows = new ArraySegment<int>(all, first, Math.Min(some, all.Length - first));
            sum += rows.Count * gradient.Loss(validation, rows, cancel);
        }
        var found = sum / all.Length;
        if (found < state.BestLoss)
        {
            (state.BestLoss, state.EpochsSinceBest) = (found, 0);
            network.Parameters.CopyTo(state.BestWeights, 0);
            network.Remembered.CopyTo(state.BestRemembered, 0);
        }
        else
        {
            state.EpochsSinceBest++;
        }
        return found;
    }

    /// <summary>The order of an epoch follows from the seed and its number alone.</summary>
    private void Shuffle(int epoch)
    {
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        new Random(unchecked(options.Seed * 1_000_003 + epoch)).Shuffle(order);
    }

    /// <summary>What a checkpoint belongs to: the layers and first weights, the options, the loss and every example.</summary>
    private byte[] Fingerprint(CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(CanonicalJson.Serialize(NetworkFile.Write(network)));
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{options} {loss}"));
        var (input, target, weight) = (new float[network.Input.Size], new float[loss.TargetSize(network.Output.Size)], new float[1]);
        foreach (var set in (ExampleSet?[])[examples, validation])
        {
            for (var i = 0; i < (set?.Count ?? 0); i++)
            {
                cancel.ThrowIfCancellationRequested();
                weight[0] = set!.Copy(i, input, target);
                hash.AppendData(MemoryMarshal.AsBytes<float>(input));
                hash.AppendData(MemoryMarshal.AsBytes<float>(target));
                hash.AppendData(MemoryMarshal.AsBytes<float>(weight));
            }
            hash.AppendData([0]);
        }
        return hash.GetHashAndReset();
    }
}
