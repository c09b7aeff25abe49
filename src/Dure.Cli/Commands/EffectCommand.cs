using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure effect</c>: what was claimed, with intervals, and the evidence to take along.</summary>
internal static class EffectCommand
{
    public static Command Build(SharedOptions shared) => new("effect", """
        Effects that were measured by a plan, each with its interval, verdict and evidence.

        Examples:
          dure effect list
          dure effect show CLAIM
          dure effect bundle CLAIM --out claim.json && dure verify claim.json
        """)
    {
        List(shared), Show(shared), Bundle(shared),
    };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List the claims of this node, the oldest first.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/claims", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var claim in answer["claims"]!.AsArray())
                    Console.WriteLine($"{claim.Text("claim")}  {claim.Text("verdict"),-18} {claim.Text("title")}\n  {claim.Text("headline")}");
                if (answer["claims"]!.AsArray().Count == 0)
                    Console.WriteLine("No effect has been claimed. One way to see one: dure plant trial crude-unit");
            });
        });
        return command;
    }

    private static Command Show(SharedOptions shared)
    {
        var claim = ClaimArgument();
        var command = new Command("show", "Show all figures of a claim with their intervals, also those that got worse.") { claim };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"api/v1/claims/{Uri.EscapeDataString(parsed.GetValue(claim)!)}", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var line in answer["lines"]!.AsArray())
                    Console.WriteLine(line!.GetValue<string>());
                Console.WriteLine($"  in the journal as entry {answer.Whole("entry")}; its evidence: dure effect bundle {answer.Text("claim")}");
            });
        });
        return command;
    }

    private static Command Bundle(SharedOptions shared)
    {
        var claim = ClaimArgument();
        var file = new Option<FileInfo?>("--out") { Description = "The file to write (CLAIM.claim.json)" };
        var command = new Command("bundle", "Write a claim with all its evidence into one file, which 'dure verify' checks without a node.") { claim, file };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var id = parsed.GetValue(claim)!;
            var path = parsed.GetValue(file)?.FullName ?? Path.GetFullPath($"{id}.claim.json");
            await node.Download($"api/v1/claims/{Uri.EscapeDataString(id)}/bundle", path, cancel);
            return shared.Print(parsed, new JsonObject { ["file"] = path }, () => Console.WriteLine($"{path} is written; check it with: dure verify {Path.GetFileName(path)}"));
        });
        return command;
    }

    private static Argument<string> ClaimArgument() => new("claim") { Description = "The claim's id, as 'dure effect list' shows it" };
}
