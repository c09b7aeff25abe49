using Dure.Historian.Signals;
using Dure.Historian.Storage;
using Dure.Kernel;

namespace Dure.Historian.Ingest;

/// <summary>
/// Judges a batch sample by sample: unknown signals, units that do not fit, values that are no number and times that cannot be are refused
/// and named; everything else goes on, in the signal's own unit, ascending, no time twice.
/// </summary>
internal sealed class AdmissionDesk(SignalBook signals, TimeProvider time, TimeSpan clockTolerance)
{
    public sealed record Judged(IReadOnlyList<AcceptedRows> Rows, long DuplicatesWithin, long OutOfRange);

    public Judged Judge(SampleBatch batch)
    {
        var rows = new List<AcceptedRows>(batch.Blocks.Count);
        var (duplicates, outOfRange) = (0L, 0L);
        var latest = Micros.Of(time.GetUtcNow() + clockTolerance);
        foreach (var block in batch.Blocks)
        {
            if (block.Count == 0 || Recognise(block, batch) is not { } known)
                continue;
            outOfRange += JudgeSamples(block, known.Definition, known.Conversion, latest, batch);
            if (block.Count > 0)
                rows.Add(Ascending(known.Number, block, ref duplicates));
        }
        return new Judged(MergeSameSeries(rows, ref duplicates), duplicates, outOfRange);
    }

    private (int Number, SignalDefinition Definition, UnitConversion? Conversion)? Recognise(SignalBlock block, SampleBatch batch)
    {
        if (!signals.TryFind(block.Signal, out var number))
        {
            if (!SignalId.TryParse(block.Signal, out var id, out var why))
            {
                batch.Reject($"signal '{Shown(block.Signal)}'", why, "Write it as site/area/machine/signal.", block.Count);
                return null;
            }
            batch.Reject($"signal {id}", "This signal is not known here.", $"Make it known with 'dure signals add \"{id}\" --unit UNIT', or add ?register=true to the request.", block.Count);
            return null;
        }
        var definition = signals[number];
        if (block.Unit is null || block.Unit == definition.Unit.Code)
            return (number, definition, null);
        if (!Unit.TryParse(block.Unit, out var unit, out var fault))
        {
            batch.Reject($"signal {definition.Id}", $"'{Shown(block.Unit)}' is not a unit: {fault}", $"Use a UCUM code; the signal's own unit is '{definition.Unit.Code}'.", block.Count);
            return null;
        }
        try
        {
            return (number, definition, unit.ConversionTo(definition.Unit));
        }
        catch (ProblemException mismatch)
        {
            batch.Reject($"signal {definition.Id}", $"It is measured in '{definition.Unit.Code}', the batch gives '{block.Unit}': {mismatch.Problem.What}",
                $"Send it in '{definition.Unit.Code}' or a unit that converts to it.", block.Count);
            return null;
        }
    }

    /// <summary>Drops what cannot be from the block, in place; returns how many lie outside the engineering range.</summary>
    private static long JudgeSamples(SignalBlock block, SignalDefinition definition, UnitConversion? conversion, long latest, SampleBatch batch)
    {
        block.Unshare();
        var times = block.TimesMicros;
        var values = block.Values;
        var qualities = block.Qualities;
        var (kept, outOfRange) = (0, 0L);
        for (var i = 0; i < times.Length; i++)
        {
            var (at, value, quality) = (times[i], values[i], qualities[i]);
            if (!double.IsFinite(value) && quality != Quality.Bad)
            {
                batch.Reject($"signal {definition.Id}, sample {i + 1}", $"The value is {value}.", "Send null, which is kept as a sample of bad quality, or leave the sample out.");
                continue;
            }
            if (at < 0 || at > latest)
            {
                batch.Reject($"signal {definition.Id}, sample {i + 1}", TimeFault(at, latest), "Set the sender's clock, and send times as UTC microseconds or ISO 8601.");
                continue;
            }
            if (conversion is { } convert)
                value = convert.Apply(value);
            if (value < definition.Low || value > definition.High)
            {
                outOfRange++;
                quality = quality == Quality.Good ? Quality.Uncertain : quality;
            }
            (times[kept], values[kept], qualities[kept]) = (at, value, quality);
            kept++;
        }
        block.Truncate(kept);
        return outOfRange;
    }

    private static string TimeFault(long at, long latest) => at < 0
        ? $"The time {at} µs lies before 1970."
        : $"The time {Shown(at)} lies ahead of this node's clock, which allows until {Shown(latest)}.";

    private static string Shown(long micros) => micros < 253_402_300_800_000_000 ? $"{Micros.Time(micros):yyyy-MM-dd'T'HH:mm:ss'Z'}" : $"{micros} µs";

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";

    /// <summary>Ascending rows without a time twice; of equal times the last sent stays.</summary>
    private static AcceptedRows Ascending(int number, SignalBlock block, ref long duplicates)
    {
        var (times, values, qualities) = block.TakeColumns();
        if (IsAscending(times))
            return new AcceptedRows(number, times, values, qualities);

        var order = Enumerable.Range(0, times.Length).OrderBy(i => times[i]).ToArray(); // stable: of equal times the last sent comes last
        var (keptTimes, keptValues, keptQualities) = (new List<long>(order.Length), new List<double>(order.Length), new List<Quality>(order.Length));
        for (var i = 0; i < order.Length; i++)
        {
            if (i + 1 < order.Length && times[order[i]] == times[order[i + 1]])
            {
                duplicates++;
                continue;
            }
            keptTimes.Add(times[order[i]]);
            keptValues.Add(values[order[i]]);
            keptQualities.Add(qualities[order[i]]);
        }
        return new AcceptedRows(number, [.. keptTimes], [.. keptValues], [.. keptQualities]);
    }

    private static bool IsAscending(long[] times)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] <= times[i - 1])
                return false;
        }
        return true;
    }

    /// <summary>A signal that stands in several blocks of a batch becomes one stretch of rows.</summary>
    private static IReadOnlyList<AcceptedRows> MergeSameSeries(List<AcceptedRows> rows, ref long duplicates)
    {
        if (rows.DistinctBy(each => each.Series).Count() == rows.Count)
            return rows;
        var merged = new List<AcceptedRows>();
        foreach (var group in rows.GroupBy(each => each.Series))
        {
            var block = new SignalBlock("", null);
            foreach (var each in group)
            {
                for (var i = 0; i < each.Times.Length; i++)
                    block.Add(each.Times[i], each.Values[i], each.Qualities[i]);
            }
            merged.Add(Ascending(group.Key, block, ref duplicates));
        }
        return merged;
    }
}
