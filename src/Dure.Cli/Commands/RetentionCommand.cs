using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure retention</c>: how long samples are kept.</summary>
internal static class RetentionCommand
{
    public static Command Build(SharedOptions shared) => new("retention", "How long samples are kept. Without a rule, for ever.") { List(shared), Keep(shared), Apply(shared) };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List the rules; the longest path that a signal lies under decides.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/retention", cancel);
            return shared.Print(parsed, answer, () => Show(answer));
        });
        return command;
    }

    private static Command Keep(SharedOptions shared)
    {
        var path = new Argument<string>("path") { Description = "A signal, or the beginning of paths such as plant/line1; \"\" for all" };
        var days = new Option<double?>("--days") { Description = "Keep samples this many days; left out: for ever" };
        var command = new Command("keep", "Set how long samples under a path are kept.\n\nExample:\n  dure retention keep plant/line1 --days 365") { path, days };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Put("api/v1/retention", new JsonObject { ["path"] = parsed.GetValue(path), ["days"] = parsed.GetValue(days) }, cancel);
            return shared.Print(parsed, answer, () => Show(answer));
        });
        return command;
    }

    private static Command Apply(SharedOptions shared)
    {
        var command = new Command("apply", "Remove now what the rules no longer keep; it happens daily by itself. The journal says how much went.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post("api/v1/retention/apply", (JsonNode?)null, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Whole("removedSamples"):N0} samples removed."));
        });
        return command;
    }

    private static void Show(JsonNode answer)
    {
        foreach (var rule in answer["rules"]!.AsArray())
            Console.WriteLine($"{(rule.Text("path") is { Length: > 0 } path ? path : "(all)"),-50} {(rule!["days"] is { } days ? $"{days} days" : "for ever")}");
        if (answer["rules"]!.AsArray().Count == 0)
            Console.WriteLine("No rule: everything is kept.");
    }
}
