using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Historian.Storage.Coding;

/// <summary>
/// Values of a block, bit for bit. Decimals become whole numbers of their last digit (what a sensor's 50.123 is), also those that passed through
/// single precision; other doubles keep their bits, in numeric order and without common trailing zeros; few levels become a dictionary.
/// </summary>
/// <remarks>Decimals with exceptions after Afroozeh et al., "ALP: Adaptive Lossless floating-Point Compression" (SIGMOD 2024).</remarks>
internal sealed class ValueCoding(int mostValues)
{
    private enum Form : byte
    {
        Decimal,

        /// <summary>A decimal that was rounded to single precision and widened again.</summary>
        SingleDecimal,
        Bits,
        Levels,
    }

    /// <summary>Powers of ten up to 22 are exact in double precision; more digits than 15 are not told apart anyway.</summary>
    private const int MostDigits = 15;
    private const int MostSingleDigits = 7;
    private const double LargestWhole = 1L << 53;
    private const int Probes = 32;
    private const int MostLevels = 64;

    private static readonly double[] PowersOfTen = [.. Enumerable.Range(0, MostDigits + 1).Select(digits => double.Parse($"1e{digits}", System.Globalization.CultureInfo.InvariantCulture))];

    private readonly IntegerCoding integers = new(mostValues);
    private readonly long[] numbers = new long[mostValues];
    private readonly ushort[] exceptions = new ushort[mostValues];
    private readonly ByteSink trial = new();
    private Form lastForm = Form.Decimal;
    private int lastDigits;

