using Dure.Mqtt.Server;
using Dure.Node.Access;
using Microsoft.AspNetCore.Connections;

namespace Dure.Node.Hosting;

/// <summary>The node's MQTT server, for whoever publishes through it; absent when MQTT is off.</summary>
public sealed class MqttDoor : IAsyncDisposable
{
    /// <summary>Set before the node listens.</summary>
    public MqttServer? Server { get; private set; }

    /// <summary>What the start has to tell.</summary>
    internal IReadOnlyList<string> Notes => Server?.Recovery is { Length: > 0 } recovery ? [recovery] : [];

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Opens the server with its sessions from the data folder. What clients publish goes to the host's <see cref="IMqttTap"/>, if it has one.</summary>
    internal async Task Open(NodeOptions options, TokenBook tokens, IServiceProvider services, TimeProvider time, CancellationToken cancel) =>
        Server = await MqttServer.Open(new MqttServerOptions { DataPath = Path.Combine(options.DataPath, "mqtt") }, new MqttTokenAccess(tokens),
            services.GetService<IMqttTap>(), time, services.GetRequiredService<ILoggerFactory>().CreateLogger<MqttServer>(), cancel);

    internal Task Serve(ConnectionContext connection) => Server!.OnConnectedAsync(connection);
}
