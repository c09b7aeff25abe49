using System.Buffers.Text;

namespace Dure.Bench.Historian;

/// <summary>G1 as text, tick by tick as a plant sends it: all series at one second, then all at the next.</summary>
internal static class TextBodies
{
    public const int Senders = 2;
    public const int LinesPerPost = 10_000;
    private const int MaxLine = 64;

    /// <summary>
    /// InfluxDB line protocol, one point a line, one body a POST, for each of several senders: each has its own share of the series and sends
    /// them in order, as a gateway does.
    /// </summary>
    public static byte[][][] Lines(int points, int senders, int firstTick = 0)
    {
        var values = Values(firstTick + points / G1.AllSeries);
        var own = G1.AllSeries / senders;
        var bodies = Enumerable.Range(0, senders).Select(_ => new byte[points / senders / LinesPerPost][]).ToArray();
        Parallel.For(0, senders * bodies[0].Length, body =>
        {
            var (sender, post) = Math.DivRem(body, bodies[0].Length);
            var buffer = new byte[LinesPerPost * MaxLine];
            var length = 0;
            for (var line = 0; line < LinesPerPost; line++)
            {
                var (tick, place) = Math.DivRem(post * LinesPerPost + line, own);
                tick += firstTick;
                var series = sender * own + place;
                Put(buffer, ref length, "g1,s="u8);
                Put(buffer, ref length, series);
                Put(buffer, ref length, " v="u8);
                Put(buffer, ref length, values[series][tick]);
                Put(buffer, ref length, " "u8);
                Put(buffer, ref length, (G1.FirstSecond + tick) * 1_000_000_000);
                Put(buffer, ref length, "\n"u8);
            }
            bodies[sender][post] = buffer[..length];
        });
        return bodies;
    }

    /// <summary>CSV rows of series, time and value.</summary>
    public static byte[] Csv(int points)
    {
        var ticks = points / G1.AllSeries;
        var values = Values(ticks);
        var buffer = new byte[(long)points * 40];
        var length = 0;
        for (var tick = 0; tick < ticks; tick++)
        {
            var time = System.Text.Encoding.ASCII.GetBytes(DateTimeOffset.FromUnixTimeSeconds(G1.FirstSecond + tick).ToString("',\"'yyyy-MM-dd HH:mm:ss'\",'"));
            for (var series = 0; series < G1.AllSeries; series++)
            {
                Put(buffer, ref length, series);
                Put(buffer, ref length, time);
                Put(buffer, ref length, values[series][tick]);
                Put(buffer, ref length, "\n"u8);
            }
        }
        return buffer.AsSpan(0, length).ToArray();
    }

    private static double[][] Values(int ticks)
    {
        var values = new double[G1.AllSeries][];
        Parallel.For(0, G1.AllSeries, series => G1.Fill(series, values[series] = new double[ticks]));
        return values;
    }

    private static void Put(byte[] buffer, ref int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(buffer.AsSpan(length));
        length += text.Length;
    }

    private static void Put(byte[] buffer, ref int length, long number)
    {
        Utf8Formatter.TryFormat(number, buffer.AsSpan(length), out var written);
        length += written;
    }

    private static void Put(byte[] buffer, ref int length, double number)
    {
        Utf8Formatter.TryFormat(number, buffer.AsSpan(length), out var written);
        length += written;
    }
}
