using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Http;

/// <summary>Units of the time stamps of a line protocol body.</summary>
public enum LinePrecision
{
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
}

/// <summary>
/// Reads InfluxDB line protocol: <c>measurement,tag=v field=1.5,other=2i 1700000000000000000</c>. A signal's path is the tag <c>asset</c>, or
/// else the measurement and the tags' values in their order, followed by the field's key; characters a path does not allow become '_'. A
/// line that cannot be read is refused and named; the others are kept.
/// </summary>
public sealed class LineProtocolParser
{
    private const int MaxLineBytes = 64 * 1024;
    private const string Form = "Write measurement,tag=value field=1.5 1700000000000000000";

    private readonly SampleBatch batch;
    private readonly LinePrecision precision;
    private readonly long now;
    private readonly LinePath paths = new();
    private readonly LineRows rows;
    private readonly byte[] text = new byte[1024];

    // Senders repeat times from line to line.
    private byte[] lastStamp = [];
    private long lastTime;

    private LineProtocolParser(string sender, LinePrecision precision, DateTimeOffset now, int bodyBytes)
    {
        batch = new SampleBatch(sender);
        this.precision = precision;
        this.now = Micros.Of(now);
        rows = new LineRows(bodyBytes);
    }

    /// <param name="now">The time of lines that give none.</param>
    public static SampleBatch Parse(ReadOnlySpan<byte> body, string sender, LinePrecision precision, DateTimeOffset now)
    {
        var parser = new LineProtocolParser(sender, precision, now, body.Length);
        var number = 1;
        while (!body.IsEmpty)
        {
            var end = LineScan.PlaceOf(body, (byte)'\n');
            if (!parser.TryExpected(body[..end]))
                parser.ReadLine(body, ref end, ref number);
            number++;
            body = end < body.Length ? body[(end + 1)..] : [];
        }
        parser.rows.MoveTo(parser.batch.Blocks);
        return parser.batch;
    }

    /// <summary>A line whose text up to its values came behind the same line before, which is how senders repeat themselves: only values and time are read.</summary>
    private bool TryExpected(ReadOnlySpan<byte> line)
    {
        if (rows.Expected is not { } series || !line.StartsWith(series.Text))
            return false;
        line = line[series.Text.Length..];
        while (true)
        {
            var end = line.IndexOfAny((byte)' ', (byte)',');
            if (end <= 0 || !TryNumber(line[..end], out var value) || !double.IsFinite(value))
                break;
            rows.Add(series, value);
            var isLast = line[end] == ' ';
            line = line[(end + 1)..];
            if (isLast)
            {
                if (line.IsEmpty || !TryTime(line, out var time))
                    break;
                rows.Commit(time);
                return true;
            }
            if (series.Next is not { } next || !next.IsOfSameLine(series) || !line.StartsWith(next.Field))
                break;
            series = next;
            line = line[next.Field.Length..];
        }
        rows.TakeBack();
        return false;
    }

    /// <summary>Reads the line at the body's start; where a text in quotes goes over the line's end, so does the line.</summary>
    private void ReadLine(ReadOnlySpan<byte> body, ref int end, ref int number)
    {
        var first = number;
        var line = body[..end];
        if (line.Contains((byte)'"') && LineScan.IsOpen(line))
        {
            while (LineScan.IsOpen(line) && line.Length < body.Length && line.Length <= MaxLineBytes)
                line = body[..(line.Length + 1 + LineScan.PlaceOf(body[(line.Length + 1)..], (byte)'\n'))];
            if (LineScan.IsOpen(line))
            {
                Reject(first, "A text's closing quote is missing.");
                return;
            }
            number += line[end..].Count((byte)'\n');
            end = line.Length;
        }
        line = line.TrimEnd((byte)'\r').Trim((byte)' ');
        if (!line.IsEmpty && line[0] != '#')
            ParseLine(line, first);
    }

    private void ParseLine(ReadOnlySpan<byte> line, int number)
    {
        if (line.Length > MaxLineBytes)
        {
            Reject(number, $"The line has {line.Length:N0} bytes; {MaxLineBytes:N0} are allowed.");
            return;
        }
        var isPlain = line.IndexOfAny((byte)'\\', (byte)'"') < 0;
        var keyEnd = isPlain ? LineScan.PlaceOf(line, (byte)' ') : LineScan.EndOf(line, (byte)' ', quoted: false);
        if (keyEnd <= 0 || keyEnd == line.Length)
        {
            Reject(number, "There is no space between the measurement and the fields.");
            return;
        }
        var rest = line[(keyEnd + 1)..].TrimStart((byte)' ');
        var fieldsEnd = isPlain ? LineScan.PlaceOf(rest, (byte)' ') : LineScan.EndOf(rest, (byte)' ', quoted: true);
        var stamp = rest[fieldsEnd..].Trim((byte)' ');
        var time = now;
        if (!stamp.IsEmpty && !TryTime(stamp, out time))
        {
            Reject(number, $"'{Shown(stamp)}' is not a whole number of {precision.ToString().ToLowerInvariant()}.");
            return;
        }
        if (ParseFields(line[..keyEnd], rest[..fieldsEnd], isPlain, number) is { } fault)
        {
            rows.TakeBack();
            Reject(number, fault);
            return;
        }
        rows.Commit(time);
    }

