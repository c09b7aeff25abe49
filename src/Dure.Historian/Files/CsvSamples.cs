using System.Runtime.CompilerServices;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>
/// Reads a table of samples: the first column is the time, every further one a signal of one machine; a unit may stand in brackets
/// (<c>Pressure [bar]</c>). Comma, semicolon or tab; cells may be quoted, and decimals have a comma where cells have not. Lines that cannot be read are refused and named, the rest is kept; memory holds one batch.
/// </summary>
public static class CsvSamples
{
    private const string NotClosed = "A quoted cell does not end in its line, or text stands beside its quotes.";
    private static readonly string TooLong = $"The line has more than {BoundedLines.MaxLineLength:N0} characters.";

    /// <summary>Batches in the order of the file. The last one also carries the refusals found after the previous one.</summary>
    /// <param name="onHeader">Told the signals (path, unit or null) once the header is read, before any sample.</param>
    /// <exception cref="ProblemException">The header cannot be used.</exception>
    public static async IAsyncEnumerable<SampleBatch> Read(
        Stream file, AssetId asset, string sender, Func<IReadOnlyList<(SignalId Id, string? Unit)>, Task> onHeader, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var lines = new BoundedLines(file);
        var header = await lines.Next(cancel) ?? throw BadHeader("The file is empty.");
        if (lines.IsTooLong)
            throw BadHeader(TooLong);
        var cells = new CsvCells(CsvCells.SeparatorOf(header));
        var columns = Columns(cells.Split(header) ?? throw BadHeader(NotClosed), asset);
        await onHeader(columns);

        var rowsPerBatch = Math.Max(1, TableColumns.SamplesPerBatch / columns.Count);
        var lineNumber = 1;
        var lastTime = long.MinValue;
        var batch = NewBatch(sender, columns);
        var rows = 0;
        while (await lines.Next(cancel) is { } line)
        {
            lineNumber++;
            if (lines.IsTooLong)
                batch.Reject($"line {lineNumber}", TooLong, "Check that the file is text with line ends.", columns.Count);
            else if (line.Length == 0)
                continue;
            else
                ReadRow(line, lineNumber, cells, columns, batch, ref lastTime);
            if (++rows < rowsPerBatch)
                continue;
            yield return batch;
            (batch, rows) = (NewBatch(sender, columns), 0);
        }
        yield return batch;
    }

    private static SampleBatch NewBatch(string sender, IReadOnlyList<(SignalId Id, string? Unit)> columns)
    {
        var batch = new SampleBatch(sender);
        batch.Blocks.AddRange(columns.Select(column => new SignalBlock(column.Id.Path, column.Unit)));
        return batch;
    }

    private static void ReadRow(string line, int lineNumber, CsvCells cellsOf, IReadOnlyList<(SignalId Id, string? Unit)> columns, SampleBatch batch, ref long lastTime)
    {
        var where = $"line {lineNumber}";
        if (cellsOf.Split(line) is not { } cells)
        {
            batch.Reject(where, NotClosed, "Write '\"' inside a quoted cell as '\"\"', and no line end there.", columns.Count);
            return;
        }
        if (cells.Count != columns.Count + 1)
        {
            batch.Reject(where, $"There are {cells.Count} columns, the header names {columns.Count + 1}.", "Mend or remove the line.", columns.Count);
            return;
        }
        if (!CsvTime.TryRead(cells[0], out var time, out var why))
        {
            batch.Reject(where, why, CsvTime.Mend, columns.Count);
            return;
        }
        if (time < lastTime)
            batch.Reject(where, $"The time goes back from {Micros.Time(lastTime):HH:mm:ss.ffffff} to {Micros.Time(time):HH:mm:ss.ffffff}; the row is kept, as out of order.", "Sort the file, or check the recorder's clock.", 0);
        lastTime = Math.Max(lastTime, time);
        for (var i = 0; i < columns.Count; i++)
        {
            var cell = cells[i + 1].AsSpan().Trim();
            if (cell.IsEmpty)
                continue;
            if (cellsOf.TryNumber(cell, out var value))
                batch.Blocks[i].Add(time, value);
            else
                batch.Reject(where, $"'{TableColumns.Shown(cell.ToString())}' in column '{columns[i].Id.Name}' is not a number.", "Leave the cell empty where there is no value.");
        }
    }

    private static List<(SignalId, string?)> Columns(IReadOnlyList<string> cells, AssetId asset)
    {
        var names = cells.Select(name => name.Trim()).ToArray();
        if (names.Length < 2)
            throw BadHeader("There is only one column.");
        if (names.Length > TableColumns.MaxColumns)
            throw BadHeader($"There are {names.Length} columns; {TableColumns.MaxColumns} are allowed.");
        if (!TableColumns.IsTime(names[0]))
            throw BadHeader($"The first column is '{TableColumns.Shown(names[0])}', not a time.");
        var columns = names.Skip(1).Select(name => Column(name, asset)).ToList();
        if (columns.GroupBy(column => column.Item1).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw BadHeader($"The column '{twice.Key.Name}' stands there twice.");
        return columns;
    }

    private static (SignalId, string?) Column(string text, AssetId asset) =>
        TableColumns.TrySignal(text, asset, out var signal, out var why) ? signal : throw BadHeader(why);

    private static ProblemException BadHeader(string what) =>
        new("urn:dure:historian:bad-csv", what, "line 1 (header)", "Begin the file with a header such as: time,Pressure [bar],Current [A]");
}
