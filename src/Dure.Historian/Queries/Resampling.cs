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

    /// <summary>Steps gathered before they are handed out: a gap of a hundred million empty steps is streamed like any other.</summary>
    private const int MostReady = 4096;

    private readonly double[] values = new double[BlockCodec.MostSamples];
    private readonly Quality[] qualities = new Quality[BlockCodec.MostSamples];
    private readonly TimeWeighting? weighting = aggregates.HasFlag(Aggregates.TimeWeighted) ? new TimeWeighting() : null;
    private readonly bool mayUseStatistics = aggregates == Aggregates.Basic;
    private readonly Queue<Bucket> ready = [];
    private StepSums sums;
    private long place;
    private int taken;
    private Quality? steadyQuality;

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
            taken = 0;
            for (var isWhole = false; !isWhole;)
            {
                isWhole = AddPiece();
                while (ready.TryDequeue(out var bucket))
                    yield return bucket;
                if (!isWhole)
                    cancel.ThrowIfCancellationRequested();
            }
        }
        for (var isWhole = false; !isWhole;)
        {
            cancel.ThrowIfCancellationRequested();
            isWhole = GoTo(steps);
            while (ready.TryDequeue(out var bucket))
                yield return bucket;
        }
    }

    /// <summary>Adds the scan's piece from the row on where it stopped; false when it stops again so that steps can be handed out.</summary>
    private bool AddPiece()
    {
        if (taken == 0 && !GoTo(PlaceOf(scan.FirstTime)))
            return false;
        if (!scan.IsStored)
            return Add(scan.Times, scan.Values, scan.Qualities);
        ref readonly var entry = ref scan.Entry;
        if (mayUseStatistics && taken == 0 && place == PlaceOf(entry.LastTime))
        {
            sums.Add(entry.Statistics);
            return true;
        }
        var step = BlockCodec.SteadyStep(scan.Bytes);
        if (step == 0 || weighting is not null)
            return Add(scan.Times, scan.Values, scan.Qualities);
        if (taken == 0)
            steadyQuality = scan.DecodeValues(values.AsSpan(0, entry.Count), qualities.AsSpan(0, entry.Count));
        return AddSteady(entry.FirstTime, step, values.AsSpan(0, entry.Count), qualities.AsSpan(0, entry.Count), steadyQuality);
    }

    private bool AddSteady(long first, long step, ReadOnlySpan<double> rows, ReadOnlySpan<Quality> rowQualities, Quality? quality)
    {
        for (var start = taken; start < rows.Length;)
        {
            var at = PlaceOf(first + start * step);
            if (!GoTo(at))
            {
                taken = start;
                return false;
            }
            var stepEnd = from + (at + 1) * width;
            var end = (int)Math.Min(rows.Length, (stepEnd - first + step - 1) / step);
            sums.Add(rows[start..end], rowQualities[start..end], quality);
            start = end;
        }
        return true;
    }

    private bool Add(ReadOnlySpan<long> times, ReadOnlySpan<double> rows, ReadOnlySpan<Quality> rowQualities)
    {
        for (var start = taken; start < times.Length;)
        {
            var at = PlaceOf(times[start]);
            if (!GoTo(at))
            {
                taken = start;
                return false;
            }
            var end = start + RowsBefore(times[start..], from + (at + 1) * width);
            sums.Add(rows[start..end], rowQualities[start..end], null);
            weighting?.Add(times[start..end], rows[start..end], rowQualities[start..end]);
            start = end;
        }
        return true;
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

    /// <summary>Closes the steps before one; false when so many are ready that they must be handed out first.</summary>
    private bool GoTo(long next)
    {
        while (place < next)
        {
            if (ready.Count >= MostReady)
                return false;
            Close();
        }
        return true;
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
