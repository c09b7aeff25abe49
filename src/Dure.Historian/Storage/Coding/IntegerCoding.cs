using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dure.Historian.Storage.Coding;

/// <summary>
/// Whole numbers in the form that takes the fewest bytes: above a base, or as differences, or as runs; packed to one width, with the few that
/// do not fit kept beside as patches. Arithmetic wraps, so every 64-bit pattern comes back.
/// </summary>
/// <remarks>Base and patches after Zukowski et al., "Super-scalar RAM-CPU cache compression" (ICDE 2006).</remarks>
internal sealed class IntegerCoding(int mostValues)
{
    private enum Form : byte
    {
        /// <summary>Base, then values above it.</summary>
        AboveBase,

        /// <summary>First value, base, then differences above the base.</summary>
        Differences,

        /// <summary>First value, then zig-zagged differences.</summary>
        SignedDifferences,

        /// <summary>Run values, then run lengths, each in a form of their own.</summary>
        Runs,
    }

    private const int PatchPlaceBytes = 2;

    /// <summary>Fewer values a run than this, and runs are not tried.</summary>
    private const int FewestPerRun = 3;

    private readonly ulong[] packed = new ulong[mostValues];
    private readonly long[] differences = new long[mostValues];
    private IntegerCoding? inner;

    /// <summary>For what runs hold: runs of runs are not made.</summary>
    private IntegerCoding Inner => inner ??= new IntegerCoding(mostValues);

    /// <summary>A form with its width and its size in bytes, headers left out where all forms have them.</summary>
    private readonly record struct Plan(Form Form, int Width, int Patches, long Bytes);

    public void Encode(ReadOnlySpan<long> values, ByteSink sink) => Encode(values, sink, mayRun: true);

