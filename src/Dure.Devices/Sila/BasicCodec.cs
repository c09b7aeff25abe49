namespace Dure.Devices.Sila;

/// <summary>SiLA's basic types on the wire: the messages of package <c>sila2.org.silastandard</c>.</summary>
internal static class BasicCodec
{
    public static void Write(ProtoWriter into, SilaBasic kind, SilaValue value, string where)
    {
        switch (kind, value)
        {
            case (SilaBasic.String, SilaValue.Text text): into.Text(1, text.Value); break;
            case (SilaBasic.Integer, SilaValue.Integer integer): into.Integer(1, integer.Value); break;
            case (SilaBasic.Real, SilaValue.Real real): into.Real(1, real.Value); break;
            case (SilaBasic.Boolean, SilaValue.Flag flag): into.Flag(1, flag.Value); break;
            case (SilaBasic.Binary, SilaValue.Binary binary): into.Delimit(1, binary.Value.Span); break;
            case (SilaBasic.Date, SilaValue.Date date): WriteDate(into, date.Value, 1); WriteZone(into, 4, date.Zone); break;
            case (SilaBasic.Time, SilaValue.Time time): WriteClock(into, time.Value, 5); WriteZone(into, 4, time.Zone); break;
            case (SilaBasic.Timestamp, SilaValue.Timestamp stamp): WriteTimestamp(into, stamp.Value); break;
            case (SilaBasic.Any, SilaValue.Any any): into.Text(1, any.TypeXml); into.Bytes(2, any.Payload.Span); break;
            default: throw SilaCodec.Mismatch(where, $"is a {value.GetType().Name}, expected is a {kind}");
        }
    }

    public static SilaValue Read(SilaBasic kind, ReadOnlySpan<byte> bytes, string where)
    {
        var reader = new ProtoReader(bytes);
        switch (kind)
        {
            case SilaBasic.String: return new SilaValue.Text(reader.ReadOne() ? reader.Text() : "");
            case SilaBasic.Integer: return new SilaValue.Integer(reader.ReadOne() ? reader.Integer() : 0);
            case SilaBasic.Real: return new SilaValue.Real(reader.ReadOne() ? reader.Real() : 0);
            case SilaBasic.Boolean: return new SilaValue.Flag(reader.ReadOne() && reader.Flag());
            case SilaBasic.Binary: return ReadBinary(ref reader, where);
            case SilaBasic.Any: return ReadAny(ref reader);
            default: return ReadCalendar(kind, ref reader, where);
        }
    }

    private static bool ReadOne(this ref ProtoReader reader)
    {
        while (reader.Next())
        {
            if (reader.Field == 1)
                return true;
        }
        return false;
    }

    private static SilaValue.Binary ReadBinary(ref ProtoReader reader, string where)
    {
        var value = Array.Empty<byte>();
        while (reader.Next())
        {
            if (reader.Field == 1)
                value = reader.Message().ToArray();
            else if (reader.Field == 2)
                throw SilaCodec.Mismatch(where, "is sent by binary transfer, which is not supported");
        }
        return new SilaValue.Binary(value);
    }

    private static SilaValue.Any ReadAny(ref ProtoReader reader)
    {
        var (type, payload) = ("", Array.Empty<byte>());
        while (reader.Next())
        {
            if (reader.Field == 1)
                type = reader.Text();
            else if (reader.Field == 2)
                payload = reader.Message().ToArray();
        }
        return new SilaValue.Any(type, payload);
    }

    // Fields: date 1 day 2 month 3 year 4 zone; time 1 second 2 minute 3 hour 4 zone 5 millisecond; timestamp 1-3 time, 4-6 date, 7 zone, 8 millisecond.
    private static SilaValue ReadCalendar(SilaBasic kind, ref ProtoReader reader, string where)
    {
        Span<long> parts = stackalloc long[9];
        parts.Clear();
        var zoneField = kind == SilaBasic.Timestamp ? 7 : 4;
        var zone = TimeSpan.Zero;
        while (reader.Next())
        {
            if (reader.Field == zoneField)
                zone = ReadZone(reader.Message());
            else if (reader.Field < parts.Length)
                parts[reader.Field] = reader.Integer();
        }
        try
        {
            return kind switch
            {
                SilaBasic.Date => new SilaValue.Date(DateOf(parts[3], parts[2], parts[1]), zone),
                SilaBasic.Time => new SilaValue.Time(ClockOf(parts[3], parts[2], parts[1], parts[5]), zone),
                _ => new SilaValue.Timestamp(new DateTimeOffset(DateOf(parts[6], parts[5], parts[4]), ClockOf(parts[3], parts[2], parts[1], parts[8]), zone)),
            };
        }
        catch (Exception failure) when (failure is ArgumentException or OverflowException)
        {
            throw SilaCodec.Mismatch(where, "is no moment of the calendar", failure);
        }
    }

    private static DateOnly DateOf(long year, long month, long day) => new(checked((int)year), checked((int)month), checked((int)day));

    private static TimeOnly ClockOf(long hour, long minute, long second, long millisecond) => new(checked((int)hour), checked((int)minute), checked((int)second), checked((int)millisecond));

    private static TimeSpan ReadZone(ReadOnlySpan<byte> bytes)
    {
        var (hours, minutes) = (0L, 0L);
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                hours = reader.Integer();
            else if (reader.Field == 2)
                minutes = reader.Integer();
        }
        if (hours is < -14 or > 14 || minutes is < 0 or > 59)
            throw SilaCodec.Mismatch("timezone", "is none");
        return new TimeSpan((int)hours, (int)(hours < 0 ? -minutes : minutes), 0);
    }

    private static void WriteTimestamp(ProtoWriter into, DateTimeOffset stamp)
    {
        WriteClock(into, TimeOnly.FromDateTime(stamp.DateTime), 0);
        WriteDate(into, DateOnly.FromDateTime(stamp.DateTime), 4);
        WriteZone(into, 7, stamp.Offset);
        into.Integer(8, stamp.Millisecond);
    }

    private static void WriteDate(ProtoWriter into, DateOnly date, int first)
    {
        into.Integer(first, date.Day);
        into.Integer(first + 1, date.Month);
        into.Integer(first + 2, date.Year);
    }

    private static void WriteClock(ProtoWriter into, TimeOnly time, int millisecondField)
    {
        into.Integer(1, time.Second);
        into.Integer(2, time.Minute);
        into.Integer(3, time.Hour);
        if (millisecondField > 0)
            into.Integer(millisecondField, time.Millisecond);
    }

    private static void WriteZone(ProtoWriter into, int field, TimeSpan zone) => into.Message(field, inner =>
    {
        inner.Integer(1, zone.Hours);
        inner.Integer(2, Math.Abs(zone.Minutes));
    });
}
