namespace Dure.Mqtt.Packets;

/// <summary>What the server is to publish when the client goes without DISCONNECT.</summary>
public sealed record MqttWill(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, bool Retain, MqttProperties Properties);

/// <summary>CONNECT: the first packet a client sends.</summary>
public sealed record ConnectPacket
{
    private const int CleanFlag = 2, WillFlag = 4, WillRetainFlag = 32, PasswordFlag = 64, UserNameFlag = 128;

    public required MqttVersion Version { get; init; }

    /// <summary>Empty: the server chooses.</summary>
    public required string ClientId { get; init; }

    /// <summary>3.1.1: no session is kept at all. 5.0: none is resumed; how long this one is kept stands in the properties.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Zero: never.</summary>
    public ushort KeepAliveSeconds { get; init; }
    public MqttWill? Will { get; init; }
    public string? UserName { get; init; }
    public ReadOnlyMemory<byte>? Password { get; init; }
    public MqttProperties Properties { get; init; } = new();

    /// <summary>Reads the body of a CONNECT of either version.</summary>
    /// <exception cref="MqttProtocolException">The packet breaks a rule of MQTT; <see cref="ReasonCode.UnsupportedProtocolVersion"/> for another protocol level.</exception>
    public static ConnectPacket Read(ReadOnlySpan<byte> body)
    {
        var reader = new MqttReader(body);
        var name = reader.ReadText();
        var level = reader.ReadByte();
        if (!name.SequenceEqual("MQTT"u8) || level is not ((byte)MqttVersion.V311 or (byte)MqttVersion.V50))
            throw new MqttProtocolException(ReasonCode.UnsupportedProtocolVersion, $"Protocol level {level} is not spoken here; use MQTT 3.1.1 or 5.0.");
        var version = (MqttVersion)level;
        var flags = CheckFlags(reader.ReadByte(), version);
        var keepAlive = reader.ReadUInt16();
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, PropertyPlace.Connect) : new MqttProperties();
        var clientId = reader.ReadString();
        var will = (flags & WillFlag) != 0 ? ReadWill(ref reader, flags, version) : null;
        var userName = (flags & UserNameFlag) != 0 ? reader.ReadString() : null;
        // Spelt out, since a null array would become an empty password.
        var password = (flags & PasswordFlag) != 0 ? reader.ReadBinary().ToArray() : (ReadOnlyMemory<byte>?)null;
        reader.ExpectEnd(PacketType.Connect);
        return new ConnectPacket
        {
            Version = version,
            ClientId = clientId,
            CleanStart = (flags & CleanFlag) != 0,
            KeepAliveSeconds = keepAlive,
            Will = will,
            UserName = userName,
            Password = password,
            Properties = properties,
        };
    }

    public void Write(PacketBuffer into)
    {
        var mark = into.Begin(PacketType.Connect);
        into.WriteBinary("MQTT"u8);
        into.WriteByte((byte)Version);
        into.WriteByte(Flags());
        into.WriteUInt16(KeepAliveSeconds);
        if (Version == MqttVersion.V50)
            Properties.Write(into);
        into.WriteString(ClientId);
        if (Will is { } will)
        {
            if (Version == MqttVersion.V50)
                will.Properties.Write(into);
            into.WriteString(will.Topic);
            into.WriteBinary(will.Payload.Span);
        }
        if (UserName is { } userName)
            into.WriteString(userName);
        if (Password is { } password)
            into.WriteBinary(password.Span);
        into.End(mark);
    }

    private byte Flags() => (byte)((CleanStart ? CleanFlag : 0) | (UserName is null ? 0 : UserNameFlag) | (Password is null ? 0 : PasswordFlag)
        | (Will is { } will ? WillFlag | ((int)will.Qos << 3) | (will.Retain ? WillRetainFlag : 0) : 0));

    private static byte CheckFlags(byte flags, MqttVersion version)
    {
        var willQos = (flags >> 3) & 3;
        if ((flags & 1) != 0)
            throw MqttProtocolException.Malformed("CONNECT sets the reserved flag.");
        if (willQos == 3 || (flags & WillFlag) == 0 && (willQos != 0 || (flags & WillRetainFlag) != 0))
            throw MqttProtocolException.Malformed("CONNECT's will flags contradict one another.");
        if (version == MqttVersion.V311 && (flags & PasswordFlag) != 0 && (flags & UserNameFlag) == 0)
            throw MqttProtocolException.Malformed("CONNECT has a password without a user name, which 3.1.1 does not allow.");
        return flags;
    }

    private static MqttWill ReadWill(ref MqttReader reader, byte flags, MqttVersion version)
    {
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, PropertyPlace.Will) : new MqttProperties();
        var topic = reader.ReadText();
        if (!TopicRules.IsName(topic))
            throw new MqttProtocolException(ReasonCode.TopicNameInvalid, "CONNECT's will needs a topic name without wildcards.");
        var text = System.Text.Encoding.UTF8.GetString(topic);
        return new MqttWill(text, reader.ReadBinary().ToArray(), (QualityOfService)((flags >> 3) & 3), (flags & WillRetainFlag) != 0, properties);
    }
}

/// <summary>CONNACK: the server's answer to CONNECT. In 3.1.1 <see cref="Reason"/> is mapped to the six return codes.</summary>
public sealed record ConnackPacket(bool SessionPresent, ReasonCode Reason, MqttProperties Properties)
{
    public static ConnackPacket Read(ReadOnlySpan<byte> body, MqttVersion version)
    {
        var reader = new MqttReader(body);
        var isPresent = reader.ReadFlag();
        var code = reader.ReadByte();
        if (isPresent && code != 0)
            throw MqttProtocolException.Error("CONNACK refuses and says that a session is present.");
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, PropertyPlace.Connack) : new MqttProperties();
        reader.ExpectEnd(PacketType.Connack);
        return new ConnackPacket(isPresent, version == MqttVersion.V50 ? (ReasonCode)code : FromReturnCode(code), properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        var mark = into.Begin(PacketType.Connack);
        into.WriteByte(SessionPresent ? (byte)1 : (byte)0);
        into.WriteByte(version == MqttVersion.V50 ? (byte)Reason : ToReturnCode(Reason));
        if (version == MqttVersion.V50)
            Properties.Write(into);
        into.End(mark);
    }

    private static byte ToReturnCode(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned => 5,
        _ => 3,
    };

    private static ReasonCode FromReturnCode(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => throw MqttProtocolException.Malformed($"CONNACK has the return code {code}; 0 to 5 exist."),
    };
}
