using System.Buffers.Text;
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
    private readonly Dictionary<string, SignalBlock> blocks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SignalBlock>.AlternateLookup<ReadOnlySpan<char>> byPath;
    private readonly char[] path = new char[512];
    private readonly List<(SignalBlock Block, double Value)> fields = [];
    // What stands before a plain value, byte for byte, mostly repeats from line to line: its path is made once.
    private readonly Dictionary<byte[], SignalBlock>.AlternateLookup<ReadOnlySpan<byte>> byText = new Dictionary<byte[], SignalBlock>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();
    private readonly byte[] text = new byte[1024];

    private LineProtocolParser(string sender, LinePrecision precision, DateTimeOffset now)
    {
        batch = new SampleBatch(sender);
        this.precision = precision;
        this.now = Micros.Of(now);
        byPath = blocks.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <param name="now">The time of lines that give none.</param>
    public static SampleBatch Parse(ReadOnlySpan<byte> body, string sender, LinePrecision precision, DateTimeOffset now)
    {
        var parser = new LineProtocolParser(sender, precision, now);
        var number = 0;
        while (!body.IsEmpty)
        {
            number++;
            var end = body.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? [] : body[(end + 1)..];
            line = line.TrimEnd((byte)'\r').Trim((byte)' ');
            if (!line.IsEmpty && line[0] != '#')
                parser.ParseLine(line, number);
        }
        parser.batch.Blocks.AddRange(parser.blocks.Values.Where(block => block.Count > 0));
        return parser.batch;
    }

    private void ParseLine(ReadOnlySpan<byte> line, int number)
    {
        if (line.Length > MaxLineBytes)
        {
            Reject(number, $"The line has {line.Length:N0} bytes; {MaxLineBytes:N0} are allowed.");
            return;
        }
        var isPlain = line.IndexOfAny((byte)'\\', (byte)'"') < 0;
        var keyEnd = isPlain ? PlaceOf(line, (byte)' ') : EndOf(line, (byte)' ', quoted: false);
        if (keyEnd <= 0 || keyEnd == line.Length)
        {
            Reject(number, "There is no space between the measurement and the fields.");
            return;
        }
        var rest = line[(keyEnd + 1)..].TrimStart((byte)' ');
        var fieldsEnd = isPlain ? PlaceOf(rest, (byte)' ') : EndOf(rest, (byte)' ', quoted: true);
        var stamp = rest[fieldsEnd..].Trim((byte)' ');
        if (!TryTime(stamp, out var time))
        {
            Reject(number, $"'{Shown(stamp)}' is not a whole number of {precision.ToString().ToLowerInvariant()}.");
            return;
        }
        fields.Clear();
        if (ParseFields(line[..keyEnd], rest[..fieldsEnd], isPlain, number) is { } fault)
        {
            Reject(number, fault);
            return;
        }
        foreach (var (block, value) in fields)
            block.Add(time, value);
    }

    /// <summary>Collects the line's fields; returns what is wrong with one, in which case none of the line is taken. A text is refused alone.</summary>
    private string? ParseFields(ReadOnlySpan<byte> key, ReadOnlySpan<byte> list, bool isPlain, int number)
    {
        var texts = 0;
        while (!list.IsEmpty)
        {
            var end = isPlain ? PlaceOf(list, (byte)',') : EndOf(list, (byte)',', quoted: true);
            var field = list[..end];
            list = end < list.Length ? list[(end + 1)..] : [];
            var equals = isPlain ? PlaceOf(field, (byte)'=') : EndOf(field, (byte)'=', quoted: false);
            if (equals <= 0 || equals + 1 >= field.Length)
                return $"'{Shown(field)}' is not field=value.";
            if (!TryValue(field[(equals + 1)..], out var value, out var fault))
            {
                if (field[equals + 1] != '"')
                    return $"Field '{Shown(field[..equals])}': {fault}";
                Reject(number, $"Field '{Shown(field[..equals])}': {fault}");
                texts++;
                continue;
            }
            if (BlockOf(key, field[..equals], out var problem) is not { } block)
                return problem;
            fields.Add((block, value));
        }
        return fields.Count + texts == 0 ? "The line has no field." : null;
    }

    private SignalBlock? BlockOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, out string problem)
    {
        problem = "";
        var length = key.Length + 1 + field.Length;
        if (length > text.Length)
            return BlockAnew(key, field, out problem);
        key.CopyTo(text);
        text[key.Length] = (byte)' ';
        field.CopyTo(text.AsSpan(key.Length + 1));
        if (!byText.TryGetValue(text.AsSpan(0, length), out var block) && BlockAnew(key, field, out problem) is { } made)
            byText[text.AsSpan(0, length)] = block = made;
        return block;
    }

    private SignalBlock? BlockAnew(ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, out string problem)
    {
        problem = "Measurement and tags are too long or malformed.";
        var prefix = Prefix(key);
        if (prefix < 0)
            return null;
        problem = $"The path made of measurement, tags and field '{Shown(field)}' is too long.";
        var length = Append(prefix, field, first: false);
        if (length < 0)
            return null;
        if (!byPath.TryGetValue(path.AsSpan(0, length), out var block))
        {
            var name = new string(path, 0, length);
            blocks[name] = block = new SignalBlock(name, null);
        }
        return block;
    }

    /// <summary>Writes the path's front into the buffer; returns its length, or -1.</summary>
    private int Prefix(ReadOnlySpan<byte> key)
    {
        var comma = EndOf(key, (byte)',', quoted: false);
        var length = Append(0, key[..comma], first: true);
        while (length >= 0 && comma < key.Length)
        {
            key = key[(comma + 1)..];
            comma = EndOf(key, (byte)',', quoted: false);
            var tag = key[..comma];
            var equals = EndOf(tag, (byte)'=', quoted: false);
            if (equals <= 0 || equals + 1 >= tag.Length)
                return -1;
            if (tag[..equals].SequenceEqual("asset"u8))
                return Append(0, tag[(equals + 1)..], first: true);
            length = Append(length, tag[(equals + 1)..], first: false);
        }
        return length;
    }

    /// <summary>Appends a part to the path, unescaped and made fit for one.</summary>
    private int Append(int length, ReadOnlySpan<byte> part, bool first)
    {
        if (length + part.Length + 1 > path.Length)
            return -1;
        if (!first)
            path[length++] = '/';
        Span<char> text = stackalloc char[part.Length];
        var count = Encoding.UTF8.GetChars(part, text);
        for (var i = 0; i < count; i++)
        {
            if (text[i] == '\\' && i + 1 < count)
                i++;
            var isAllowed = char.IsLetterOrDigit(text[i]) || text[i] is ' ' or '_' or '-' or '.' || (text[i] == '/' && first);
            path[length++] = isAllowed ? text[i] : '_';
        }
        return length;
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
        var digits = text is [.., (byte)'i' or (byte)'u'] ? text[..^1] : text;
        if (Utf8Number.TryParse(digits, out value))
        {
            if (double.IsFinite(value))
                return true;
            fault = $"the value is {value}; leave the field out where there is no number.";
            return false;
        }
        fault = $"'{Shown(text)}' is not a number.";
        return false;
    }

    private bool TryTime(ReadOnlySpan<byte> stamp, out long micros)
    {
        micros = now;
        if (stamp.IsEmpty)
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
        return true;
    }

    // A number too large for the clock becomes a far time, which is refused by name later on.
    private static long Multiply(long number, long by) => Math.Abs((double)number * by) < long.MaxValue / 2.0 ? number * by : long.MaxValue;

    /// <summary>The place of the first such byte that is neither escaped nor, where asked, within quotes; the length when there is none.</summary>
    private static int EndOf(ReadOnlySpan<byte> text, byte wanted, bool quoted)
    {
        var isInQuotes = false;
        for (var i = 0; i < text.Length; i++)
        {
            var each = text[i];
            if (each == '\\')
                i++;
            else if (quoted && each == '"')
                isInQuotes = !isInQuotes;
            else if (each == wanted && !isInQuotes)
                return i;
        }
        return text.Length;
    }

    private static int PlaceOf(ReadOnlySpan<byte> text, byte wanted) => text.IndexOf(wanted) is var place && place >= 0 ? place : text.Length;

    /// <summary>Compares and hashes texts as bytes, also those that lie in a line.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode(byte[] bytes) => GetHashCode(bytes.AsSpan());
        public bool Equals(ReadOnlySpan<byte> bytes, byte[] other) => bytes.SequenceEqual(other);
        public int GetHashCode(ReadOnlySpan<byte> bytes) => (int)Crc32C.Of(bytes);
        public byte[] Create(ReadOnlySpan<byte> bytes) => bytes.ToArray();
    }

    private void Reject(int number, string what) => batch.Reject($"line {number}", what, Form);

    private static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 60)]);
}