    public void Encode(ReadOnlySpan<double> values, ByteSink sink)
    {
        var start = sink.Length;
        // Neighbouring blocks mostly have the same form: what worked last is tried before looking.
        if (!(lastForm is Form.Decimal or Form.SingleDecimal && TryDecimal(values, lastForm, lastDigits, values.Length / 64, sink)))
            EncodeAnew(values, sink);
        // Worth a look only where the values are dear.
        if (sink.Length - start > values.Length && values.Length >= 64)
            TryLevels(values, sink, start);
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Encode"/> writes for that many values.</exception>
    public void Decode(ref ByteSource source, Span<double> values)
    {
        var tag = source.Byte();
        var (form, hasExceptions) = ((Form)(tag & 0x7F), (tag & 0x80) != 0);
        switch (form)
        {
            case Form.Decimal or Form.SingleDecimal:
                var digits = source.Byte();
                if (digits > MostDigits)
                    throw new InvalidDataException($"{digits} digits are not possible");
                integers.Decode(ref source, numbers.AsSpan(0, values.Length));
                Divide(numbers.AsSpan(0, values.Length), PowersOfTen[digits], form == Form.SingleDecimal, values);
                break;
            case Form.Bits:
                DecodeBits(ref source, values);
                break;
            case Form.Levels:
                DecodeLevels(ref source, values);
                break;
            default:
                throw new InvalidDataException($"there is no form of values {tag}");
        }
        if (hasExceptions)
            Restore(ref source, values);
    }

    private void EncodeAnew(ReadOnlySpan<double> values, ByteSink sink)
    {
        foreach (var form in (ReadOnlySpan<Form>)[Form.Decimal, Form.SingleDecimal])
        {
            var (most, all) = DigitsOf(values, form);
            if (most is { } digits && TryDecimal(values, form, digits, values.Length / 12, sink)
                || all is { } allDigits && allDigits != most && TryDecimal(values, form, allDigits, values.Length / 12, sink))
            {
                return;
            }
        }
        lastForm = Form.Bits;
        EncodeBits(values, sink);
    }

    /// <summary>The digits that nine of ten probed values need at most, and those that all need; null where some need more than there are.</summary>
    private static (int? Most, int? All) DigitsOf(ReadOnlySpan<double> values, Form form)
    {
        Span<int> needed = stackalloc int[MostDigits + 2];
        var step = Math.Max(1, values.Length / Probes);
        var probes = 0;
        for (var i = 0; i < values.Length; i += step, probes++)
            needed[NeededDigits(values[i], form)]++;
        int? most = null, all = null;
        for (int digits = 0, covered = 0; digits <= MostDigits && all is null; digits++)
        {
            covered += needed[digits];
            if (10 * covered >= 9 * probes)
                most ??= digits;
            if (covered == probes)
                all = digits;
        }
        return (most, all);
    }

    private static int NeededDigits(double value, Form form)
    {
        var most = form == Form.SingleDecimal ? MostSingleDigits : MostDigits;
        for (var digits = 0; digits <= most; digits++)
        {
            if (IsDecimal(value, PowersOfTen[digits], form == Form.SingleDecimal, out _))
                return digits;
        }
        return MostDigits + 1;
    }

    private static bool IsDecimal(double value, double power, bool isSingle, out long number)
    {
        var whole = Math.Round(value * power);
        if (!(Math.Abs(whole) < LargestWhole))
        {
            number = 0;
            return false;
        }
        number = (long)whole;
        var back = number / power; // from the whole number, so that -0.0 is no decimal
        return BitConverter.DoubleToInt64Bits(isSingle ? (float)back : back) == BitConverter.DoubleToInt64Bits(value);
    }

    private bool TryDecimal(ReadOnlySpan<double> values, Form form, int digits, int mostExceptions, ByteSink sink)
    {
        var power = PowersOfTen[digits];
        var isSingle = form == Form.SingleDecimal;
        var (count, last) = (0, 0L);
        for (var i = 0; i < values.Length; i++)
        {
            i += WholeStretch(values[i..], power, isSingle, numbers.AsSpan(i));
            if (i == values.Length)
                break;
            if (IsDecimal(values[i], power, isSingle, out var number))
            {
                numbers[i] = number;
                continue;
            }
            if (count == mostExceptions)
                return false;
            exceptions[count++] = (ushort)i;
            numbers[i] = i == 0 ? last : numbers[i - 1];
        }
        (lastForm, lastDigits) = (form, digits);
        sink.Byte((int)form | (count > 0 ? 0x80 : 0));
        sink.Byte(digits);
        integers.Encode(numbers.AsSpan(0, values.Length), sink);
        if (count == 0)
            return true;
        sink.UInt16(count);
        foreach (var place in exceptions.AsSpan(0, count))
        {
            sink.UInt16(place);
            BitConverter.TryWriteBytes(sink.Take(8), values[place]);
        }
        return true;
    }

    /// <summary>Makes numbers of the values up to the first eight among which one is no decimal; returns how many.</summary>
    private static int WholeStretch(ReadOnlySpan<double> values, double power, bool isSingle, Span<long> to)
    {
        var i = 0;
        if (!Vector512.IsHardwareAccelerated)
            return i;
        var (powers, limit) = (Vector512.Create(power), Vector512.Create(LargestWhole));
        ref var first = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(to);
        for (; i + 8 <= values.Length; i += 8)
        {
            var each = Vector512.LoadUnsafe(ref first, (nuint)i);
            var whole = Vector512.Round(each * powers);
            var number = Vector512.ConvertToInt64(whole);
            var back = Vector512.ConvertToDouble(number) / powers;
            if (isSingle)
                back = Widened(back);
            if (!Vector512.EqualsAll(back.AsInt64(), each.AsInt64()) || !Vector512.LessThanAll(Vector512.Abs(whole), limit))
                break;
            number.StoreUnsafe(ref target, (nuint)i);
        }
        return i;
    }

    /// <summary>Rounded to single precision and widened again.</summary>
    private static Vector512<double> Widened(Vector512<double> values)
    {
        var (lower, _) = Vector512.Widen(Vector512.Narrow(values, values));
        return lower;
    }

    private static void Restore(ref ByteSource source, Span<double> values)
    {
        for (var count = source.UInt16(); count > 0; count--)
        {
            var place = source.UInt16();
            if (place >= values.Length)
                throw new InvalidDataException("an exception lies outside the block");
            values[place] = BitConverter.ToDouble(source.Take(8));
        }
    }

    private void EncodeBits(ReadOnlySpan<double> values, ByteSink sink)
    {
        var all = 0L;
        foreach (var value in values)
            all |= InOrder(BitConverter.DoubleToInt64Bits(value));
        var shift = all == 0 ? 0 : BitOperations.TrailingZeroCount(all);
        for (var i = 0; i < values.Length; i++)
            numbers[i] = InOrder(BitConverter.DoubleToInt64Bits(values[i])) >> shift;
        sink.Byte((int)Form.Bits);
        sink.Byte(shift);
        integers.Encode(numbers.AsSpan(0, values.Length), sink);
    }

    private void DecodeBits(ref ByteSource source, Span<double> values)
    {
        var shift = source.Byte();
        if (shift > 63)
            throw new InvalidDataException($"a shift of {shift} bits is not possible");
        integers.Decode(ref source, numbers.AsSpan(0, values.Length));
        var at = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            ref var from = ref MemoryMarshal.GetReference<long>(numbers);
            ref var to = ref MemoryMarshal.GetReference(values);
            for (; at + 8 <= values.Length; at += 8)
            {
                var bits = Vector512.LoadUnsafe(ref from, (nuint)at) << shift;
                (bits ^ (bits >> 63 & Vector512.Create(long.MaxValue))).AsDouble().StoreUnsafe(ref to, (nuint)at);
            }
        }
        for (; at < values.Length; at++)
            values[at] = BitConverter.Int64BitsToDouble(InOrder(numbers[at] << shift));
    }

