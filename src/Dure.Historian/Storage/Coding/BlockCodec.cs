using System.Buffers.Binary;
using System.Collections.Concurrent;
using Dure.Kernel;

namespace Dure.Historian.Storage.Coding;

/// <summary>What a block's values come to, over the samples that are not bad; what coarse questions are answered from without decoding.</summary>
/// <param name="Bad">Samples of bad quality.</param>
internal readonly record struct BlockStatistics(int Count, int Bad, double Min, double Max, double Sum);

/// <summary>
/// A block of one series as bytes: length of the times' part (2), times, values, qualities. The first time and the number of samples are kept
/// by whoever holds the bytes. Not for several threads at once: buffers are reused.
/// </summary>
internal sealed class BlockCodec
{
    public const int MostSamples = 1024;

    private const int OneQuality = 0;
    private const int MixedQualities = 1;

    private static readonly ConcurrentBag<BlockCodec> Idle = [];

    private readonly TimeCoding timeCoding = new(MostSamples);
    private readonly ValueCoding valueCoding = new(MostSamples);
    private readonly IntegerCoding qualityCoding = new(MostSamples);
    private readonly long[] qualityNumbers = new long[MostSamples];

    /// <summary>One that nobody uses now; given back with <see cref="Return"/>.</summary>
    public static BlockCodec Rent() => Idle.TryTake(out var codec) ? codec : new BlockCodec();

    public static void Return(BlockCodec codec) => Idle.Add(codec);

    public BlockStatistics Encode(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, ByteSink sink)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(times.Length, MostSamples);
        var start = sink.Length;
        _ = sink.Take(2);
        timeCoding.Encode(times, sink);
        BinaryPrimitives.WriteUInt16LittleEndian(sink.Patch(start, 2), (ushort)(sink.Length - start - 2));
        valueCoding.Encode(values, sink);
        var isOneQuality = !qualities.ContainsAnyExcept(qualities[0]);
        sink.Byte(isOneQuality ? OneQuality : MixedQualities);
        if (isOneQuality)
        {
            sink.Byte((int)qualities[0]);
        }
        else
        {
            for (var i = 0; i < qualities.Length; i++)
                qualityNumbers[i] = (long)qualities[i];
            qualityCoding.Encode(qualityNumbers.AsSpan(0, qualities.Length), sink);
        }
        return Statistics(values, qualities, isOneQuality);
    }

    /// <exception cref="InvalidDataException">The bytes are no block of that many samples.</exception>
    public void Decode(ReadOnlySpan<byte> block, long firstTime, Span<long> times, Span<double> values, Span<Quality> qualities)
    {
        DecodeTimes(block, firstTime, times);
        DecodeValues(block, values, qualities);
    }

    public void DecodeTimes(ReadOnlySpan<byte> block, long firstTime, Span<long> times) => timeCoding.Decode(TimesOf(block), firstTime, times);

    /// <summary>The µs between neighbours when they all are the same; 0 when they are not.</summary>
    public static long SteadyStep(ReadOnlySpan<byte> block) => TimeCoding.SteadyStep(TimesOf(block));

    /// <returns>The quality that all samples have; null when they differ.</returns>
    public Quality? DecodeValues(ReadOnlySpan<byte> block, Span<double> values, Span<Quality> qualities)
    {
        if (block.Length < 2)
            throw new InvalidDataException("the block ends early");
        var source = new ByteSource(block);
        _ = source.Take(source.UInt16());
        valueCoding.Decode(ref source, values);
        if (source.Byte() == OneQuality)
        {
            var quality = (Quality)source.Byte();
            qualities.Fill(quality);
            return quality;
        }
        qualityCoding.Decode(ref source, qualityNumbers.AsSpan(0, qualities.Length));
        for (var i = 0; i < qualities.Length; i++)
            qualities[i] = (Quality)qualityNumbers[i];
        return null;
    }

    private static ReadOnlySpan<byte> TimesOf(ReadOnlySpan<byte> block)
    {
        var source = new ByteSource(block);
        return source.Take(source.UInt16());
    }

    public static BlockStatistics Statistics(ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, bool isOneQuality)
    {
        if (isOneQuality && qualities[0] != Quality.Bad)
        {
            var (low, high, total) = Columns.MinMaxSum(values);
            return new BlockStatistics(values.Length, 0, low, high, total);
        }
        var (bad, min, max, sum) = (0, double.PositiveInfinity, double.NegativeInfinity, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            if (qualities[i] == Quality.Bad)
            {
                bad++;
                continue;
            }
            min = Math.Min(min, values[i]);
            max = Math.Max(max, values[i]);
            sum += values[i];
        }
        return new BlockStatistics(values.Length, bad, min, max, sum);
    }
}
