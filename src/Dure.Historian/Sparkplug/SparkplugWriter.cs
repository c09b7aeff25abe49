using System.Buffers.Binary;
using System.Text;

namespace Dure.Historian.Sparkplug;

/// <summary>Writes a Sparkplug B payload, metric by metric.</summary>
public sealed class SparkplugWriter
{
    private byte[] bytes = new byte[256];
    private int length;

    /// <param name="timestamp">Milliseconds since 1970.</param>
    public SparkplugWriter(ulong timestamp) => Number(1, timestamp);

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, length);

    /// <summary>The message whose only metric asks an edge node for its birth certificates (NCMD).</summary>
    public static byte[] Rebirth(ulong timestamp)
    {
        var writer = new SparkplugWriter(timestamp);
        writer.Metric(new SparkplugWriterMetric { Name = "Node Control/Rebirth", Timestamp = timestamp, Type = SparkplugType.Boolean, Value = 1 });
        return writer.Written.ToArray();
    }

    public SparkplugWriter Seq(ulong seq)
    {
        Number(3, seq);
        return this;
    }

    public SparkplugWriter Metric(SparkplugWriterMetric metric)
    {
        var inner = new SparkplugWriter();
        if (metric.Name is { } name)
            inner.Text(1, name);
        if (metric.Alias is { } alias)
            inner.Number(2, alias);
        if (metric.Timestamp is { } timestamp)
            inner.Number(3, timestamp);
        if (metric.Type is { } type)
            inner.Number(4, (ulong)type);
        if (metric.IsHistorical)
            inner.Number(5, 1);
        if (metric.Value is null && metric.TextValue is null)
            inner.Number(7, 1);
        if (metric.Properties.Count > 0)
            inner.Bytes(9, PropertySet(metric.Properties));
        if (metric.TextValue is { } text)
            inner.Text(15, text);
        else if (metric.Value is { } value)
            inner.Value(metric.ValueType ?? metric.Type ?? SparkplugType.Double, value);
        Bytes(2, inner.Written);
        return this;
    }

    private SparkplugWriter()
    {
    }

    private static byte[] PropertySet(IReadOnlyList<(string Key, object Value)> properties)
    {
        var set = new SparkplugWriter();
        foreach (var (key, _) in properties)
            set.Text(1, key);
        foreach (var (_, value) in properties)
        {
            var inner = new SparkplugWriter();
            switch (value)
            {
                case string text:
                    inner.Number(1, (ulong)SparkplugType.String);
                    inner.Text(8, text);
                    break;
                case int whole:
                    inner.Number(1, (ulong)SparkplugType.Int32);
                    inner.Number(3, (uint)whole);
                    break;
                default:
                    inner.Number(1, (ulong)SparkplugType.Double);
                    inner.Fixed64(6, Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
                    break;
            }
            set.Bytes(2, inner.Written);
        }
        return set.Written.ToArray();
    }

    private void Value(SparkplugType type, double value)
    {
        switch (type)
        {
            case SparkplugType.Int8 or SparkplugType.Int16 or SparkplugType.Int32:
                Number(10, (uint)(int)value);
                break;
            case SparkplugType.UInt8 or SparkplugType.UInt16 or SparkplugType.UInt32:
                Number(10, (uint)value);
                break;
            case SparkplugType.Int64:
                Number(11, (ulong)(long)value);
                break;
            case SparkplugType.UInt64 or SparkplugType.DateTime:
                Number(11, (ulong)value);
                break;
            case SparkplugType.Float:
                Varint((12 << 3) | (uint)WireType.Fixed32);
                BinaryPrimitives.WriteSingleLittleEndian(Room(4), (float)value);
                length += 4;
                break;
            case SparkplugType.Boolean:
                Number(14, value != 0 ? 1u : 0);
                break;
            default:
                Fixed64(13, value);
                break;
        }
    }

    private void Fixed64(uint field, double value)
    {
        Varint((field << 3) | (uint)WireType.Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(Room(8), value);
        length += 8;
    }

    private void Number(uint field, ulong value)
    {
        Varint(field << 3);
        Varint(value);
    }

    private void Text(uint field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private void Bytes(uint field, ReadOnlySpan<byte> value)
    {
        Varint((field << 3) | (uint)WireType.Bytes);
        Varint((uint)value.Length);
        value.CopyTo(Room(value.Length));
        length += value.Length;
    }

    private void Varint(ulong value)
    {
        var room = Room(10);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            room[count++] = (byte)(value | 0x80);
        room[count++] = (byte)value;
        length += count;
    }

    private Span<byte> Room(int count)
    {
        if (bytes.Length - length < count)
            Array.Resize(ref bytes, Math.Max(2 * bytes.Length, length + count));
        return bytes.AsSpan(length);
    }
}

/// <summary>A metric to write. Without <see cref="Value"/> and <see cref="TextValue"/> it is null.</summary>
public sealed record SparkplugWriterMetric
{
    public string? Name { get; init; }
    public ulong? Alias { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public ulong? Timestamp { get; init; }

    /// <summary>Written only where it is set; data messages may leave it out.</summary>
    public SparkplugType? Type { get; init; }

    /// <summary>How the value is laid out where <see cref="Type"/> is left out.</summary>
    public SparkplugType? ValueType { get; init; }
    public double? Value { get; init; }
    public string? TextValue { get; init; }
    public bool IsHistorical { get; init; }

    /// <summary>Texts, whole numbers (<see cref="int"/>) or numbers.</summary>
    public IReadOnlyList<(string Key, object Value)> Properties { get; init; } = [];
}
