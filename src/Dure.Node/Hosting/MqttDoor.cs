using Dure.Historian.Mqtt;
using Dure.Mqtt.Server;
using Dure.Node.Access;
using Microsoft.AspNetCore.Connections;

namespace Dure.Node.Hosting;

/// <summary>The node's MQTT server, for whoever publishes through it; absent when MQTT is off.</summary>
public sealed class MqttDoor : IAsyncDisposable
{
    private MqttIntake? intake;

    /// <summary>Set before the node listens.</summary>
    public MqttServer? Server { get; private set; }

    /// <summary>What the start has to tell.</summary>
    internal IReadOnlyList<string> Notes => Server?.Recovery is { Length: > 0 } recovery ? [recovery] : [];

    /// <summary>Says to Sparkplug's edge nodes that the host application leaves, then to all clients that the server does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (intake is not null)
            await intake.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
    }

    /// <summary>Opens the server with its sessions from the data folder. What clients publish goes to the historian by way of <see cref="MqttIntake"/>.</summary>
    internal async Task Open(NodeOptions options, TokenBook tokens, IServiceProvider services, TimeProvider time, CancellationToken cancel)
    {
        intake = services.GetRequiredService<MqttIntake>();
        Server = await MqttServer.Open(new MqttServerOptions { DataPath = Path.Combine(options.DataPath, "mqtt") }, new MqttTokenAccess(tokens, intake.HostId),
            intake, time, services.GetRequiredService<ILoggerFactory>().CreateLogger<MqttServer>(), cancel);
        await intake.Attach(Server, cancel);
    }

    internal Task Serve(ConnectionContext connection) => Server!.OnConnectedAsync(connection);
}
