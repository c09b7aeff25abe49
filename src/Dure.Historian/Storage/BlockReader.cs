using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>Decodes single blocks of segments; the columns are valid until the next.</summary>
internal sealed class BlockReader : IDisposable
{
    private readonly BlockCodec codec = BlockCodec.Rent();
    private readonly long[] times = new long[BlockCodec.MostSamples];
    private readonly double[] values = new double[BlockCodec.MostSamples];
    private readonly Quality[] qualities = new Quality[BlockCodec.MostSamples];
    private int count;

    public ReadOnlySpan<long> Times => times.AsSpan(0, count);
    public ReadOnlySpan<double> Values => values.AsSpan(0, count);
    public ReadOnlySpan<Quality> Qualities => qualities.AsSpan(0, count);

    /// <exception cref="ProblemException">The block is damaged.</exception>
    public void Read(Segment segment, in BlockEntry entry)
    {
        count = entry.Count;
        try
        {
            codec.Decode(segment.BytesOf(entry), entry.FirstTime, times.AsSpan(0, count), values.AsSpan(0, count), qualities.AsSpan(0, count));
        }
        catch (InvalidDataException damage)
        {
            throw segment.Undecodable(entry, damage);
        }
    }

    public void Dispose() => BlockCodec.Return(codec);
}
