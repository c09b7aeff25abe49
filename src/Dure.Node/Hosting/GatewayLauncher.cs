using Dure.Cli;
using Dure.Historian.Files;
using Dure.Historian.Forwarding;
using Dure.Historian.Modbus;
using Dure.Historian.Sources;

namespace Dure.Node.Hosting;

/// <summary>Runs gateways for the command line, with the kinds of source that make sense beside a machine.</summary>
internal sealed class GatewayLauncher : IGatewayLauncher
{
    public async Task Run(GatewayStart start, Action<string> tell, CancellationToken cancel)
    {
        ISourceKind[] kinds = [new ModbusKind(), new FolderKind(start.DataPath)];
        var settings = GatewaySettings.Parse(await File.ReadAllBytesAsync(start.SettingsFile, cancel), Path.GetFileName(start.SettingsFile), kinds);
        await new Gateway(settings, new GatewayPlace(start.Node, start.Token, start.DataPath), TimeProvider.System).Run(tell, cancel);
    }
}
