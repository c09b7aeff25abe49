using Dure.Bench.Historian.Mqtt;

namespace Dure.Bench.Historian.Peers;

/// <summary>What was measured of a broker, messages/s.</summary>
internal sealed record BrokerFigures(string Name)
{
    public required double FanIn { get; init; }
    public required long Lost { get; init; }

    /// <summary>QoS 1 to a QoS 1 subscriber.</summary>
    public required double Acknowledged { get; init; }

    public required double PingPong { get; init; }

    /// <summary>Messages that are samples in a store afterwards.</summary>
    public long Stored { get; init; }
}

/// <summary>mosquitto, in memory only: it acknowledges before anything is on disk.</summary>
internal static class MosquittoPeer
{
    public const string Name = "mosquitto 2.0";

    public static async Task<BrokerFigures> Measured(Scale scale, string folder)
    {
        var packages = await PeerPackages.Fetch("mosquitto", "usr/sbin/mosquitto", "mosquitto", "libmosquitto1", "libcjson1", "libdlt2", "libwrap0");
        var port = PeerProcess.FreePort();
        var config = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(config, $"""
            listener {port} 127.0.0.1
            allow_anonymous true
            persistence false
            set_tcp_nodelay true
            max_queued_messages 0
            max_inflight_messages 0
            log_type error
            user root
            """);
        using var server = await PeerProcess.Start(Name, packages, port, packages.Program("usr/sbin/mosquitto"), "-c", config);
        return await Task.Run(() => BrokerLoad.Measured(new MqttTarget(Name, port), scale, scale.SlowMessages, () => { }));
    }
}
