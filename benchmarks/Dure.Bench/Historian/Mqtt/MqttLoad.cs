using System.Buffers.Text;
using System.Diagnostics;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>The same load for every broker: four publishers, one subscriber to all, payloads of 64 bytes, one line's temperature each.</summary>
internal static class MqttLoad
{
    public const int Publishers = 4;
    private const int PayloadBytes = 64;
    private const int BufferBytes = 256 * 1024;
    private const int AckBytes = 4;
    private const int IdentifierAt = 16; // fixed header 2, topic's length 2, topic 12
    private const int BytesOfQuality0 = IdentifierAt + PayloadBytes;
    private const int BytesOfQuality1 = BytesOfQuality0 + 2;
    private const int PingPongLine = 9;
    private const int PublishSlice = 64 * 1024;

    /// <summary>Messages/s from first sent to last received, and how many never came.</summary>
    /// <param name="firstMessage">So that no message of an earlier run is sent twice.</param>
    public static (double PerSecond, long Lost) FanIn(MqttTarget target, int messages, int firstMessage)
    {
        var each = messages / Publishers;
        var bodies = Enumerable.Range(0, Publishers).Select(line => Packets(line, each, quality: 0, firstMessage)).ToArray();
        using var subscriber = MqttSocket.Connect(target, "bench-subscriber");
        subscriber.Subscribe("b/#", 0);
        var publishers = Enumerable.Range(0, Publishers).Select(line => MqttSocket.Connect(target, $"bench-{line}")).ToArray();
        var clock = Stopwatch.StartNew();
        var sending = publishers.Select((publisher, line) => OwnThread(() =>
        {
            for (var sent = 0; sent < bodies[line].Length; sent += PublishSlice)
                publisher.Send(bodies[line].AsSpan(sent, Math.Min(PublishSlice, bodies[line].Length - sent)));
        })).ToArray();
        var (expected, received, last) = ((long)Publishers * each * BytesOfQuality0, 0L, TimeSpan.Zero);
        var buffer = new byte[BufferBytes];
        while (received < expected && subscriber.Receive(buffer) is > 0 and var more)
            (received, last) = (received + more, clock.Elapsed);
        Task.WaitAll(sending);
        foreach (var publisher in publishers)
            publisher.Dispose();
        return (received / BytesOfQuality0 / last.TotalSeconds, (expected - received) / BytesOfQuality0);
    }

    /// <summary>Messages/s of QoS 1 from first sent to last acknowledged and, with a subscriber, last received.</summary>
    public static double Acknowledged(MqttTarget target, int messages, int window, bool hasSubscriber, int firstMessage)
    {
        var each = messages / Publishers;
        var bodies = Enumerable.Range(0, Publishers).Select(line => Packets(line, each, quality: 1, firstMessage)).ToArray();
        using var subscriber = hasSubscriber ? MqttSocket.Connect(target, "bench-subscriber") : null;
        subscriber?.Subscribe("b/#", 1);
        var publishers = Enumerable.Range(0, Publishers).Select(line => MqttSocket.Connect(target, $"bench-{line}")).ToArray();
        var clock = Stopwatch.StartNew();
        var work = publishers.Select((publisher, line) => OwnThread(() => Publish(publisher, bodies[line], window))).ToList();
        if (subscriber is not null)
            work.Add(OwnThread(() => Take(subscriber, (long)Publishers * each)));
        Task.WaitAll([.. work]);
        var seconds = clock.Elapsed.TotalSeconds;
        foreach (var publisher in publishers)
            publisher.Dispose();
        return Publishers * each / seconds;
    }

