using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure gateway</c>: reads machines and forwards to a node, which may be away.</summary>
internal static class GatewayCommand
{
    public static Command Build(SharedOptions shared, IGatewayLauncher gateways)
    {
        var source = new Option<FileInfo>("--source") { Description = "File with the gateway's name and its sources", Required = true };
        var command = new Command("gateway", """
            Read machines beside them and forward to a node. What the node has not acknowledged waits in the --data folder, over losses of the
            node and restarts, and is sent once, in order.

            Examples:
              dure gateway --source press2.json --node http://127.0.0.1:5210 --token-file gw.token --data ./gateway
            """) { source };
        command.SetAction(async (parsed, cancel) =>
        {
            var file = parsed.GetValue(source)!;
            if (!file.Exists)
                throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", file.FullName, "Check the path.");
            var (node, token) = shared.NodeAndToken(parsed);
            var asJson = parsed.GetValue(shared.Json);
            var start = new GatewayStart(file.FullName, node, token, shared.DataFolder(parsed));
            Tell($"The gateway forwards to {node}; Ctrl+C stops it, and what waits stays in {start.DataPath}");
            try
            {
                await gateways.Run(start, Tell, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                Tell("The gateway stopped.");
            }
            return 0;

            void Tell(string line) => Console.WriteLine(asJson ? new JsonObject { ["event"] = line }.ToJsonString() : line);
        });
        return command;
    }
}
