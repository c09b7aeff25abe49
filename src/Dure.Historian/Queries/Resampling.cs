using Dure.Historian.Storage;
using Dure.Historian.Storage.Coding;
using Dure.Kernel;

namespace Dure.Historian.Queries;

/// <summary>
/// Cuts a series into equal steps of time with statistics of each, as a stream. A stored block that lies within one step gives its statistics
/// without being decoded; a block of steady times is cut without decoding these.
/// </summary>
internal sealed class Resampling(SeriesScan scan, long from, long width, Aggregates aggregates)
{
    private const int CancelEveryPieces = 256;

    private readonly double[] values = new double[BlockCodec.MostSamples];
    private readonly Quality[] qualities = new Quality[BlockCodec.MostSamples];
    private readonly TimeWeighting? weighting = aggregates.HasFlag(Aggregates.TimeWeighted) ? new TimeWeighting() : null;
    private readonly bool mayUseStatistics = aggregates == Aggregates.Basic;
    private readonly Queue<Bucket> ready = [];
    private StepSums sums;
    private long place;

    /// <param name="steps">How many steps, also those without samples.</param>
    /// <param name="before">The newest sample before the first step, whose value holds into it; only for time weighting.</param>
    public IEnumerable<Bucket> Run(long steps, Sample? before, CancellationToken cancel)
    {
        if (before is { } held)
            weighting?.Begin(held);
        weighting?.BeginStep(from, from + width);
        for (var pieces = 0; scan.Next(); pieces++)
        {
            if (pieces % CancelEveryPieces == 0)
                cancel.ThrowIfCancellationRequested();
            AddPiece();
            while (ready.TryDequeue(out var bucket))
                yield return bucket;
        }
        while (place < steps)
            Close();
        while (ready.TryDequeue(out var bucket))
            yield return bucket;
    }

    private void AddPiece()
    {
        if (!scan.IsStored)
        {
            Add(scan.Times, scan.Values, scan.Qualities, null);
            return;
        }
        ref readonly var entry = ref scan.Entry;
        if (mayUseStatistics && PlaceOf(entry.FirstTime) == PlaceOf(entry.LastTime))
        {
            GoTo(PlaceOf(entry.FirstTime));
            sums.Add(entry.Statistics);
            return;
        }
        var step = BlockCodec.SteadyStep(scan.Bytes);
        if (step == 0 || weighting is not null)
        {
            Add(scan.Times, scan.Values, scan.Qualities, null);
            return;
        }
        var quality = scan.DecodeValues(values.AsSpan(0, entry.Count), qualities.AsSpan(0, entry.Count));
        AddSteady(entry.FirstTime, step, values.AsSpan(0, entry.Count), qualities.AsSpan(0, entry.Count), quality);
    }

    private void AddSteady(long first, long step, ReadOnlySpan<double> rows, ReadOnlySpan<Quality> rowQualities, Quality? quality)
    {
        for (var start = 0; start < rows.Length;)
        {
            var at = PlaceOf(first + start * step);
            GoTo(at);
            var stepEnd = from + (at + 1) * width;
            var end = (int)Math.Min(rows.Length, (stepEnd - first + step - 1) / step);
            sums.Add(rows[start..end], rowQualities[start..end], quality);
            start = end;
        }
    }

    private void Add(ReadOnlySpan<long> times, ReadOnlySpan<double> rows, ReadOnlySpan<Quality> rowQualities, Quality? quality)
    {
        for (var start = 0; start < times.Length;)
        {
            var at = PlaceOf(times[start]);
            GoTo(at);
            var end = start + RowsBefore(times[start..], from + (at + 1) * width);
            sums.Add(rows[start..end], rowQualities[start..end], quality);
            weighting?.Add(times[start..end], rows[start..end], rowQualities[start..end]);
            start = end;
        }
    }

    /// <summary>Rows before a time: steps are mostly short against a block, so the search widens from the start.</summary>
    private static int RowsBefore(ReadOnlySpan<long> times, long time)
    {
        var reach = 1;
        while (reach < times.Length && times[reach] < time)
            reach *= 2;
        var low = reach / 2;
        var window = times[low..Math.Min(reach, times.Length)];
        var found = window.BinarySearch(time);
        return low + (found >= 0 ? found : ~found);
    }

    private long PlaceOf(long time) => (time - from) / width;

    private void GoTo(long next)
    {
        while (place < next)
            Close();
    }

    private void Close()
    {
        var start = from + place * width;
        var bucket = sums.ToBucket(Micros.Time(start));
        if (weighting is not null)
        {
            weighting.EndStep(out var mean, out var share);
            bucket = bucket with { TimeWeightedMean = mean, GoodShare = share };
            weighting.BeginStep(start + width, start + 2 * width);
        }
        ready.Enqueue(bucket);
        sums = default;
        place++;
    }

    private struct StepSums
    {
        private long count;
        private long bad;
        private double sum;
        private double min;
        private double max;
        private double first;
        private double last;

        public void Add(BlockStatistics block)
        {
            bad += block.Bad;
            if (block.Count > block.Bad)
                AddGood(block.Count - block.Bad, block.Min, block.Max, block.Sum, double.NaN, double.NaN);
        }

        public void Add(ReadOnlySpan<double> rows, ReadOnlySpan<Quality> qualities, Quality? quality)
        {
            if (quality == Quality.Bad)
            {
                bad += rows.Length;
                return;
            }
            if (quality is not null || !qualities.Contains(Quality.Bad))
            {
                var (low, high, total) = Columns.MinMaxSum(rows);
                AddGood(rows.Length, low, high, total, rows[0], rows[^1]);
                return;
            }
            for (var i = 0; i < rows.Length; i++)
            {
                if (qualities[i] == Quality.Bad)
                    bad++;
                else
                    AddGood(1, rows[i], rows[i], rows[i], rows[i], rows[i]);
            }
        }

        public readonly Bucket ToBucket(DateTimeOffset start) => count == 0
            ? new Bucket(start, 0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, bad)
            : new Bucket(start, count, sum / count, min, max, first, last, bad);

        private void AddGood(long rows, double low, double high, double total, double firstRow, double lastRow)
        {
            if (count == 0)
                (min, max, first) = (low, high, firstRow);
            (min, max) = (Math.Min(min, low), Math.Max(max, high));
            (count, sum, last) = (count + rows, sum + total, lastRow);
        }
    }
}