    /// <summary>The bits of doubles as whole numbers in the same order; applied twice it changes nothing.</summary>
    private static long InOrder(long bits) => bits ^ (bits >> 63 & long.MaxValue);

    private void TryLevels(ReadOnlySpan<double> values, ByteSink sink, int start)
    {
        Span<long> levels = stackalloc long[MostLevels];
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.DoubleToInt64Bits(values[i]);
            var level = levels[..count].IndexOf(bits);
            if (level < 0)
            {
                if (count == MostLevels)
                    return;
                level = count;
                levels[count++] = bits;
            }
            numbers[i] = level;
        }
        trial.Clear();
        trial.Byte((int)Form.Levels);
        trial.Byte(count);
        MemoryMarshal.AsBytes(levels[..count]).CopyTo(trial.Take(8 * count));
        integers.Encode(numbers.AsSpan(0, values.Length), trial);
        if (trial.Length >= sink.Length - start)
            return;
        sink.CutTo(start);
        trial.Written.CopyTo(sink.Take(trial.Length));
    }

    private void DecodeLevels(ref ByteSource source, Span<double> values)
    {
        var levels = MemoryMarshal.Cast<byte, double>(source.Take(8 * source.Byte()));
        integers.Decode(ref source, numbers.AsSpan(0, values.Length));
        for (var i = 0; i < values.Length; i++)
        {
            if ((ulong)numbers[i] >= (ulong)levels.Length)
                throw new InvalidDataException("a level is not in the dictionary");
            values[i] = levels[(int)numbers[i]];
        }
    }

    private static void Divide(ReadOnlySpan<long> numbers, double power, bool isSingle, Span<double> values)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var divisor = Vector512.Create(power);
            ref var from = ref MemoryMarshal.GetReference(numbers);
            ref var to = ref MemoryMarshal.GetReference(values);
            for (; i + 8 <= numbers.Length; i += 8)
            {
                var value = Vector512.ConvertToDouble(Vector512.LoadUnsafe(ref from, (nuint)i)) / divisor;
                (isSingle ? Widened(value) : value).StoreUnsafe(ref to, (nuint)i);
            }
        }
        for (; i < numbers.Length; i++)
        {
            var value = numbers[i] / power;
            values[i] = isSingle ? (float)value : value;
        }
    }
}
