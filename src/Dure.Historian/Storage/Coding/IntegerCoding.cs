using System.Numerics;
using System.Runtime.InteropServices;

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
    private readonly ulong[] signed = new ulong[mostValues];
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
        var steps = differences.AsSpan(0, values.Length - 1);
        LongColumns.Differences(values, steps);
        var runs = 1 + LongColumns.CountOtherThan(steps, 0);
        if (mayRun && runs > 1 && values.Length >= 8 && runs * FewestPerRun <= values.Length)
        {
            EncodeRuns(values, runs, sink);
            return;
        }
        var plan = Choose(values, steps, out var low, out var lowStep);
        sink.Byte((int)plan.Form | (plan.Patches > 0 ? 0x80 : 0));
        switch (plan.Form)
        {
            case Form.AboveBase:
                sink.Signed(low);
                WritePacked(packed.AsSpan(0, values.Length), plan, sink);
                break;
            case Form.Differences:
                sink.Signed(values[0]);
                sink.Signed(lowStep);
                LongColumns.Above(steps, lowStep, packed);
                WritePacked(packed.AsSpan(0, steps.Length), plan, sink);
                break;
            default:
                sink.Signed(values[0]);
                WritePacked(signed.AsSpan(0, steps.Length), plan, sink);
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
                LongColumns.Add(values, low);
                break;
            case Form.Differences:
                values[0] = source.Signed();
                var step = source.Signed();
                ReadPacked(ref source, bits[1..], hasPatches);
                LongColumns.SumUp(values, step);
                break;
            case Form.SignedDifferences:
                values[0] = source.Signed();
                ReadPacked(ref source, bits[1..], hasPatches);
                LongColumns.UndoZigZag(values[1..]);
                LongColumns.SumUp(values, 0);
                break;
            case Form.Runs when mayRun:
                DecodeRuns(ref source, values);
                break;
            default:
                throw new InvalidDataException($"there is no form {tag}");
        }
    }

    /// <summary>Leaves the values above their lowest in <c>packed</c> and the zig-zagged steps in <c>signed</c>.</summary>
    private Plan Choose(ReadOnlySpan<long> values, ReadOnlySpan<long> steps, out long low, out long lowStep)
    {
        (low, var high) = LongColumns.MinMax(values);
        LongColumns.Above(values, low, packed);
        var best = Cheapest(Form.AboveBase, packed.AsSpan(0, values.Length), unchecked((ulong)(high - low)));
        lowStep = 0;
        if (steps.Length == 0)
            return best;

        (lowStep, var highStep) = LongColumns.MinMax(steps);
        var width = BitPacking.WidthOf(unchecked((ulong)(highStep - lowStep)));
        var plain = new Plan(Form.Differences, width, 0, BitPacking.BytesFor(steps.Length, width) + 2);
        if (plain.Bytes < best.Bytes)
            best = plain;
        LongColumns.ZigZagged(steps, signed);
        var patched = Cheapest(Form.SignedDifferences, signed.AsSpan(0, steps.Length), Math.Max(ZigZag.Of(lowStep), ZigZag.Of(highStep)));
        return patched.Bytes + 1 < best.Bytes ? patched : best;
    }

    /// <summary>The width at which packing plus patches is smallest: from the widest down, as long as the patches are few.</summary>
    private static Plan Cheapest(Form form, ReadOnlySpan<ulong> values, ulong largest)
    {
        var longest = 64 - BitOperations.LeadingZeroCount(largest);
        var whole = BitPacking.WidthOf(largest);
        var best = new Plan(form, whole, 0, BitPacking.BytesFor(values.Length, whole));
        for (var width = Math.Min(longest - 1, BitPacking.WidestPacked); width >= 0; width--)
        {
            var patches = LongColumns.CountAbove(values, (1UL << width) - 1);
            if (patches > values.Length / 8)
                break;
            var bytes = BitPacking.BytesFor(values.Length, width) + 2 + (long)patches * (PatchPlaceBytes + (longest - width + 6) / 7);
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
}
