using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Client;

/// <summary>Where a client connects and as whom.</summary>
public sealed record MqttClientOptions
{
    public required string Host { get; init; }
    public int Port { get; init; } = 1883;

    /// <summary>Encrypts the connection and checks the server's certificate against the machine's trust.</summary>
    public bool UseTls { get; init; }

    public MqttVersion Version { get; init; } = MqttVersion.V311;

    /// <summary>Keeps the session on the server between connections; it must stay the same then.</summary>
    public required string ClientId { get; init; }

    /// <summary>False: the server keeps what comes while this client is away.</summary>
    public bool CleanStart { get; init; }

    public string? UserName { get; init; }
    public string? Password { get; init; }
    public MqttWill? Will { get; init; }
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connecting and each answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest packet taken, in bytes; a message that is larger is passed over, acknowledged and handed on without its payload.</summary>
    public int MaxPacketBytes { get; init; } = 4 * 1024 * 1024;
}

/// <summary>A message from the server. The payload is valid until the handler returns.</summary>
/// <param name="SkippedBytes">The packet's size when it was larger than <see cref="MqttClientOptions.MaxPacketBytes"/>: then the payload is missing.</param>
public readonly record struct ReceivedMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, bool Retain, int SkippedBytes = 0);
