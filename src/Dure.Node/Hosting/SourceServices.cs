using Dure.Evidence;
using Dure.Historian;
using Dure.Historian.Files;
using Dure.Historian.Modbus;
using Dure.Historian.Sources;

namespace Dure.Node.Hosting;

/// <summary>The kinds of source this node can run, and what runs them.</summary>
internal static class SourceServices
{
    /// <summary>The name of the HTTP door in the list of sources.</summary>
    public const string Http = "http";

    private const string SecretsFile = "secrets/sources.json";

    public static void AddSources(this IServiceCollection services)
    {
        services.AddSingleton<ISourceKind, ModbusKind>().AddSingleton<ISourceKind, FolderKind>();
        services.AddSingleton(provider => SourceBook.Open(provider.GetRequiredService<Journal>(), Path.Combine(provider.GetRequiredService<NodeOptions>().DataPath, SecretsFile)));
        services.AddSingleton(provider =>
        {
            var runner = new SourceRunner(provider.GetRequiredService<PlantHistorian>(), provider.GetRequiredService<SourceBook>(), provider.GetServices<ISourceKind>(), provider.GetRequiredService<TimeProvider>());
            runner.DeskOf(Http, "Batches sent to this node over HTTP: JSON, InfluxDB line protocol, CSV, Parquet");
            return runner;
        });
    }
}
