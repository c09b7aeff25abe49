namespace Dure.Mqtt.Server;

/// <summary>Decides who may connect; the host knows its users and tokens.</summary>
public interface IMqttAccess
{
    /// <summary>The principal behind what CONNECT carries, or null to refuse it.</summary>
    /// <param name="clientId">As the client sent it; may be empty.</param>
    /// <param name="userName">Absent when CONNECT has none.</param>
    /// <param name="password">Password or token bytes; absent when CONNECT has none. Not kept.</param>
    /// <param name="cancel">The connection ended.</param>
    ValueTask<IMqttPrincipal?> Authenticate(string clientId, string? userName, ReadOnlyMemory<byte>? password, CancellationToken cancel);
}

/// <summary>One who has connected, and what he may do. Asked once per topic and filter and connection; answers must be quick.</summary>
public interface IMqttPrincipal
{
    /// <summary>Sessions belong to this: unlike a name it is nobody else's, now or later.</summary>
    string Id { get; }

    /// <summary>Names who it is in logs and provenance.</summary>
    string Name { get; }

    /// <summary>Whether the connection may go on: false closes it at its next packet (a token was revoked).</summary>
    bool IsValid { get; }

    bool MayPublish(string topic);

    /// <summary>Whether the filter may be subscribed to (without its <c>$share/group/</c>).</summary>
    bool MayReceive(string filter);
}
