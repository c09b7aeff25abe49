using Dure.Kernel;

namespace Dure.Historian.Sparkplug;

/// <summary>One metric as spans into the payload's bytes.</summary>
public ref struct SparkplugMetric
{
    private const uint IntField = 10, LongField = 11, FloatField = 12, DoubleField = 13, BooleanField = 14, LastValueField = 19;

    /// <summary>The name's UTF-8 bytes; empty where an alias stands for it.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The property set's bytes; <see cref="SparkplugProperties"/> reads them.</summary>
    public ReadOnlySpan<byte> Properties { get; private set; }

    /// <summary>Only where <see cref="HasAlias"/>.</summary>
    public ulong Alias { get; private set; }
    public bool HasAlias { get; private set; }

    /// <summary>Milliseconds since 1970; only where <see cref="HasTimestamp"/>.</summary>
    public ulong Timestamp { get; private set; }
    public bool HasTimestamp { get; private set; }

    /// <summary><see cref="SparkplugType.Unknown"/> in data that leaves it to the birth certificate.</summary>
    public SparkplugType Type { get; private set; }
    public bool IsHistorical { get; private set; }
    public bool IsNull { get; private set; }

    /// <summary>The number of the value's field; 0 where there is no value.</summary>
    private uint valueField;
    private ulong bits;

    public readonly bool HasValue => valueField != 0;

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out SparkplugMetric metric)
    {
        metric = default;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch ((reader.Field, reader.Type))
            {
                case (1, WireType.Bytes): metric.Name = reader.Bytes; break;
                case (2, WireType.Varint): (metric.Alias, metric.HasAlias) = (reader.Number, true); break;
                case (3, WireType.Varint): (metric.Timestamp, metric.HasTimestamp) = (reader.Number, true); break;
                case (4, WireType.Varint): metric.Type = reader.Number <= (ulong)SparkplugType.DateTimeArray ? (SparkplugType)reader.Number : SparkplugType.Unknown; break;
                case (5, WireType.Varint): metric.IsHistorical = reader.Number != 0; break;
                case (7, WireType.Varint): metric.IsNull = reader.Number != 0; break;
                case (9, WireType.Bytes): metric.Properties = reader.Bytes; break;
                case ( >= IntField and <= LastValueField, _): (metric.valueField, metric.bits) = (reader.Field, reader.Number); break;
            }
        }
        return !reader.IsBroken;
    }

    /// <summary>The value as a number, read as the type says; a payload's whole numbers travel as unsigned bits (6.4.16).</summary>
    /// <param name="type">The metric's type, from here or from the birth certificate.</param>
    /// <returns>False where the value has no number: texts, lists, data sets, templates.</returns>
    public readonly bool TryNumber(SparkplugType type, out double number)
    {
        number = double.NaN;
        switch (valueField)
        {
            case FloatField:
                number = BitConverter.UInt32BitsToSingle((uint)bits);
                return true;
            case DoubleField:
                number = BitConverter.UInt64BitsToDouble(bits);
                return true;
            case BooleanField:
                number = bits != 0 ? 1 : 0;
                return true;
            case IntField or LongField:
                number = type switch
                {
                    SparkplugType.Int8 => (sbyte)bits,
                    SparkplugType.Int16 => (short)bits,
                    SparkplugType.Int32 => (int)bits,
                    SparkplugType.Int64 => (long)bits,
                    SparkplugType.Boolean => bits != 0 ? 1 : 0,
                    _ => bits,
                };
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether the type can be a sample at all.</summary>
    public static bool IsNumeric(SparkplugType type) => type is >= SparkplugType.Int8 and <= SparkplugType.Boolean or SparkplugType.DateTime;
}

/// <summary>The properties of a metric that samples know of; what else stands in a property set is passed over.</summary>
public readonly record struct SparkplugProperties(string? Unit, double? Low, double? High, string? Description, Quality? Quality)
{
    private const int LongestText = 200;

    // How deep in a property set's lists a key may stand: the customary ones are among the first.
    private const int MostProperties = 64;

    /// <summary>Reads keys and values, which stand in two lists of equal order.</summary>
    public static SparkplugProperties Read(ReadOnlySpan<byte> bytes)
    {
        var read = default(SparkplugProperties);
        var keys = new ProtobufReader(bytes);
        var values = new ProtobufReader(bytes);
        for (var i = 0; i < MostProperties && Seek(ref keys, 1) && Seek(ref values, 2); i++)
            read = read.With(keys.Bytes, values.Bytes);
        return read;
    }

    private static bool Seek(ref ProtobufReader reader, uint field)
    {
        while (reader.Next())
        {
            if (reader.Field == field && reader.Type == WireType.Bytes)
                return true;
        }
        return false;
    }

    private SparkplugProperties With(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("Quality"u8) || key.SequenceEqual("quality"u8))
            return Number(value) is { } code ? this with { Quality = OfCode((int)code) } : this;
        if (key.SequenceEqual("engUnit"u8) || key.SequenceEqual("engUnits"u8) || key.SequenceEqual("EngUnit"u8))
            return this with { Unit = Text(value) };
        if (key.SequenceEqual("engLow"u8) || key.SequenceEqual("EngLow"u8))
            return this with { Low = Number(value) };
        if (key.SequenceEqual("engHigh"u8) || key.SequenceEqual("EngHigh"u8))
            return this with { High = Number(value) };
        return key.SequenceEqual("Documentation"u8) || key.SequenceEqual("description"u8) || key.SequenceEqual("Description"u8) ? this with { Description = Text(value) } : this;
    }

    // 500 is Sparkplug's own for stale; the others are OPC's.
    private static Quality OfCode(int code) => code is < 0 or >= 256 ? Kernel.Quality.Bad : Mqtt.JsonReading.OfOpcQuality(code);

    private static string? Text(ReadOnlySpan<byte> value)
    {
        var reader = new ProtobufReader(value);
        string? text = null;
        while (reader.Next())
        {
            if (reader is { Field: 8, Type: WireType.Bytes } && reader.Bytes.Length <= LongestText)
                text = System.Text.Encoding.UTF8.GetString(reader.Bytes);
        }
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    private static double? Number(ReadOnlySpan<byte> value)
    {
        var reader = new ProtobufReader(value);
        var (type, field, bits) = (0UL, 0u, 0UL);
        while (reader.Next())
        {
            if (reader.Field == 1)
                type = reader.Number;
            else if (reader.Field is >= 3 and <= 7)
                (field, bits) = (reader.Field, reader.Number);
        }
        double? number = field switch
        {
            3 => (SparkplugType)type is SparkplugType.UInt32 ? bits : (int)bits,
            4 => (SparkplugType)type is SparkplugType.UInt64 ? bits : (long)bits,
            5 => BitConverter.UInt32BitsToSingle((uint)bits),
            6 => BitConverter.UInt64BitsToDouble(bits),
            7 => bits != 0 ? 1 : 0,
            _ => null,
        };
        return number is { } finite && double.IsFinite(finite) ? finite : null;
    }
}
