namespace Dure.Devices.Sila;

/// <summary>Messages that SiLA itself defines for observable commands: package <c>sila2.org.silastandard</c>.</summary>
internal static class SilaFramework
{
    public static byte[] WriteConfirmation(Guid id, TimeSpan lifetime)
    {
        var into = new ProtoWriter();
        into.Message(1, uuid => uuid.Text(1, id.ToString()));
        into.Message(2, duration => Duration(duration, lifetime));
        return into.ToArray();
    }

    public static string ReadConfirmation(ReadOnlySpan<byte> bytes)
    {
        var id = "";
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                id = ReadId(reader.Message());
        }
        return id;
    }

    public static byte[] WriteId(string id)
    {
        var into = new ProtoWriter();
        into.Text(1, id);
        return into.ToArray();
    }

    public static string ReadId(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                return reader.Text();
        }
        return "";
    }

    public static byte[] WriteInfo(SilaExecutionInfo info)
    {
        var into = new ProtoWriter();
        into.Integer(1, (int)info.Status);
        if (info.Progress is { } progress)
            into.Message(2, real => real.Real(1, progress));
        if (info.Remaining is { } remaining)
            into.Message(3, duration => Duration(duration, remaining));
        return into.ToArray();
    }

    public static SilaExecutionInfo ReadInfo(ReadOnlySpan<byte> bytes)
    {
        var info = new SilaExecutionInfo(SilaExecutionStatus.Waiting, null, null);
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            info = reader.Field switch
            {
                1 => info with { Status = (SilaExecutionStatus)(int)reader.Integer() },
                2 => info with { Progress = ReadProgress(reader.Message()) },
                3 => info with { Remaining = ReadDuration(reader.Message()) },
                _ => info,
            };
        }
        return Enum.IsDefined(info.Status) ? info : throw SilaCodec.Mismatch("commandStatus", "is none of the four");
    }

    private static double? ReadProgress(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                return reader.Real() is var progress && double.IsFinite(progress) ? Math.Clamp(progress, 0, 1) : null;
        }
        return 0;
    }

    private static void Duration(ProtoWriter into, TimeSpan span)
    {
        into.Integer(1, (long)span.TotalSeconds);
        into.Integer(2, span.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
    }

    private static TimeSpan ReadDuration(ReadOnlySpan<byte> bytes)
    {
        var (seconds, nanos) = (0L, 0L);
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                seconds = reader.Integer();
            else if (reader.Field == 2)
                nanos = reader.Integer();
        }
        const long CenturySeconds = 100L * 366 * 24 * 3600;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, CenturySeconds)) + TimeSpan.FromTicks(Math.Clamp(nanos, 0, 999_999_999) / TimeSpan.NanosecondsPerTick);
    }
}
