using System.Buffers.Binary;
using System.Text;
using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Client;

/// <summary>Messages that are larger than the client takes: a 3.1.1 server cannot be told, and would send one again first of all after each reconnect.</summary>
public sealed partial class MqttClient
{
    // Only PUBLISH is passed over; any other packet so large ends the connection.
    private int MaxSize(int at) => filled > at && (PacketType)(buffer[at] >> 4) == PacketType.Publish ? int.MaxValue : options.MaxPacketBytes;

    /// <summary>Reads past a PUBLISH at the buffer's start, hands on that there was one, and acknowledges it.</summary>
    private async Task Skip(FixedHeader header)
    {
        var (qos, isRetained) = ((QualityOfService)((header.Flags >> 1) & 3), (header.Flags & 1) != 0);
        await FillTo(header.Length + sizeof(ushort));
        int topicLength = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(header.Length));
        var start = header.Length + sizeof(ushort) + topicLength + (qos == QualityOfService.AtMostOnce ? 0 : sizeof(ushort));
        if (qos > QualityOfService.ExactlyOnce || start > header.PacketSize)
            throw MqttProtocolException.Malformed("PUBLISH is shorter than its topic, or has no QoS.");
        await FillTo(start);
        var topic = Encoding.UTF8.GetString(buffer, header.Length + sizeof(ushort), topicLength);
        var packetId = qos == QualityOfService.AtMostOnce ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(start - sizeof(ushort)));
        for (var left = header.PacketSize; ;)
        {
            var part = Math.Min(filled, left);
            Consume(part);
            if ((left -= part) == 0)
                break;
            await Fill(ending.Token);
        }
        if (qos != QualityOfService.ExactlyOnce || heldQos2.Add(packetId))
            await handle([new ReceivedMessage(topic, default, qos, isRetained, header.PacketSize)], ending.Token);
        if (qos != QualityOfService.AtMostOnce)
            await Send(into => AckPacket.Write(into, options.Version, qos == QualityOfService.AtLeastOnce ? PacketType.Puback : PacketType.Pubrec, packetId), ending.Token);
    }

    private async Task FillTo(int count)
    {
        while (filled < count)
            await Fill(ending.Token);
    }
}
