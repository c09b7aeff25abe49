using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Dure.HostTests.Interop;
using Xunit;

namespace Dure.HostTests.Mqtt;

/// <summary>Clients that are not ours against a node: mosquitto's and npm's.</summary>
public sealed class MqttClientsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-mqtt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_client_of_npm_publishes_subscribes_leaves_a_will_and_resumes(int version)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        var argument = new JsonObject { ["url"] = (await Address(node)).ToString(), ["password"] = node.Token, ["version"] = version };
        var lines = (await ClientScript.Run("mqtt-session.mjs", argument.ToJsonString(), [], cancel)).Select(line => JsonNode.Parse(line)!).ToList();

        Assert.Equal(version == 5 ? 134 : 4, lines[0]["refused"]!.GetValue<int>());
        Assert.Equal(["qos 0", "qos 1", "qos 2"], lines[1..4].Select(line => line["payload"]!.GetValue<string>()));
        Assert.Equal([0, 1, 2], lines[1..4].Select(line => line["qos"]!.GetValue<int>()));
        Assert.All(lines[1..4], line => Assert.Equal(version == 5 ? "text/plain" : null, line["type"]?.GetValue<string>()));
        Assert.Contains(lines, line => line["retained"]?.GetValue<string>() == "qos 2" && line["retain"]!.GetValue<bool>());
        Assert.Contains(lines, line => line["will"]?.GetValue<string>() == "gone");
        Assert.Contains(lines, line => line["resumed"]?.GetValue<bool>() == true);
        Assert.Contains(lines, line => line["kept"]?.GetValue<string>() == "while away");
    }

    [Theory]
    [InlineData("4")]
    [InlineData("5")]
    public async Task Node_RED_publishes_and_subscribes(string version)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        var address = await Address(node);
        var argument = new JsonObject { ["host"] = address.Host, ["port"] = address.Port, ["password"] = node.Token, ["version"] = version, ["readings"] = new JsonArray(21.5, 22, 23.25) };
        var lines = (await ClientScript.Run("node-red/session.cjs", argument.ToJsonString(), [], cancel)).Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal([21.5, 22, 23.25], lines.Select(line => double.Parse(line["payload"]!.ToString(), CultureInfo.InvariantCulture)));
        Assert.All(lines, line => Assert.Equal(("red/press/temperature", 1), (line["topic"]!.GetValue<string>(), line["qos"]!.GetValue<int>())));

        var items = await node.Client.GetStringAsync("api/v1/sources/mqtt/items", cancel);
        Assert.Contains("red/press/temperature", items, StringComparison.Ordinal);
        Assert.Contains("23.25", items, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task The_clients_of_mosquitto_exchange_messages_of_each_qos(string version)
    {
        var cancel = TestContext.Current.CancellationToken;
        SkipWithoutMosquitto();
        await using var node = await NodeProcess.Start(folder, cancel);
        var address = await Address(node);
        for (var qos = 0; qos <= 2; qos++)
        {
            var topic = $"plant/{version}/{qos}";
            // Retained, so that it does not matter who is first.
            var sent = await Mosquitto("mosquitto_pub", address, node.Token, "-V", version, "-q", $"{qos}", "-t", topic, "-m", $"hello {qos}", "-r");
            Assert.Equal((0, ""), sent);
            Assert.Equal((0, $"hello {qos}\n"), await Mosquitto("mosquitto_sub", address, node.Token, "-V", version, "-q", $"{qos}", "-t", $"plant/+/{qos}", "-C", "1", "-W", "30"));
        }
    }

    [Fact]
    public async Task A_client_without_a_token_or_without_the_permission_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        SkipWithoutMosquitto();
        await using var node = await NodeProcess.Start(folder, cancel);
        var address = await Address(node);
        Assert.NotEqual(0, (await Mosquitto("mosquitto_pub", address, null, "-t", "a", "-m", "b")).Code);
        Assert.NotEqual(0, (await Mosquitto("mosquitto_pub", address, "dure_000000_wrong", "-t", "a", "-m", "b")).Code);
        var reader = await Token(node, "read", cancel);
        Assert.NotEqual(0, (await Mosquitto("mosquitto_pub", address, reader, "-V", "mqttv311", "-q", "1", "-t", "a", "-m", "b")).Code);
        var writer = await Token(node, "ingest", cancel);
        Assert.Equal(0, (await Mosquitto("mosquitto_pub", address, writer, "-q", "1", "-t", "a", "-m", "b")).Code);
        Assert.Contains("denied", (await Mosquitto("mosquitto_sub", address, writer, "-t", "a", "-C", "1", "-W", "30")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_go_over_TLS_with_the_nodes_certificate()
    {
        var cancel = TestContext.Current.CancellationToken;
        SkipWithoutMosquitto();
        var certificate = await Certificate(cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "dure.json"), new JsonObject { ["Node"] = new JsonObject { ["MqttTlsPort"] = 0, ["MqttCertificateFile"] = certificate } }.ToJsonString(), cancel);
        await using var node = await NodeProcess.Start(folder, cancel);
        var begun = Stopwatch.StartNew();
        while (!node.Output.Contains("mqtts://", StringComparison.Ordinal) && begun.Elapsed < Patience)
            await Task.Delay(20, cancel);
        var port = node.Output.Split("mqtts://127.0.0.1:")[1].Split('/')[0];
        var address = new Uri($"mqtts://localhost:{port}");
        Assert.Equal((0, ""), await Mosquitto("mosquitto_pub", address, node.Token, "--cafile", certificate, "-q", "1", "-t", "a", "-m", "secret", "-r"));
        Assert.Equal((0, "secret\n"), await Mosquitto("mosquitto_sub", address, node.Token, "--cafile", certificate, "-t", "a", "-C", "1", "-W", "30"));
    }

    [Fact]
    public async Task Acknowledged_messages_of_a_durable_session_survive_kill_9()
    {
        var cancel = TestContext.Current.CancellationToken;
        SkipWithoutMosquitto();
        string[] session = ["-i", "recorder", "-c", "-q", "1", "-t", "line/#"];
        await using (var node = await NodeProcess.Start(folder, cancel))
        {
            var address = await Address(node);
            Assert.Equal(0, (await Mosquitto("mosquitto_sub", address, node.Token, [.. session, "-E"])).Code);
            for (var i = 0; i < 5; i++)
                Assert.Equal(0, (await Mosquitto("mosquitto_pub", address, node.Token, "-q", "1", "-t", "line/a", "-m", $"{i}")).Code);
            await node.Kill();
        }
        await using var again = await NodeProcess.Start(folder, cancel);
        var received = await Mosquitto("mosquitto_sub", await Address(again), again.Token, [.. session, "-C", "5", "-W", "30"]);
        Assert.Equal((0, "0\n1\n2\n3\n4\n"), received);
    }

    private static async Task<Uri> Address(NodeProcess node) =>
        new(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.json")))!["mqtt"]!.GetValue<string>());

    private static async Task<string> Token(NodeProcess node, string permission, CancellationToken cancel)
    {
        using var answer = await node.Client.PostAsJsonAsync("api/v1/tokens", new { name = permission, permissions = new[] { permission } }, cancel);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel))!["token"]!.GetValue<string>();
    }

    private async Task<string> Certificate(CancellationToken cancel)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var file = Path.Combine(folder, "certificate.pem");
        await File.WriteAllTextAsync(file, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), cancel);
        return file;
    }

    private static void SkipWithoutMosquitto() =>
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(at => File.Exists(Path.Combine(at, "mosquitto_sub"))), "install Debian's mosquitto-clients");

    private static async Task<(int Code, string Output)> Mosquitto(string program, Uri address, string? token, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-h", address.Host, "-p", $"{address.Port}", .. token is null ? [] : new[] { "-u", "anyone", "-P", token }, .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output + await errors);
    }
}
