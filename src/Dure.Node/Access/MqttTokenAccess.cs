using System.Text;
using Dure.Historian.Sparkplug;
using Dure.Mqtt.Server;

namespace Dure.Node.Access;

/// <summary>
/// Lets those connect by MQTT who have a token: it is the password, the user name is free. Publishing needs the permission <c>ingest</c>,
/// subscribing <c>read</c>; commands to Sparkplug's edge nodes, and speaking for this node as their host, need <c>administer</c>.
/// </summary>
internal sealed class MqttTokenAccess(TokenBook tokens, string hostId) : IMqttAccess
{
    public ValueTask<IMqttPrincipal?> Authenticate(string clientId, string? userName, ReadOnlyMemory<byte>? password, CancellationToken cancel) =>
        ValueTask.FromResult<IMqttPrincipal?>(password is { Length: > 0 and < 200 } sent && tokens.Find(Encoding.UTF8.GetString(sent.Span)) is { } holder
            ? new Principal(tokens, holder, hostId) : null);

    private sealed class Principal(TokenBook tokens, TokenHolder holder, string hostId) : IMqttPrincipal
    {
        private readonly bool mayIngest = holder.Permissions.Contains(Permission.Ingest);
        private readonly bool mayCommand = holder.Permissions.Contains(Permission.Administer);
        private readonly bool mayRead = holder.Permissions.Contains(Permission.Read);

        public string Id => holder.Id;

        public string Name => holder.Name;

        public bool IsValid => tokens.Holds(holder.Id);

        public bool MayPublish(string topic) => SparkplugHost.IsCommand(topic, hostId) ? mayCommand : mayIngest;

        public bool MayReceive(string filter) => mayRead;
    }
}
