namespace Dure.Historian.Storage.Coding;

/// <summary>
/// Ascending times of a block, the first of which the index holds. A steady beat takes its step alone; a beat with jitter is kept as
/// distances from the straight line through first and last; anything else as differences in their greatest common unit.
/// </summary>
internal sealed class TimeCoding(int mostValues)
{
    private enum Form : byte
    {
        Steady,
        Differences,
        AroundLine,
    }

    private readonly IntegerCoding integers = new(mostValues);
    private readonly long[] numbers = new long[mostValues];
    private readonly ByteSink trial = new();

    public void Encode(ReadOnlySpan<long> times, ByteSink sink)
    {
        if (times.Length < 2)
            return;
        var step = times[1] - times[0];
        if (IsSteady(times, step))
        {
            sink.Byte((int)Form.Steady);
            sink.Varint((ulong)step);
            return;
        }
        var slope = (times[^1] - times[0]) / (times.Length - 1);
        trial.Clear();
        EncodeScaled(Form.AroundLine, times, slope, trial);
        var start = sink.Length;
        EncodeScaled(Form.Differences, times, 0, sink);
        if (trial.Length >= sink.Length - start)
            return;
        sink.CutTo(start);
        trial.Written.CopyTo(sink.Take(trial.Length));
    }

    /// <summary>The step of a steady block, without decoding it; 0 when it is not steady.</summary>
    public static long SteadyStep(ReadOnlySpan<byte> part)
    {
        if (part.Length < 2 || part[0] != (byte)Form.Steady)
            return 0;
        var source = new ByteSource(part[1..]);
        return Math.Max(0, (long)source.Varint());
    }

    public void Decode(ReadOnlySpan<byte> part, long first, Span<long> times)
    {
        if (times.Length == 0)
            return;
        times[0] = first;
        if (times.Length == 1)
            return;
        var source = new ByteSource(part);
        var form = (Form)source.Byte();
        var step = (long)source.Varint();
        switch (form)
        {
            case Form.Steady:
                for (var i = 1; i < times.Length; i++)
                    times[i] = unchecked(first + i * step);
                break;
            case Form.Differences:
                integers.Decode(ref source, times[1..]);
                for (var i = 1; i < times.Length; i++)
                    times[i] = unchecked(times[i] * step);
                LongColumns.SumUp(times, 0);
                break;
            case Form.AroundLine:
                var slope = (long)source.Varint();
                integers.Decode(ref source, times[1..]);
                for (var i = 1; i < times.Length; i++)
                    times[i] = unchecked(first + i * slope + times[i] * step);
                break;
            default:
                throw new InvalidDataException($"there is no form of times {(int)form}");
        }
    }

    private void EncodeScaled(Form form, ReadOnlySpan<long> times, long slope, ByteSink sink)
    {
        var scaled = numbers.AsSpan(0, times.Length - 1);
        var unit = 0L;
        for (var i = 1; i < times.Length; i++)
        {
            scaled[i - 1] = form == Form.Differences ? times[i] - times[i - 1] : times[i] - times[0] - i * slope;
            if (unit != 1)
                unit = scaled[i - 1] == long.MinValue ? 1 : GreatestCommonDivisor(Math.Abs(scaled[i - 1]), unit); // the lowest number has no magnitude
        }
        unit = Math.Max(unit, 1);
        if (unit > 1)
        {
            foreach (ref var number in scaled)
                number /= unit;
        }
        sink.Byte((int)form);
        sink.Varint((ulong)unit);
        if (form == Form.AroundLine)
            sink.Varint((ulong)slope);
        integers.Encode(scaled, sink);
    }

    private bool IsSteady(ReadOnlySpan<long> times, long step)
    {
        var steps = numbers.AsSpan(0, times.Length - 1);
        LongColumns.Differences(times, steps);
        return LongColumns.CountOtherThan(steps, step) == 0;
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
