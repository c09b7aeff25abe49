using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Learn.Neural;

/// <summary>
/// All that a training is between two steps. Written as a checkpoint it goes on from there to the same model, byte by byte, as if it had never
/// stopped: what is random follows from the seed and the numbers of epoch and step.
/// </summary>
internal sealed class TrainingState(Network network)
{
    private const string Format = "dure-training-1";
    private const int HashSize = 32;

    public Network Network => network;
    public Adam Adam { get; } = new(network);

    /// <summary>The epoch in work, and batches of it that are done.</summary>
    public int Epoch { get; set; }
    public int Batch { get; set; }

    /// <summary>Sum over these batches.</summary>
    public double EpochLoss { get; set; }

    public double BestLoss { get; set; } = double.PositiveInfinity;
    public int EpochsSinceBest { get; set; }
    public float[] BestWeights { get; } = new float[network.Parameters.Length];
    public float[] BestRemembered { get; } = new float[network.Remembered.Length];

    private float[][] Arrays => [network.Parameters, network.Remembered, Adam.Mean, Adam.Square, BestWeights, BestRemembered];

    /// <summary>Replaces the checkpoint; a crash leaves the old one or the new one.</summary>
    /// <param name="training">Of what it is a checkpoint.</param>
    public void Write(string path, ReadOnlySpan<byte> training)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Format);
        writer.Write(training);
        writer.Write(Epoch);
        writer.Write(Batch);
        writer.Write(EpochLoss);
        writer.Write(BestLoss);
        writer.Write(EpochsSinceBest);
        writer.Write(Adam.Steps);
        foreach (var array in Arrays)
            writer.Write(MemoryMarshal.AsBytes<float>(array));
        writer.Write(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        DurableFile.Write(path, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>Goes on from a checkpoint.</summary>
    /// <exception cref="ProblemException">It is damaged, or of another training.</exception>
    public void Read(string path, ReadOnlySpan<byte> training)
    {
        var size = new FileInfo(path).Length;
        var expected = Arrays.Sum(array => (long)array.Length * sizeof(float));
        if (size > expected + 4096 || size < expected + HashSize)
            throw Bad("Its size is not that of this training's checkpoints.", path);
        var bytes = File.ReadAllBytes(path);
        if (!SHA256.HashData(bytes.AsSpan(..^HashSize)).AsSpan().SequenceEqual(bytes.AsSpan(^HashSize..)))
            throw Bad("It is damaged.", path);
        using var reader = new BinaryReader(new MemoryStream(bytes, 0, bytes.Length - HashSize));
        if (reader.ReadString() != Format || !reader.ReadBytes(HashSize).AsSpan().SequenceEqual(training))
            throw Bad("It is of another training: other data, layers, options or seed.", path);
        (Epoch, Batch, EpochLoss, BestLoss, EpochsSinceBest, Adam.Steps) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt64());
        foreach (var array in Arrays)
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(array.AsSpan()));
        network.Touch();
    }

    private static ProblemException Bad(string what, string path) =>
        new("urn:dure:learn:bad-checkpoint", $"The checkpoint cannot be used: {what}", path, "Delete it to train from the start, or train what it belongs to.");
}
