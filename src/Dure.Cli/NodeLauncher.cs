namespace Dure.Cli;

/// <summary>How a node is to be started in this process.</summary>
/// <param name="DataPath">The folder that holds everything the node keeps.</param>
/// <param name="Url">Where it listens; null takes the configured or default address.</param>
/// <param name="PublicUrl">The address other organisations reach it by; null takes the configured one, or where it listens.</param>
/// <param name="ExchangeScript">A compatibility kit's script that conducts exchanges instead of policies; null but in tests of conformance.</param>
public sealed record NodeSettings(string DataPath, string? Url, string? PublicUrl = null, string? ExchangeScript = null);

/// <summary>Starts nodes. The node's host supplies it, so that the command line does not refer to the host.</summary>
public interface INodeLauncher
{
    Task<IRunningNode> Start(NodeSettings settings, CancellationToken cancel);
}

/// <summary>A node that listens. Disposing it stops it gracefully.</summary>
public interface IRunningNode : IAsyncDisposable
{
    Uri Address { get; }

    /// <summary>Where machines publish by MQTT, such as <c>mqtt://127.0.0.1:1883</c>; empty when MQTT is off.</summary>
    IReadOnlyList<Uri> MqttAddresses { get; }

    /// <summary>Opens the pages, signed in; good until the node stops.</summary>
    Uri SignInLink { get; }

    /// <summary>The administrator's token.</summary>
    string AdministratorToken { get; }

    /// <summary>What the start found and mended, a sentence each.</summary>
    IReadOnlyList<string> StartNotes { get; }

    /// <summary>Completes when the node has been told to stop.</summary>
    Task UntilStopped(CancellationToken cancel);
}
