using Dure.Kernel;
using Dure.Native;

namespace Dure.Historian.Files;

/// <summary>What the columns of a Parquet file mean, and the statement that reads them as time, then values.</summary>
internal sealed record ParquetTable(string Query, AssetId Asset, bool IsLong, bool HasQuality, IReadOnlyList<(SignalId Id, string? Unit)> Signals, IReadOnlyList<RejectedSample> Left)
{
    private static readonly string[] Numbers = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "BOOLEAN"];

    /// <exception cref="ProblemException">The columns are not those of a table of samples.</exception>
    public static ParquetTable Of(DuckDb db, string path, AssetId asset)
    {
        var columns = Columns(db, path);
        var file = Path.GetFileName(path);
        if (columns.Count > TableColumns.MaxColumns)
            throw Bad(file, $"There are {columns.Count} columns; {TableColumns.MaxColumns} are allowed.");
        var time = columns.Find(column => TableColumns.IsTime(column.Name));
        if (time.Name is null)
            throw Bad(file, "No column is named time, timestamp, datetime or date.");
        var from = $"FROM read_parquet(?)";
        var selected = Micros(time, file);
        if (Named(columns, "signal") is { } signal && Named(columns, "value") is { } value)
        {
            var quality = Named(columns, "quality");
            var last = quality is null ? "" : $", lower(CAST({DuckDb.Identifier(quality)} AS VARCHAR))";
            return new ParquetTable($"SELECT {selected}, CAST({DuckDb.Identifier(signal)} AS VARCHAR), TRY_CAST({DuckDb.Identifier(value)} AS DOUBLE){last} {from}", asset, IsLong: true, quality is not null, [], []);
        }
        var signals = new List<(SignalId Id, string? Unit)>();
        var left = new List<RejectedSample>();
        foreach (var column in columns.Where(column => column != time))
        {
            if (!IsNumber(column.Type))
                left.Add(new RejectedSample($"column '{TableColumns.Shown(column.Name)}'", $"It holds {column.Type}, not numbers; it is left out.", "Write numbers, or leave the column out of the file."));
            else if (!TableColumns.TrySignal(column.Name, asset, out var known, out var why))
                throw Bad(file, why);
            else if (signals.Any(other => other.Id == known.Id))
                throw Bad(file, $"The column '{known.Id.Name}' stands there twice.");
            else
            {
                signals.Add(known);
                selected += $", CAST({DuckDb.Identifier(column.Name)} AS DOUBLE)";
            }
        }
        return signals.Count > 0 ? new ParquetTable($"SELECT {selected} {from}", asset, IsLong: false, HasQuality: false, signals, left) : throw Bad(file, "No column beside the time holds numbers.");
    }

    public ParquetRows Reader(string sender) => new(this, sender);

    private static List<(string Name, string Type)> Columns(DuckDb db, string path)
    {
        var columns = new List<(string, string)>();
        using var described = db.Query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(" + DuckDb.Quoted(DuckDb.PathLiteral(path)) + "))");
        while (described.Read(out var chunk))
        {
            using (chunk)
            {
                for (var row = 0; row < chunk.Rows; row++)
                    columns.Add((chunk.Text(0, row) ?? "", chunk.Text(1, row) ?? ""));
            }
        }
        return columns;
    }

    private static string Micros((string Name, string Type) time, string file)
    {
        var name = DuckDb.Identifier(time.Name);
        return time.Type switch
        {
            "TIMESTAMP WITH TIME ZONE" => $"epoch_us({name})",
            "VARCHAR" => $"epoch_us(TRY_CAST({name} AS TIMESTAMPTZ))",
            "DATE" or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" => $"epoch_us(CAST({name} AS TIMESTAMP))",
            "BIGINT" or "UBIGINT" or "INTEGER" or "UINTEGER" => $"TRY_CAST({name} AS BIGINT)",
            _ => throw Bad(file, $"The column '{TableColumns.Shown(time.Name)}' holds {time.Type}, not times."),
        };
    }

    private static bool IsNumber(string type) => Numbers.Contains(type) || type.StartsWith("DECIMAL", StringComparison.Ordinal);

    private static string? Named(List<(string Name, string Type)> columns, string name) => columns.Find(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Name;

    private static ProblemException Bad(string file, string what) => new("urn:dure:historian:bad-parquet", what, $"{file}, columns",
        "Write a column 'time' (TIMESTAMP, or whole microseconds) and a column per signal, or the columns time, signal, value.");
}

