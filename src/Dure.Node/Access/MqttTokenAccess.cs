using System.Text;
using Dure.Mqtt.Server;

namespace Dure.Node.Access;

/// <summary>Lets those connect by MQTT who have a token: it is the password, the user name is free. Publishing needs the permission <c>ingest</c>, subscribing <c>read</c>.</summary>
internal sealed class MqttTokenAccess(TokenBook tokens) : IMqttAccess
{
    public ValueTask<IMqttPrincipal?> Authenticate(string clientId, string? userName, ReadOnlyMemory<byte>? password, CancellationToken cancel) =>
        ValueTask.FromResult<IMqttPrincipal?>(password is { Length: > 0 and < 200 } sent && tokens.Find(Encoding.UTF8.GetString(sent.Span)) is { } holder
            ? new Principal(tokens, holder) : null);

    private sealed class Principal(TokenBook tokens, TokenHolder holder) : IMqttPrincipal
    {
        private readonly bool mayIngest = holder.Permissions.Contains(Permission.Ingest);
        private readonly bool mayRead = holder.Permissions.Contains(Permission.Read);

        public string Name => holder.Name;

        public bool IsValid => tokens.Holds(holder.Id);

        public bool MayPublish(string topic) => mayIngest;

        public bool MayReceive(string filter) => mayRead;
    }
}
