using Dure.Cli;
using Dure.Kernel;
using Microsoft.Extensions.Configuration;

namespace Dure.Node.Hosting;

/// <summary>Starts nodes for the command line, with settings from <c>dure.json</c> in the data folder, the environment and the flags, the later winning.</summary>
internal sealed class NodeLauncher : INodeLauncher
{
    public async Task<IRunningNode> Start(NodeSettings settings, CancellationToken cancel)
    {
        var options = new NodeOptions();
        try
        {
            new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(Path.GetFullPath(settings.DataPath), "dure.json"), optional: true)
                .AddEnvironmentVariables("DURE_")
                .Build().GetSection(NodeOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException)
        {
            throw new ProblemException("urn:dure:node:bad-setting", (broken.InnerException ?? broken).Message, "dure.json or DURE_NODE__…", "Mend or remove the setting; the names are DataPath, Url, MaxBatchBytes, Organisation, MqttPort, MqttTlsPort, MqttCertificateFile, MqttCertificatePassword, ExchangeScriptFile, PublicUrl, ExchangeHosts, TrustedAlliances, AsksForCredentials in the section Node.", broken);
        }
        options.DataPath = settings.DataPath;
        options.Url = settings.Url ?? options.Url;
        options.PublicUrl = settings.PublicUrl ?? options.PublicUrl;
        options.ExchangeScriptFile = settings.ExchangeScript ?? options.ExchangeScriptFile;
        return await NodeHost.Start(options, TimeProvider.System, cancel);
    }
}