/// <summary>Gathers rows into batches.</summary>
internal sealed class ParquetRows
{
    private readonly ParquetTable table;
    private readonly string sender;
    private readonly List<(SignalId Id, string? Unit)> signals;
    private readonly Dictionary<string, int> blockOf = new(StringComparer.Ordinal);
    private readonly HashSet<string> met = new(StringComparer.Ordinal);
    private SampleBatch batch;
    private long row;

    public ParquetRows(ParquetTable table, string sender)
    {
        (this.table, this.sender, signals) = (table, sender, [.. table.Signals]);
        batch = NewBatch();
        foreach (var left in table.Left)
            batch.Reject(left.Where, left.What, left.Mend, 0);
    }

    /// <summary>All signals met so far.</summary>
    public IReadOnlyList<(SignalId Id, string? Unit)> Signals => signals;

    /// <summary>Samples and refusals in the batch being gathered.</summary>
    public long Samples { get; private set; }

    public SampleBatch Take()
    {
        var full = batch;
        (batch, Samples) = (NewBatch(), 0);
        return full;
    }

    public void Add(DuckDbChunk chunk)
    {
        var times = chunk.Longs(0);
        for (var i = 0; i < chunk.Rows; i++)
        {
            row++;
            if (!chunk.IsValid(0, i))
                Reject($"row {row}", "The time is empty or cannot be read.", "Write TIMESTAMP, ISO 8601 text or whole microseconds.");
            else if (table.IsLong)
                AddLong(chunk, i, times[i]);
            else
                AddWide(chunk, i, times[i]);
        }
    }

    private SampleBatch NewBatch()
    {
        var next = new SampleBatch(sender);
        blockOf.Clear();
        if (!table.IsLong)
            next.Blocks.AddRange(table.Signals.Select(signal => new SignalBlock(signal.Id.Path, signal.Unit)));
        return next;
    }

    private void AddWide(DuckDbChunk chunk, int i, long time)
    {
        for (var column = 1; column <= table.Signals.Count; column++)
        {
            if (chunk.IsValid(column, i) && chunk.Doubles(column)[i] is var value && !double.IsNaN(value))
                Keep(batch.Blocks[column - 1], time, value, Quality.Good, $"column '{table.Signals[column - 1].Id.Name}'");
        }
    }

    private void AddLong(DuckDbChunk chunk, int i, long time)
    {
        var name = chunk.Text(1, i) ?? "";
        if (Block(name) is not { } block)
            return;
        var value = chunk.IsValid(2, i) ? chunk.Doubles(2)[i] : double.NaN;
        Quality? quality = double.IsNaN(value) ? Quality.Bad : !table.HasQuality ? Quality.Good : chunk.Text(3, i) switch
        {
            "good" or "0" or null => Quality.Good,
            "uncertain" or "1" => Quality.Uncertain,
            "bad" or "2" => Quality.Bad,
            _ => null,
        };
        if (quality is { } known)
            Keep(block, time, value, known, $"signal '{TableColumns.Shown(name)}'");
        else
            Reject($"row {row}", $"'{TableColumns.Shown(chunk.Text(3, i)!)}' is not a quality.", "Write good, uncertain or bad.");
    }

    /// <summary>The block of a name in this batch; null, and the row refused, where it cannot be a signal. A path stands for itself, a plain name is put under the asset.</summary>
    private SignalBlock? Block(string name)
    {
        if (blockOf.TryGetValue(name, out var known))
            return batch.Blocks[known];
        var path = name.Contains('/', StringComparison.Ordinal) ? name : $"{table.Asset}/{name}";
        if (!SignalId.TryParse(path, out var id, out var why))
        {
            Reject($"row {row}", $"'{TableColumns.Shown(name)}' cannot be a signal: {why}", "Write letters, digits, space, '_', '-' or '.', or a whole path with '/'.");
            return null;
        }
        if (met.Count < TableColumns.MaxColumns && met.Add(path))
            signals.Add((id, null));
        else if (!met.Contains(path))
        {
            Reject($"row {row}", $"The file names more than {TableColumns.MaxColumns:N0} signals.", "Divide the file.");
            return null;
        }
        blockOf[name] = batch.Blocks.Count;
        batch.Blocks.Add(new SignalBlock(path, null));
        return batch.Blocks[^1];
    }

    private void Keep(SignalBlock block, long time, double value, Quality quality, string where)
    {
        if (double.IsInfinity(value))
        {
            Reject($"row {row}, {where}", "The value is infinite.", "Leave the cell empty where there is no value.");
            return;
        }
        block.Add(time, value, quality);
        Samples++;
    }

    private void Reject(string where, string what, string mend)
    {
        batch.Reject(where, what, mend);
        Samples++;
    }
}
