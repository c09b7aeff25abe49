using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Dure.Bench.Historian.Peers;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>A node's MQTT server under the same load as its peer.</summary>
internal static class DureBroker
{
    private const int Faster = 5; // as many more messages, so that a run is long enough to time

    public static async Task<BrokerFigures> Measured(Scale scale, string folder)
    {
        using var node = await BenchNode.Start(folder);
        var target = new MqttTarget("Dure", node.MqttPort, "bench", node.Token);
        var before = 0L;
        var figures = await Task.Run(() =>
        {
            MqttLoad.FanIn(target, scale.SlowMessages, int.MaxValue / 2); // a node has been running for long; its code is compiled
            return BrokerLoad.Measured(target, scale, scale.SlowMessages * Faster, () =>
            {
                Accept(node).GetAwaiter().GetResult();
                before = Samples(node).GetAwaiter().GetResult();
            });
        });
        return figures with { Stored = await Samples(node) - before };
    }

    /// <summary>Lets the node keep what came so far as signals, from now on: until then messages are passed on and not stored.</summary>
    private static async Task Accept(BenchNode node)
    {
        var sources = (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/sources"))!["sources"]!.AsArray();
        foreach (var source in sources.Where(source => source!["items"]!["waiting"]!.GetValue<long>() > 0))
        {
            using var answer = await node.Client.PostAsJsonAsync($"api/v1/sources/{Uri.EscapeDataString(source!["name"]!.GetValue<string>())}/accept", new JsonObject { ["all"] = true, ["unit"] = "Cel" });
            answer.EnsureSuccessStatusCode();
        }
    }

    private static async Task<long> Samples(BenchNode node) => (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/overview"))!["samples"]!.GetValue<long>();

    /// <summary>What an idle client over TLS costs, KiB.</summary>
    public static async Task<double> IdleKibibytes(Scale scale, string folder)
    {
        var (port, certificate) = (PeerProcess.FreePort(), Path.Combine(folder, "mqtt.pfx"));
        await File.WriteAllBytesAsync(certificate, SelfSigned());
        using var node = await BenchNode.Start(folder, ("DURE_NODE__MQTTTLSPORT", $"{port}"), ("DURE_NODE__MQTTCERTIFICATEFILE", certificate));
        return await IdleClients.KibibytesEach(new MqttTarget("Dure", port, "bench", node.Token), scale.IdleClients, () => node.ResidentKibibytes);
    }

    private static byte[] SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return certificate.Export(X509ContentType.Pkcs12);
    }
}
