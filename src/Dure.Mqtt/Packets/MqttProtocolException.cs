namespace Dure.Mqtt.Packets;

/// <summary>The far side sent what MQTT does not allow. <see cref="Reason"/> goes into DISCONNECT or CONNACK; the message names the packet and the rule.</summary>
public sealed class MqttProtocolException(ReasonCode reason, string message) : Exception(message)
{
    public ReasonCode Reason { get; } = reason;

    internal static MqttProtocolException Malformed(string message) => new(ReasonCode.MalformedPacket, message);

    internal static MqttProtocolException Error(string message) => new(ReasonCode.ProtocolError, message);
}
