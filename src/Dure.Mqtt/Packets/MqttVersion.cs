namespace Dure.Mqtt.Packets;

/// <summary>The protocol level in CONNECT.</summary>
public enum MqttVersion : byte
{
    V311 = 4,
    V50 = 5,
}

/// <summary>The control packet's type, the high half of its first byte (MQTT 5.0, 2.1.2).</summary>
public enum PacketType : byte
{
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
    Auth = 15,
}
