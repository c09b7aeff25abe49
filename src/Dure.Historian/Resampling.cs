using Dure.Kernel;

namespace Dure.Historian;

/// <summary>Cuts a stream of samples into equal steps of time with statistics of each.</summary>
internal static class Resampling
{
    private const int CancelEveryBlocks = 256;

    /// <param name="from">Start of the first step, µs.</param>
    /// <param name="to">End of the last step, µs; not part of it.</param>
    public static Bucket[] Resample(IEnumerable<SampleBlock> blocks, long from, long to, int buckets, CancellationToken cancel)
    {
        var width = Math.Max(1, (to - from + buckets - 1) / buckets);
        var steps = new Step[(int)Math.Min(buckets, (to - from + width - 1) / width)];
        var blockCount = 0;
        foreach (var block in blocks)
        {
            if (++blockCount % CancelEveryBlocks == 0)
                cancel.ThrowIfCancellationRequested();
            Fill(steps, block, from, width);
        }
        var result = new Bucket[steps.Length];
        for (var i = 0; i < steps.Length; i++)
            result[i] = steps[i].ToBucket(Micros.Time(from + i * width));
        return result;
    }

    private static void Fill(Span<Step> steps, SampleBlock block, long from, long width)
    {
        var times = block.TimesMicros.Span;
        var values = block.Values.Span;
        var qualities = block.Qualities.Span;
        for (var start = 0; start < times.Length;)
        {
            var place = (int)((times[start] - from) / width);
            var stepEnd = from + (place + 1) * width;
            var end = start + 1;
            while (end < times.Length && times[end] < stepEnd)
                end++;
            steps[place].Add(values[start..end], qualities[start..end]);
            start = end;
        }
    }

    private struct Step
    {
        private long count;
        private long bad;
        private double sum;
        private double min;
        private double max;
        private double first;
        private double last;

        public void Add(ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (qualities[i] == Quality.Bad)
                {
                    bad++;
                    continue;
                }
                var value = values[i];
                if (count++ == 0)
                    (min, max, first) = (value, value, value);
                min = Math.Min(min, value);
                max = Math.Max(max, value);
                sum += value;
                last = value;
            }
        }

        public readonly Bucket ToBucket(DateTimeOffset start) => count == 0
            ? new Bucket(start, 0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, bad)
            : new Bucket(start, count, sum / count, min, max, first, last, bad);
    }
}
