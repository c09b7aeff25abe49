using System.Runtime.InteropServices;

namespace Dure.Learn.Neural;

/// <summary>
/// All that a training is between two steps. Written as a checkpoint it goes on from there to the same model, byte by byte, as if it had never
/// stopped: what is random follows from the seed and the numbers of epoch and step.
/// </summary>
internal sealed class TrainingState(Network network)
{
    private const string Format = "dure-training-2";

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

    /// <summary>Loss of the training examples and of the validation examples, NaN without them, of each epoch that is done.</summary>
    public List<(double Training, double Validation)> Curve { get; } = [];

    private float[][] Arrays => [network.Parameters, network.Remembered, Adam.Mean, Adam.Square, BestWeights, BestRemembered];

    /// <summary>Bytes that <see cref="Write"/> gives, not a few hundred more or less.</summary>
    public long Size => Arrays.Sum(array => (long)array.Length * sizeof(float)) + Curve.Count * 2L * sizeof(double);

    public byte[] Write()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Format);
        writer.Write(Epoch);
        writer.Write(Batch);
        writer.Write(EpochLoss);
        writer.Write(BestLoss);
        writer.Write(EpochsSinceBest);
        writer.Write(Adam.Steps);
        writer.Write(Curve.Count);
        foreach (var (training, validation) in Curve)
        {
            writer.Write(training);
            writer.Write(validation);
        }
        foreach (var array in Arrays)
            writer.Write(MemoryMarshal.AsBytes<float>(array));
        return bytes.ToArray();
    }

    /// <summary>Goes on from what <see cref="Write"/> gave in this very training; one of an earlier form counts as none.</summary>
    public void Read(byte[] kept)
    {
        using var reader = new BinaryReader(new MemoryStream(kept));
        if (reader.ReadString() != Format)
            return;
        (Epoch, Batch, EpochLoss, BestLoss, EpochsSinceBest, Adam.Steps) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt64());
        for (var left = reader.ReadInt32(); left > 0; left--)
            Curve.Add((reader.ReadDouble(), reader.ReadDouble()));
        foreach (var array in Arrays)
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(array.AsSpan()));
        network.Touch();
    }
}
