using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure token</c>: who may call the node.</summary>
internal static class TokenCommand
{
    public static Command Build(SharedOptions shared) => new("token", "Make, list and revoke tokens for machines and people.") { Add(shared), List(shared), Revoke(shared) };

    private static Command Add(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "Who will hold it" };
        var permissions = new Option<string[]>("--permission") { Description = "read, ingest, curate, train, deploy, report, claim, experiment, approve, administer; repeat for more", AllowMultipleArgumentsPerToken = true };
        var role = new Option<string?>("--role") { Description = "Instead of permissions: viewer, engineer, steward, officer, administrator" };
        var command = new Command("add", "Make a token; it is shown this once.\n\nExamples:\n  dure token add gateway-1 --permission ingest\n  dure token add kim --role engineer") { name, permissions, role };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject
            {
                ["name"] = parsed.GetValue(name),
                ["permissions"] = new JsonArray([.. (parsed.GetValue(permissions) ?? []).Select(permission => JsonValue.Create(permission))]),
                ["role"] = parsed.GetValue(role),
            };
            var answer = await node.Post("api/v1/tokens", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(answer.Text("token")));
        });
        return command;
    }

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List tokens, without their secrets.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/tokens", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var token in answer["tokens"]!.AsArray())
                    Console.WriteLine($"{token.Text("id")}  {token.Text("name"),-24} {string.Join(",", token!["permissions"]!.AsArray().Select(permission => permission!.GetValue<string>()))}");
            });
        });
        return command;
    }

    private static Command Revoke(SharedOptions shared)
    {
        var id = new Argument<string>("id");
        var command = new Command("revoke", "End a token at once.\n\nExample:\n  dure token revoke 0a1b2c3d4e5f") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Delete($"api/v1/tokens/{parsed.GetValue(id)}", cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine("revoked"));
        });
        return command;
    }
}
