using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Looks at a file's bytes before anybody reads a table out of them, and finds the line a row stands in.</summary>
internal static class TableText
{
    private const int Buffer = 1 << 16;

    /// <summary>Longer than the longest start that is looked for.</summary>
    private const int StartBytes = 4;

    public static bool IsParquet(string path) => Start(path) is [(byte)'P', (byte)'A', (byte)'R', (byte)'1'];

    /// <exception cref="ProblemException">The file is no text in UTF-8.</exception>
    public static void Check(string path, string file, CancellationToken cancel)
    {
        switch (Start(path))
        {
            case []:
                throw Bad("It is empty.", file, "Give a table with a first line of names and a line for each row.");
            case [(byte)'P', (byte)'K', ..]:
                throw Bad("It is an Excel workbook, or a zip file that is damaged or holds no images, not a table as text.", file, "Save a workbook as 'CSV UTF-8', or write Parquet; make a zip file of images anew.");
            case [0x1f, 0x8b, ..]:
                throw Bad("It is compressed.", file, "Unpack it first: gunzip FILE.");
            case [0xff, 0xfe, ..] or [0xfe, 0xff, ..]:
                throw Bad("It is written in UTF-16.", file, "Save it as 'CSV UTF-8', or: iconv -f utf-16 -t utf-8.");
        }
        CheckUtf8(path, file, cancel);
    }

    /// <summary>The lines, counted from 1, in which some rows and the broken records begin.</summary>
    /// <param name="rows">Rising numbers of rows, from 0, of those that were read.</param>
    /// <param name="skipped">Lines before the first row.</param>
    /// <param name="broken">Where records begin that could not be read, in bytes.</param>
    public static (long[] Rows, IReadOnlyDictionary<long, long> Broken) LinesOf(string path, IReadOnlyList<long> rows, long skipped, IReadOnlySet<long> broken, byte quote, bool isOneColumn, CancellationToken cancel)
    {
        var (found, bad) = (new long[rows.Count], new Dictionary<long, long>());
        var (next, row, line, at) = (0, 0L, 1L, 0L);
        var (start, startLine, length, isQuoted) = (0L, 1L, 0L, false);
        foreach (var part in Parts(path, cancel))
            foreach (var letter in part.Span)
            {
                at++;
                if (letter != (byte)'\n')
                {
                    isQuoted ^= letter == quote;
                    length += letter == (byte)'\r' ? 0 : 1;
                    continue;
                }
                line++;
                // A broken record may hold a quote that never closes: the next one that is known to begin ends it.
                if (isQuoted && !broken.Contains(at) && !broken.Contains(start))
                    continue;
                End();
                (start, startLine, length, isQuoted) = (at, line, 0, false);
            }
        End();
        return (found, bad);

        void End()
        {
            if (broken.Contains(start))
                bad[start] = startLine;
            else if (startLine > skipped && (length > 0 || isOneColumn) && next < rows.Count && row++ == rows[next])
                found[next++] = startLine;
        }
    }

    private static void CheckUtf8(string path, string file, CancellationToken cancel)
    {
        var (line, kept) = (1L, Array.Empty<byte>());
        foreach (var part in Parts(path, cancel))
        {
            byte[] bytes = [.. kept, .. part.Span];
            if (bytes.AsSpan().IndexOf((byte)0) is >= 0 and var zero)
                throw Bad($"Line {line + bytes.AsSpan(0, zero).Count((byte)'\n')} holds a zero byte; it is no text.", file, "Give a table as CSV in UTF-8, or as Parquet.");
            var whole = WholeLetters(bytes);
            if (FirstBad(bytes.AsSpan(0, whole)) is { } bad)
                throw NotUtf8(line + bytes.AsSpan(0, bad).Count((byte)'\n'));
            line += bytes.AsSpan(0, whole).Count((byte)'\n');
            kept = bytes[whole..];
        }
        if (kept.Length > 0)
            throw NotUtf8(line);

        ProblemException NotUtf8(long where) => Bad($"Line {where} holds bytes that are not UTF-8; perhaps it is written in the code page of a Korean Windows (CP949).", file,
            "Save it as 'CSV UTF-8', or: iconv -f cp949 -t utf-8.");
    }

    /// <summary>How many bytes end with a whole letter: the last may go on in the next part.</summary>
    private static int WholeLetters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var letter = bytes[^back];
            if ((letter & 0xc0) == 0x80)
                continue; // inside a letter
            var wanted = letter switch { >= 0xf0 => 4, >= 0xe0 => 3, >= 0xc0 => 2, _ => 1 };
            return wanted > back ? bytes.Length - back : bytes.Length;
        }
        return bytes.Length;
    }

    private static int? FirstBad(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return null;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var consumed) == OperationStatus.Done)
            at += consumed;
        return at;
    }

    private static byte[] Start(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[StartBytes];
        return start[..file.ReadAtLeast(start, StartBytes, throwOnEndOfStream: false)];
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Parts(string path, CancellationToken cancel)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[Buffer];
        while (file.Read(buffer) is > 0 and var read)
        {
            cancel.ThrowIfCancellationRequested();
            yield return buffer.AsMemory(0, read);
        }
    }

    private static ProblemException Bad(string what, string file, string mend) => new("urn:dure:datasets:no-table", what, file, mend);
}
