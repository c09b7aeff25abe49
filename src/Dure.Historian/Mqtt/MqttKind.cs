using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Mqtt.Packets;

namespace Dure.Historian.Mqtt;

/// <summary>Reads an MQTT server that exists: a broker, with machines that publish JSON, numbers, Sparkplug B or OPC UA PubSub to it.</summary>
public sealed class MqttKind : ISourceKind
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private const int MostTopics = 500;

    public string Name => "mqtt";

    public string Title => "MQTT server of the plant: JSON, numbers, Sparkplug B, OPC UA PubSub, line protocol";

    public IReadOnlyList<SourceSetting> Settings { get; } =
    [
        new("url", "Address", SettingType.Text, "mqtt://host:1883, or mqtts://host:8883 for TLS.", IsRequired: true),
        new("user", "User", SettingType.Text, "The user name, where the server asks for one."),
        new("password", "Password", SettingType.Secret, "The password or token of the user."),
        new("topics", "Topics", SettingType.Lines, "A topic filter per line, such as plant/hall1/# or spBv1.0/#.", Default: "#"),
        new("templates", "Names", SettingType.Lines, "How topics become names, a template per line, such as umh/v1/{enterprise}/{site}/{area}/{line}/{machine}/_raw/{signal}; topics that fit none are named as they are."),
        new("version", "MQTT version", SettingType.Text, "3.1.1 or 5.0.", Default: "3.1.1"),
        new("clientId", "Client id", SettingType.Text, "The client's name at the server, for which it keeps messages; empty for one made of this computer's name."),
        new("sparkplugHostId", "Sparkplug host id", SettingType.Text, "The name under which this node says in spBv1.0/STATE whether it is online; empty says nothing."),
    ];

    public ISource Create(JsonObject settings, TimeProvider time)
    {
        var read = new SettingReader(this, settings);
        var url = read.Text("url");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("mqtt" or "mqtts" or "tcp") || address.Host.Length == 0 || address.PathAndQuery is not ("/" or "") || address.UserInfo.Length > 0)
            throw read.Bad("url", $"'{(url.Length <= 60 ? url : url[..60] + "…")}' is not an address of an MQTT server.", "Write mqtt://host:1883 or mqtts://host:8883; user and password have settings of their own.");
        var topics = read.Text("topics").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (topics.Length > MostTopics)
            throw read.Bad("topics", $"There are {topics.Length} filters; {MostTopics} are allowed.", "Use wildcards.");
        foreach (var topic in topics)
        {
            if (!TopicRules.IsFilter(System.Text.Encoding.UTF8.GetBytes(topic)))
                throw read.Bad("topics", $"'{topic}' is not a topic filter.", "'+' stands for one whole level, '#' for all further ones at the end.");
        }
        var hostId = read.Text("sparkplugHostId");
        if (hostId.AsSpan().ContainsAny('/', '+', '#') || hostId.Length > 100)
            throw read.Bad("sparkplugHostId", $"'{hostId}' cannot be a host id.", "Use a name without '/', '+' and '#', such as plant-historian.");
        var version = read.Text("version") switch { "3.1.1" => MqttVersion.V311, "5.0" or "5" => MqttVersion.V50, var other => throw read.Bad("version", $"'{other}' is not spoken here.", "Choose 3.1.1 or 5.0.") };
        var isSecure = address.Scheme == "mqtts";
        var port = address.Port > 0 ? address.Port : isSecure ? 8883 : 1883;
        var clientId = read.Text("clientId") is { Length: > 0 } chosen ? chosen : $"dure-{Environment.MachineName}-{Identity(url, topics)}";
        var templates = TopicTemplates.Parse(read.Text("templates"));
        // The jitter needs no secrecy, only that sources which lost the same server differ.
        var backoff = new Backoff(FirstWait, LongestWait, new Random(HashCode.Combine(url, time.GetTimestamp())));
        return new MqttSource(new MqttSettings(address.IdnHost, port, isSecure, version, clientId, Optional(read.Text("user")), Optional(read.Text("password")), topics, templates, Optional(hostId)), time, backoff);
    }

    private static string? Optional(string text) => text.Length > 0 ? text : null;

    /// <summary>Tells two sources on one computer apart, and stays the same over restarts.</summary>
    private static string Identity(string url, string[] topics) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{url}\n{string.Join('\n', topics)}")).AsSpan(0, 4));
}
