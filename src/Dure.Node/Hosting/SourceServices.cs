using Dure.Evidence;
using Dure.Historian;
using Dure.Historian.Files;
using Dure.Historian.Modbus;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;

namespace Dure.Node.Hosting;

/// <summary>The kinds of source this node can run, and what runs them.</summary>
internal static class SourceServices
{
    /// <summary>The name of the HTTP door in the list of sources.</summary>
    public const string Http = "http";

    /// <summary>The name of the node's own MQTT server in the list of sources; its readers of other servers have names of their own.</summary>
    public const string Mqtt = "mqtt";

    private const string SecretsFile = "secrets/sources.json";

    public static void AddSources(this IServiceCollection services)
    {
        services.AddSingleton<ISourceKind, ModbusKind>().AddSingleton<ISourceKind>(provider => new FolderKind(provider.GetRequiredService<NodeOptions>().DataPath)).AddSingleton<ISourceKind, MqttKind>();
        services.AddSingleton(provider => SourceBook.Open(provider.GetRequiredService<Journal>(), Path.Combine(provider.GetRequiredService<NodeOptions>().DataPath, SecretsFile)));
        services.AddSingleton(provider =>
        {
            var runner = new SourceRunner(provider.GetRequiredService<PlantHistorian>(), provider.GetRequiredService<SourceBook>(), provider.GetServices<ISourceKind>(), provider.GetRequiredService<TimeProvider>());
            runner.DeskOf(Http, "Batches sent to this node over HTTP: JSON, InfluxDB line protocol, CSV, Parquet");
            return runner;
        });
        services.AddSingleton(provider => new MqttIntake(
            provider.GetRequiredService<SourceRunner>().DeskOf(Mqtt, "Messages published to this node's MQTT server: JSON, numbers, Sparkplug B, OPC UA PubSub, line protocol"),
            TopicTemplates.None, new SparkplugOptions(), provider.GetRequiredService<TimeProvider>()));
    }
}