    private void Encode(ReadOnlySpan<long> values, ByteSink sink, bool mayRun)
    {
        if (values.Length == 0)
            return;
        var runs = mayRun ? CountRuns(values) : values.Length;
        if (runs * FewestPerRun <= values.Length && values.Length >= 8 && runs > 1)
        {
            EncodeRuns(values, runs, sink);
            return;
        }
        var plan = Choose(values, out var low, out var lowDifference);
        sink.Byte((int)plan.Form | (plan.Patches > 0 ? 0x80 : 0));
        switch (plan.Form)
        {
            case Form.AboveBase:
                sink.Signed(low);
                for (var i = 0; i < values.Length; i++)
                    packed[i] = unchecked((ulong)(values[i] - low));
                WritePacked(packed.AsSpan(0, values.Length), plan, sink);
                break;
            case Form.Differences:
                sink.Signed(values[0]);
                sink.Signed(lowDifference);
                for (var i = 1; i < values.Length; i++)
                    packed[i - 1] = unchecked((ulong)(differences[i - 1] - lowDifference));
                WritePacked(packed.AsSpan(0, values.Length - 1), plan, sink);
                break;
            default:
                sink.Signed(values[0]);
                for (var i = 1; i < values.Length; i++)
                    packed[i - 1] = ZigZag.Of(differences[i - 1]);
                WritePacked(packed.AsSpan(0, values.Length - 1), plan, sink);
                break;
        }
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode(ReadOnlySpan{long}, ByteSink)"/> writes for that many values.</exception>
    public void Decode(ref ByteSource source, Span<long> values) => Decode(ref source, values, mayRun: true);

    private void Decode(ref ByteSource source, Span<long> values, bool mayRun)
    {
        if (values.Length == 0)
            return;
        if (values.Length > mostValues)
            throw new InvalidDataException("more values than a block has");
        var tag = source.Byte();
        var (form, hasPatches) = ((Form)(tag & 0x7F), (tag & 0x80) != 0);
        var bits = MemoryMarshal.Cast<long, ulong>(values);
        switch (form)
        {
            case Form.AboveBase:
                var low = source.Signed();
                ReadPacked(ref source, bits, hasPatches);
                Add(values, low);
                break;
            case Form.Differences:
                values[0] = source.Signed();
                var step = source.Signed();
                ReadPacked(ref source, bits[1..], hasPatches);
                SumUp(values, step);
                break;
            case Form.SignedDifferences:
                values[0] = source.Signed();
                ReadPacked(ref source, bits[1..], hasPatches);
                UndoZigZag(values[1..]);
                SumUp(values, 0);
                break;
            case Form.Runs when mayRun:
                DecodeRuns(ref source, values);
                break;
            default:
                throw new InvalidDataException($"there is no form {tag}");
        }
    }

    private Plan Choose(ReadOnlySpan<long> values, out long low, out long lowDifference)
    {
        var high = low = values[0];
        Span<int> lengths = stackalloc int[65];
        Span<int> signedLengths = stackalloc int[65];
        var highDifference = lowDifference = values.Length > 1 ? unchecked(values[1] - values[0]) : 0;
        for (var i = 1; i < values.Length; i++)
        {
            var difference = unchecked(values[i] - values[i - 1]);
            differences[i - 1] = difference;
            low = Math.Min(low, values[i]);
            high = Math.Max(high, values[i]);
            lowDifference = Math.Min(lowDifference, difference);
            highDifference = Math.Max(highDifference, difference);
            signedLengths[64 - BitOperations.LeadingZeroCount(ZigZag.Of(difference))]++;
        }
        foreach (var value in values)
            lengths[64 - BitOperations.LeadingZeroCount(unchecked((ulong)(value - low)))]++;

        var best = Cheapest(Form.AboveBase, lengths, values.Length);
        var rest = values.Length - 1;
        var width = BitPacking.WidthOf(unchecked((ulong)(highDifference - lowDifference)));
        var plain = new Plan(Form.Differences, width, 0, BitPacking.BytesFor(rest, width) + 2);
        if (plain.Bytes < best.Bytes)
            best = plain;
        var signed = Cheapest(Form.SignedDifferences, signedLengths, rest);
        return signed.Bytes + 1 < best.Bytes ? signed : best;
    }

    /// <summary>The width at which packing plus patches is smallest, from how many values have which length in bits.</summary>
    private static Plan Cheapest(Form form, ReadOnlySpan<int> lengths, int count)
    {
        var longest = 64;
        while (longest > 0 && lengths[longest] == 0)
            longest--;
        var whole = longest > BitPacking.WidestPacked ? 64 : longest;
        var best = new Plan(form, whole, 0, BitPacking.BytesFor(count, whole));
        var patches = 0;
        for (var width = longest - 1; width >= 0; width--)
        {
            patches += lengths[width + 1];
            if (patches > count / 8)
                break;
            if (width > BitPacking.WidestPacked)
                continue;
            var bytes = BitPacking.BytesFor(count, width) + 2 + (long)patches * (PatchPlaceBytes + (longest - width + 6) / 7);
            if (bytes < best.Bytes)
                best = new Plan(form, width, patches, bytes);
        }
        return best;
    }

    private static void WritePacked(Span<ulong> values, Plan plan, ByteSink sink)
    {
        sink.Byte(plan.Width);
        BitPacking.Pack(values, plan.Width, sink.Take(BitPacking.BytesFor(values.Length, plan.Width)));
        if (plan.Patches == 0)
            return;
        sink.UInt16(plan.Patches);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] >> plan.Width is var above and not 0)
            {
                sink.UInt16(i);
                sink.Varint(above);
            }
        }
    }

    private static void ReadPacked(ref ByteSource source, Span<ulong> values, bool hasPatches)
    {
        var width = source.Byte();
        if (!BitPacking.IsWidth(width) || hasPatches && width == 64)
            throw new InvalidDataException($"a width of {width} bits is not possible");
        BitPacking.Unpack(source.Rest, width, values);
        _ = source.Take(BitPacking.BytesFor(values.Length, width));
        if (!hasPatches)
            return;
        for (var patches = source.UInt16(); patches > 0; patches--)
        {
            var place = source.UInt16();
            if (place >= values.Length)
                throw new InvalidDataException("a patch lies outside the block");
            values[place] |= source.Varint() << width;
        }
    }

    private static int CountRuns(ReadOnlySpan<long> values)
    {
        var runs = 1;
        for (var i = 1; i < values.Length; i++)
            runs += values[i] == values[i - 1] ? 0 : 1;
        return runs;
    }

    private void EncodeRuns(ReadOnlySpan<long> values, int runs, ByteSink sink)
    {
        var (runValues, runLengths) = (new long[runs], new long[runs]);
        var run = 0;
        (runValues[0], runLengths[0]) = (values[0], 1);
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] != values[i - 1])
                runValues[++run] = values[i];
            runLengths[run]++;
        }
        sink.Byte((int)Form.Runs);
        sink.UInt16(runs);
        Inner.Encode(runValues, sink, mayRun: false);
        Inner.Encode(runLengths, sink, mayRun: false);
    }

    private void DecodeRuns(ref ByteSource source, Span<long> values)
    {
        var runs = source.UInt16();
        if (runs == 0 || runs > values.Length)
            throw new InvalidDataException($"{runs} runs do not make {values.Length} values");
        var runValues = differences.AsSpan(0, runs);
        Inner.Decode(ref source, runValues, mayRun: false);
        var runLengths = MemoryMarshal.Cast<ulong, long>(packed.AsSpan(0, runs));
        Inner.Decode(ref source, runLengths, mayRun: false);
        var at = 0;
        for (var run = 0; run < runs; run++)
        {
            if (runLengths[run] < 0 || runLengths[run] > values.Length - at)
                throw new InvalidDataException("the runs are longer than the block");
            values.Slice(at, (int)runLengths[run]).Fill(runValues[run]);
            at += (int)runLengths[run];
        }
        if (at != values.Length)
            throw new InvalidDataException("the runs are shorter than the block");
    }

    private static void Add(Span<long> values, long low)
    {
        if (low == 0)
            return;
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var addend = Vector512.Create(low);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + 8 <= values.Length; i += 8)
                (Vector512.LoadUnsafe(ref first, (nuint)i) + addend).StoreUnsafe(ref first, (nuint)i);
        }
        for (; i < values.Length; i++)
            values[i] = unchecked(values[i] + low);
    }

    private static void UndoZigZag(Span<long> values)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + 8 <= values.Length; i += 8)
            {
                var value = Vector512.LoadUnsafe(ref first, (nuint)i);
                ((value >>> 1) ^ -(value & Vector512<long>.One)).StoreUnsafe(ref first, (nuint)i);
            }
        }
        for (; i < values.Length; i++)
            values[i] = ZigZag.Undo((ulong)values[i]);
    }

    /// <summary>Makes values of differences: each becomes the one before it plus itself plus the step.</summary>
    private static void SumUp(Span<long> values, long step)
    {
        var i = 1;
        if (Avx512F.IsSupported && values.Length > 8)
        {
            var steps = Vector512.Create(step);
            var carry = Vector512.Create(values[0]);
            var last = Vector512.Create(7L);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + 8 <= values.Length; i += 8)
            {
                var sum = Vector512.LoadUnsafe(ref first, (nuint)i) + steps;
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 7);
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 6);
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 4);
                sum += carry;
                sum.StoreUnsafe(ref first, (nuint)i);
                carry = Avx512F.PermuteVar8x64(sum, last);
            }
        }
        for (; i < values.Length; i++)
            values[i] = unchecked(values[i - 1] + values[i] + step);
    }
}
