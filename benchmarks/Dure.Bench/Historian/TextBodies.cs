using System.Buffers.Text;

namespace Dure.Bench.Historian;

/// <summary>G1 as text, tick by tick as a plant sends it: all series at one second, then all at the next.</summary>
internal static class TextBodies
{
    public const int LinesPerPost = 10_000;
    private const int MaxLine = 64;

    /// <summary>InfluxDB line protocol, one point a line, one body a POST.</summary>
    public static byte[][] Lines(int points)
    {
        var values = Values(points / G1.AllSeries);
        var bodies = new byte[points / LinesPerPost][];
        Parallel.For(0, bodies.Length, body =>
        {
            var buffer = new byte[LinesPerPost * MaxLine];
            var length = 0;
            for (var line = 0; line < LinesPerPost; line++)
            {
                var (tick, series) = Math.DivRem((int)((long)body * LinesPerPost + line), G1.AllSeries);
                Put(buffer, ref length, "g1,s="u8);
                Put(buffer, ref length, series);
                Put(buffer, ref length, " v="u8);
                Put(buffer, ref length, values[series][tick]);
                Put(buffer, ref length, " "u8);
                Put(buffer, ref length, (G1.FirstSecond + tick) * 1_000_000_000);
                Put(buffer, ref length, "\n"u8);
            }
            bodies[body] = buffer[..length];
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
