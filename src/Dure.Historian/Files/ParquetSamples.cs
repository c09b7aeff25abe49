using System.Runtime.CompilerServices;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Historian.Files;

/// <summary>
/// Reads a Parquet table of samples, wide (a time column, a signal per further column, as in <see cref="CsvSamples"/>) or long (columns
/// time, signal, value and, where there is one, quality). Empty cells and NaN are no samples. Memory holds one batch.
/// </summary>
public static class ParquetSamples
{
    private const long MemoryBytes = 256L << 20;
    private const string Mend = "Write a table with a column 'time' (TIMESTAMP, or whole microseconds) and a column per signal, or the columns time, signal, value.";

    /// <summary>Batches in the order of the file.</summary>
    /// <param name="onSignals">Told signals (path, unit or null) that have not been met before, ahead of their first sample.</param>
    /// <exception cref="ProblemException">The file is no Parquet table of samples, is damaged, or DuckDB is not here.</exception>
    public static async IAsyncEnumerable<SampleBatch> Read(
        string path, AssetId asset, string sender, Func<IReadOnlyList<(SignalId Id, string? Unit)>, Task> onSignals, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield(); // reading is work, not waiting: it must not hold the caller's thread
        using var db = DuckDb.Open(null, new DuckDbLimits { MemoryBytes = MemoryBytes });
        db.Execute("SET TimeZone = 'UTC'");
        db.Confine([path, DuckDb.PathLiteral(path)]);
        using var stop = cancel.Register(db.Interrupt);
        var table = Judged(path, () => ParquetTable.Of(db, path, asset));
        using var rows = Judged(path, () => db.Select(table.Query, DuckDb.PathLiteral(path)));
        var reader = table.Reader(sender);
        var told = 0;
        while (Next(rows, reader, path, cancel))
        {
            if (reader.Signals.Count > told)
                await onSignals(reader.Signals.Skip(told).ToArray());
            told = reader.Signals.Count;
            if (reader.Samples >= TableColumns.SamplesPerBatch)
                yield return reader.Take();
        }
        if (reader.Signals.Count > told)
            await onSignals(reader.Signals.Skip(told).ToArray());
        yield return reader.Take();
    }

    private static bool Next(DuckDbResult rows, ParquetRows reader, string path, CancellationToken cancel) => Judged(path, () =>
    {
        cancel.ThrowIfCancellationRequested();
        if (!rows.Read(out var chunk))
            return false;
        using (chunk)
            reader.Add(chunk);
        return true;
    });

    /// <summary>DuckDB's complaint about a file as a problem of that file.</summary>
    private static T Judged<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ProblemException broken) when (broken.Problem.Type.EndsWith("duckdb-failed", StringComparison.Ordinal))
        {
            throw new ProblemException("urn:dure:historian:bad-parquet", $"It cannot be read as Parquet: {FirstLine(broken.Problem.What)}", Path.GetFileName(path), Mend, broken);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