    /// <summary>Messages/s of one client that waits for each of its own messages to come back.</summary>
    public static double PingPong(MqttTarget target, int messages)
    {
        using var client = MqttSocket.Connect(target, "bench-ping");
        client.Subscribe($"b/line{PingPongLine}/temp", 1);
        var packets = Packets(PingPongLine, messages, quality: 1, 0);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < messages; i++)
        {
            client.Send(packets.AsSpan(i * BytesOfQuality1, BytesOfQuality1));
            var answer = client.ReceiveExactly(BytesOfQuality1 + AckBytes).AsSpan();
            var delivered = answer[0] == 0x40 ? answer[AckBytes..] : answer;
            client.Send([0x40, 2, delivered[IdentifierAt], delivered[IdentifierAt + 1]]);
        }
        return messages / clock.Elapsed.TotalSeconds;
    }

    private static void Publish(MqttSocket publisher, byte[] packets, int window)
    {
        var acks = new byte[window * AckBytes];
        var (sent, acknowledged) = (0, 0L);
        while (acknowledged < packets.Length / BytesOfQuality1 * (long)AckBytes)
        {
            var allowed = Math.Min(packets.Length - sent, (window - (sent / BytesOfQuality1 - (int)(acknowledged / AckBytes))) * BytesOfQuality1);
            publisher.Send(packets.AsSpan(sent, allowed));
            sent += allowed;
            var more = publisher.Receive(acks);
            if (more == 0)
                throw new InvalidOperationException($"Message {acknowledged / AckBytes:N0} was not acknowledged.");
            acknowledged += more;
        }
    }

    private static void Take(MqttSocket subscriber, long messages)
    {
        var buffer = new byte[BufferBytes];
        var acks = new byte[BufferBytes / BytesOfQuality1 * AckBytes + AckBytes];
        var kept = 0;
        for (var taken = 0L; taken < messages;)
        {
            var more = subscriber.Receive(buffer.AsSpan(kept));
            if (more == 0)
                throw new InvalidOperationException($"{taken:N0} of {messages:N0} messages came.");
            kept += more;
            var count = kept / BytesOfQuality1;
            for (var i = 0; i < count; i++)
            {
                var packet = buffer.AsSpan(i * BytesOfQuality1);
                (acks[i * AckBytes], acks[i * AckBytes + 1], acks[i * AckBytes + 2], acks[i * AckBytes + 3]) = (0x40, 2, packet[IdentifierAt], packet[IdentifierAt + 1]);
            }
            subscriber.Send(acks.AsSpan(0, count * AckBytes));
            buffer.AsSpan(count * BytesOfQuality1, kept - count * BytesOfQuality1).CopyTo(buffer);
            kept -= count * BytesOfQuality1;
            taken += count;
        }
    }

    /// <summary>PUBLISH packets in a row, all of one length: <c>b/line0/temp</c> with a time and a value of its own each.</summary>
    private static byte[] Packets(int line, int messages, byte quality, int firstMessage)
    {
        var size = quality == 0 ? BytesOfQuality0 : BytesOfQuality1;
        var packets = new byte[(long)messages * size];
        packets.AsSpan().Fill((byte)' ');
        for (var i = 0; i < messages; i++)
        {
            var packet = packets.AsSpan(i * size, size);
            (packet[0], packet[1], packet[2], packet[3]) = ((byte)(0x30 | quality << 1), (byte)(size - 2), 0, 12);
            "b/line0/temp"u8.CopyTo(packet[4..]);
            packet[10] = (byte)('0' + line);
            if (quality > 0)
                (packet[IdentifierAt], packet[IdentifierAt + 1]) = ((byte)((i % 65535 + 1) >> 8), (byte)(i % 65535 + 1));
            var payload = packet[(size - PayloadBytes)..];
            "{\"time\":"u8.CopyTo(payload);
            Utf8Formatter.TryFormat(G1.FirstMicros + (firstMessage + i) * 1000L, payload[8..], out var written);
            var value = 8 + written;
            ",\"value\":"u8.CopyTo(payload[value..]);
            Utf8Formatter.TryFormat(50 + i % 1000 * 0.001m, payload[(value + 9)..], out written);
            payload[value + 9 + written] = (byte)'}';
        }
        return packets;
    }

    private static Task OwnThread(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