    /// <summary>Collects the line's fields; returns what is wrong with one, in which case none of the line is taken. A text is refused alone.</summary>
    private string? ParseFields(ReadOnlySpan<byte> key, ReadOnlySpan<byte> list, bool isPlain, int number)
    {
        var count = 0;
        for (; !list.IsEmpty; count++)
        {
            var end = isPlain ? LineScan.PlaceOf(list, (byte)',') : LineScan.EndOf(list, (byte)',', quoted: true);
            var field = list[..end];
            list = end < list.Length ? list[(end + 1)..] : [];
            var equals = isPlain ? LineScan.PlaceOf(field, (byte)'=') : LineScan.EndOf(field, (byte)'=', quoted: false);
            if (equals <= 0 || equals + 1 >= field.Length)
                return $"'{Shown(field)}' is not field=value.";
            if (!TryValue(field[(equals + 1)..], out var value, out var fault))
            {
                if (field[equals + 1] != '"')
                    return $"Field '{Shown(field[..equals])}': {fault}";
                Reject(number, $"Field '{Shown(field[..equals])}': {fault}");
                continue;
            }
            if (SeriesOf(key, field[..equals]) is not { } series)
                return $"No path can be made of measurement, tags and field '{Shown(field[..equals])}': a tag is malformed, or they are too long.";
            rows.Add(series, value);
        }
        return count == 0 ? "The line has no field." : null;
    }

    private LineSeries? SeriesOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> field)
    {
        var length = key.Length + 2 + field.Length;
        var whole = length <= text.Length ? text.AsSpan(0, length) : new byte[length];
        key.CopyTo(whole);
        whole[key.Length] = (byte)' ';
        field.CopyTo(whole[(key.Length + 1)..]);
        whole[^1] = (byte)'=';
        if (rows.Find(whole) is { } known)
            return known;
        return paths.Of(key, field) is { } path ? rows.Begin(whole, key.Length, path) : null;
    }

    private static bool TryValue(ReadOnlySpan<byte> text, out double value, out string fault)
    {
        (value, fault) = (0, "");
        switch (text)
        {
            case [(byte)'t'] or [(byte)'T']:
                value = 1;
                return true;
            case [(byte)'f'] or [(byte)'F']:
                return true;
            case [(byte)'"', ..]:
                fault = "text cannot be stored as a sample; leave the field out, or send a number.";
                return false;
        }
        if (text.SequenceEqual("true"u8) || text.SequenceEqual("True"u8) || text.SequenceEqual("TRUE"u8))
        {
            value = 1;
            return true;
        }
        if (text.SequenceEqual("false"u8) || text.SequenceEqual("False"u8) || text.SequenceEqual("FALSE"u8))
            return true;
        if (TryNumber(text, out value))
        {
            if (double.IsFinite(value))
                return true;
            fault = $"the value is {value}; leave the field out where there is no number.";
            return false;
        }
        fault = $"'{Shown(text)}' is not a number.";
        return false;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out double value) => Utf8Number.TryParse(text is [.., (byte)'i' or (byte)'u'] ? text[..^1] : text, out value);

    private bool TryTime(ReadOnlySpan<byte> stamp, out long micros)
    {
        micros = lastTime;
        if (stamp.SequenceEqual(lastStamp))
            return true;
        if (!Utf8Parser.TryParse(stamp, out long number, out var used) || used != stamp.Length)
            return false;
        micros = precision switch
        {
            LinePrecision.Nanoseconds => number / 1000,
            LinePrecision.Microseconds => number,
            LinePrecision.Milliseconds => Multiply(number, 1000),
            LinePrecision.Seconds => Multiply(number, 1_000_000),
            LinePrecision.Minutes => Multiply(number, 60_000_000),
            _ => Multiply(number, 3_600_000_000),
        };
        if (lastStamp.Length != stamp.Length)
            lastStamp = new byte[stamp.Length];
        stamp.CopyTo(lastStamp);
        lastTime = micros;
        return true;
    }

    // A number too large for the clock becomes a far time, which is refused by name later on.
    private static long Multiply(long number, long by) => Math.Abs((double)number * by) < long.MaxValue / 2.0 ? number * by : long.MaxValue;

    private void Reject(int number, string what) => batch.Reject($"line {number}", what, Form);

    private static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 60)]);
}
