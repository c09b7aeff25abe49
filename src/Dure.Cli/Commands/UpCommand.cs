using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure up</c>: runs a node until it is told to stop.</summary>
internal static class UpCommand
{
    public static Command Build(SharedOptions shared, INodeLauncher launcher)
    {
        var url = new Option<string?>("--url") { Description = "Where to listen (default http://127.0.0.1:5210; port 0 takes a free one)" };
        var publicUrl = new Option<string?>("--public-url") { Description = "The address other organisations reach this node by, such as https://plant.example (default: where it listens)" };
        var script = new Option<FileInfo?>("--exchange-test") { Description = "Conduct exchanges by a compatibility kit's script: no identities, no policies. For tests of conformance only" };
        var command = new Command("up", """
            Start a node and keep it running. The first start makes its keys and an administrator.

            Examples:
              dure up
              dure up --data ./plant --url http://127.0.0.1:6000
              dure up --public-url https://plant.example     with a reverse proxy that forwards to the node
            """) { url, publicUrl, script };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var node = await launcher.Start(new NodeSettings(shared.DataFolder(parsed), parsed.GetValue(url), parsed.GetValue(publicUrl), parsed.GetValue(script)?.FullName), cancel);
            var answer = new JsonObject { ["address"] = node.Address.ToString(), ["mqtt"] = new JsonArray([.. node.MqttAddresses.Select(address => JsonValue.Create(address.ToString()))]), ["signIn"] = node.SignInLink.ToString(), ["notes"] = new JsonArray([.. node.StartNotes.Select(note => JsonValue.Create(note))]) };
            shared.Print(parsed, answer, () =>
            {
                foreach (var note in node.StartNotes)
                    Console.WriteLine($"  {note}");
                Console.WriteLine($"The node runs at {node.Address}");
                foreach (var mqtt in node.MqttAddresses)
                    Console.WriteLine($"Machines publish to {mqtt} (password: a token with the permission 'ingest')");
                Console.WriteLine($"Open {node.SignInLink} (signed in; good until the node stops)");
                Console.WriteLine("Ctrl+C stops it.");
            });
            await node.UntilStopped(cancel);
            return 0;
        });
        return command;
    }
}
