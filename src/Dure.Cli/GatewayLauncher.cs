namespace Dure.Cli;

/// <summary>What a gateway is to run.</summary>
/// <param name="SettingsFile">The file that names its sources.</param>
/// <param name="DataPath">The folder for what waits to be sent.</param>
public sealed record GatewayStart(string SettingsFile, Uri Node, string Token, string DataPath);

/// <summary>Runs gateways in this process. The node's host supplies it, so that the command line does not refer to the sources.</summary>
public interface IGatewayLauncher
{
    /// <summary>Runs until cancelled.</summary>
    /// <param name="tell">Told what happens, a line each; may be called from any thread.</param>
    Task Run(GatewayStart start, Action<string> tell, CancellationToken cancel);
}
