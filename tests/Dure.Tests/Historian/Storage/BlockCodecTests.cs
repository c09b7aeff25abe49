using Dure.Historian.Storage.Coding;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>Blocks come back bit for bit, whatever they hold, and bytes that are no block never do harm.</summary>
public sealed class BlockCodecTests
{
    private static readonly double[] Awkward =
    [
        0.0, -0.0, double.NaN, BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_1234), double.PositiveInfinity, double.NegativeInfinity,
        double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1e15, 123456.789, 0.1 + 0.2, (float)0.1, 9007199254740993.0, -1e-300,
    ];

    [Fact]
    public void Any_bits_come_back()
    {
        Prop.ForAll<long[], int>((bits, seed) =>
        {
            var random = new Random(seed);
            var values = bits.Take(BlockCodec.MostSamples).Select(BitConverter.Int64BitsToDouble).Append(Awkward[random.Next(Awkward.Length)]).ToArray();
            AssertComesBack(TimesOf(values.Length, random), values, [.. values.Select(_ => (Quality)random.Next(3))]);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_kind_of_series_comes_back_at_every_length()
    {
        var random = new Random(7);
        foreach (var kind in Kinds(random))
        {
            foreach (var length in new[] { 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 500, 1023, 1024 })
            {
                var values = Enumerable.Range(0, length).Select(kind).ToArray();
                AssertComesBack(TimesOf(length, random), values, new Quality[length]);
            }
        }
    }

    [Fact]
    public void Times_as_far_apart_as_can_be_come_back()
    {
        foreach (var times in new long[][] { [long.MinValue, 0, 1], [long.MinValue, 0, long.MaxValue], [-1, long.MaxValue], [long.MinValue, long.MinValue + 1, long.MaxValue] })
            AssertComesBack(times, [.. times.Select(time => (double)time)], new Quality[times.Length]);
    }

    [Fact]
    public void Extreme_whole_numbers_come_back()
    {
        Prop.ForAll<long[]>(random =>
        {
            var values = random.Concat([long.MinValue, long.MaxValue, 0, -1, 1, long.MinValue + 1]).Take(BlockCodec.MostSamples).ToArray();
            var coding = new IntegerCoding(BlockCodec.MostSamples);
            var sink = new ByteSink();
            coding.Encode(values, sink);
            var back = new long[values.Length];
            var source = new ByteSource(sink.Written);
            coding.Decode(ref source, back);
            Assert.Equal(values, back);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Values_of_every_width_unpack_alike()
    {
        var random = new Random(3);
        foreach (var width in Enumerable.Range(0, 57).Append(64))
        {
            foreach (var count in new[] { 1, 7, 8, 9, 63, 64, 70, 1024 })
            {
                var mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
                var values = Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) & mask).ToArray();
                var bytes = new byte[BitPacking.BytesFor(count, width)];
                BitPacking.Pack(values, width, bytes);
                var back = new ulong[count];
                BitPacking.Unpack(bytes, width, back);
                Assert.Equal(values, back);
            }
        }
    }

    [Fact]
    public void A_steady_decimal_series_takes_less_than_a_byte_a_sample()
    {
        var values = Enumerable.Range(0, 1024).Select(i => Math.Round(50 + 10 * Math.Sin(0.001 * i), 3)).ToArray();
        var sink = new ByteSink();
        _ = new BlockCodec().Encode([.. Enumerable.Range(0, 1024).Select(i => 1_750_000_000_000_000L + i * 1_000_000L)], values, new Quality[1024], sink);
        Assert.InRange(sink.Length, 1, 1000);
    }

    [Fact]
    public void A_decimal_of_single_precision_is_kept_as_a_decimal()
    {
        var random = new Random(1);
        var sink = new ByteSink();
        double[] values = [.. Enumerable.Range(0, 1024).Select(_ => (double)(float)(random.Next(2000, 2200) / 100.0))];
        _ = new BlockCodec().Encode([.. Enumerable.Range(0, 1024).Select(i => i * 1_000_000L)], values, new Quality[1024], sink);
        Assert.InRange(sink.Length, 1, 1100);
    }

    [Fact]
    public void Changed_bytes_give_an_error_or_other_samples_but_do_no_harm() => ChangeBytes(20_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_changed_blocks_do_no_harm() => ChangeBytes(1_000_000);

    private static void ChangeBytes(int rounds)
    {
        var random = new Random(11);
        var codec = new BlockCodec();
        var blocks = Kinds(random).Select(kind => Encoded(codec, TimesOf(300, random), [.. Enumerable.Range(0, 300).Select(kind)])).ToArray();
        var (times, values, qualities) = (new long[BlockCodec.MostSamples], new double[BlockCodec.MostSamples], new Quality[BlockCodec.MostSamples]);
        for (var round = 0; round < rounds; round++)
        {
            var bytes = blocks[random.Next(blocks.Length)].ToArray();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
                bytes[random.Next(Math.Min(bytes.Length, random.Next(4) == 0 ? bytes.Length : 40))] = (byte)random.Next(256);
            var cut = bytes.AsSpan(0, random.Next(3) == 0 ? random.Next(bytes.Length) : bytes.Length);
            try
            {
                var count = random.Next(1, 320);
                codec.Decode(cut, 0, times.AsSpan(0, count), values.AsSpan(0, count), qualities.AsSpan(0, count));
            }
            catch (InvalidDataException)
            {
                // Named as damaged, which is the promise.
            }
        }
    }

    private static IEnumerable<Func<int, double>> Kinds(Random random)
    {
        var walk = 0.0;
        yield return i => Math.Round(50 + 10 * Math.Sin(0.001 * i), 3);
        yield return _ => 21.5;
        yield return i => i / 100 % 2;
        yield return _ => random.NextDouble();
        yield return _ => (float)random.NextDouble();
        yield return _ => (float)(random.Next(0, 5000) / 10.0);
        yield return _ => Math.Round(walk += random.NextDouble() - 0.5, 2);
        yield return i => i % 97 == 0 ? double.NaN : i % 50 == 0 ? 1e300 : Math.Round(20 + random.NextDouble(), 1);
        yield return _ => random.Next(4) * 1e9 + 0.123456789;
        yield return i => -i * 1e-7;
        yield return _ => random.Next(int.MinValue, int.MaxValue) * 4096.0;
        yield return i => i % 300 == 0 ? 1e12 : 7;
    }

    private static long[] TimesOf(int count, Random random)
    {
        var times = new long[count];
        times[0] = random.NextInt64(0, 1L << 52);
        var kind = random.Next(5);
        for (var i = 1; i < count; i++)
        {
            times[i] = times[i - 1] + kind switch
            {
                0 => 1_000_000,
                1 => 1_000_000 + 1000 * random.Next(-400, 400),
                2 => random.Next(20) == 0 ? 3_600_000_000 : 1_000_000,
                3 => random.NextInt64(1, 1L << 40),
                _ => 1,
            };
        }
        return times;
    }

    private static byte[] Encoded(BlockCodec codec, long[] times, double[] values)
    {
        var sink = new ByteSink();
        _ = codec.Encode(times, values, new Quality[times.Length], sink);
        return sink.Written.ToArray();
    }

    private static void AssertComesBack(long[] times, double[] values, Quality[] qualities)
    {
        var codec = new BlockCodec();
        var sink = new ByteSink();
        var statistics = codec.Encode(times, values, qualities, sink);
        var (backTimes, backValues, backQualities) = (new long[times.Length], new double[times.Length], new Quality[times.Length]);
        codec.Decode(sink.Written, times[0], backTimes, backValues, backQualities);
        Assert.Equal(times, backTimes);
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), backValues.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(qualities, backQualities);
        Assert.Equal(qualities.Count(quality => quality == Quality.Bad), statistics.Bad);
    }
}
