using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure sources</c>: what the node reads by itself, how that goes, and what its items are kept as.</summary>
internal static class SourcesCommand
{
    private const string Examples = """
        Read machines by adding sources: look what arrives, then accept it.

        Examples:
          dure sources kinds modbus
          dure sources try modbus --set host=192.168.0.10 --set registers=@press.txt
          dure sources add press-1 modbus --set host=192.168.0.10 --set registers=@press.txt
          dure sources show press-1
          dure sources accept press-1 --all
        """;

    public static Command Build(SharedOptions shared) => new("sources", Examples)
    {
        Kinds(shared), List(shared), SourceSettings.Try(shared), SourceSettings.Add(shared), SourceSettings.Change(shared), Show(shared), Accept(shared), Ignore(shared), Remove(shared),
    };

    private static Command Kinds(SharedOptions shared)
    {
        var kind = new Argument<string?>("kind") { Description = "One kind, with its settings explained", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("kinds", "List the kinds of source that can be added, with their settings.\n\nExamples:\n  dure sources kinds\n  dure sources kinds modbus") { kind };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/sources/kinds", cancel);
            return shared.Print(parsed, answer, () =>
            {
                var asked = parsed.GetValue(kind);
                var all = answer["kinds"]!.AsArray();
                if (asked is not null && all.All(each => each.Text("name") != asked))
                    throw new ProblemException("urn:dure:cli:unknown-kind", $"'{asked}' is not a kind of source.", "argument 'kind'", $"Use one of: {string.Join(", ", all.Select(each => each.Text("name")))}.");
                foreach (var each in all.Where(each => asked is null || each.Text("name") == asked))
                    Tell(each!, isWhole: asked is not null);
            });
        });
        return command;
    }

    private static void Tell(JsonNode kind, bool isWhole)
    {
        Console.WriteLine($"{kind.Text("name"),-10} {kind.Text("title")}");
        foreach (var setting in kind["settings"]!.AsArray())
        {
            var standing = setting!["required"]!.GetValue<bool>() ? "required" : setting["default"] is { } otherwise ? $"default {otherwise}" : "optional";
            Console.WriteLine(isWhole ? $"  {setting.Text("name")} ({standing})\n      {setting.Text("help")}" : $"  {setting.Text("name"),-14} {standing}");
        }
    }

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List sources and doors with state and counters.\n\nExample:\n  dure sources list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/sources", cancel);
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{"source",-20} {"kind",-8} {"state",-10} {"accepted",10} {"duplicates",10} {"late",8} {"rejected",8} {"waiting",8}  items");
                foreach (var source in answer["sources"]!.AsArray())
                {
                    Console.WriteLine($"{source.Text("name"),-20} {source.Text("kind"),-8} {source.Text("state"),-10} {source!["accepted"],10} {source["duplicates"],10} {source["outOfOrder"],8} {source["rejected"],8} {source["waiting"],8}  {source["items"]!["accepted"]} accepted, {source["items"]!["waiting"]} waiting");
                    if (source["problem"] is { } problem)
                        Console.WriteLine($"  ! {problem.Text("where")}: {problem.Text("what")} {problem.Text("mend")}");
                }
            });
        });
        return command;
    }

    private static Command Show(SharedOptions shared)
    {
        var name = new Argument<string>("name");
        var command = new Command("show", "Show a source: its settings, what it brings, its last refusals.\n\nExample:\n  dure sources show press-1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var path = PathOf(parsed.GetValue(name)!);
            var answer = await node.Get(path, cancel);
            answer["list"] = (await node.Get($"{path}/items", cancel))["items"]!.DeepClone();
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{answer.Text("name")} ({answer.Text("kind")}): {answer.Text("state")}, {answer["accepted"]} samples accepted, {answer["waiting"]} waiting, {answer["rejected"]} rejected");
                if (answer["problem"] is { } problem)
                    Console.WriteLine($"  ! {problem.Text("where")}: {problem.Text("what")} {problem.Text("mend")}");
                foreach (var (setting, value) in answer["settings"] as JsonObject ?? [])
                    Console.WriteLine($"  {setting} = {value?.ToString().ReplaceLineEndings("\n      ")}");
                foreach (var secret in answer["secrets"] as JsonArray ?? [])
                    Console.WriteLine($"  {secret} = (kept secret)");
                TellItems(answer["list"]!.AsArray());
                foreach (var rejection in answer["rejections"]!.AsArray())
                    Console.WriteLine($"  refused {rejection!["at"]}: {rejection.Text("where")}: {rejection.Text("what")} {rejection.Text("mend")}");
            });
        });
        return command;
    }

    /// <summary>One line per item: what becomes of it, its newest value, and what it is or may be kept as.</summary>
    internal static void TellItems(JsonArray items)
    {
        foreach (var item in items)
        {
            var newest = item!["newest"] is JsonArray sample ? $"{sample[1]?.ToString() ?? "bad"} at {Micros.Time(sample[0]!.GetValue<long>()):yyyy-MM-dd HH:mm:ss.fff} UTC" : "nothing yet";
            var unit = item["unit"]?.ToString() is { } known ? $"{known}{(item["unitIsCertain"]!.GetValue<bool>() ? "" : "?")}" : "unit?";
            Console.WriteLine($"  {item.Text("standing"),-8} {item.Text("item"),-40} {newest}  -> {item["path"]?.ToString() ?? "path?"} [{unit}]{(item["question"] is { } question ? $"  {question}" : "")}");
        }
    }

    private static Command Accept(SharedOptions shared)
    {
        var name = new Argument<string>("name");
        var item = new Argument<string?>("item") { Description = "An item as the source names it", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Accept every waiting item whose path and unit are certain" };
        var path = new Option<string?>("--path") { Description = "Path of the signal; default: the proposed one" };
        var unit = new Option<string?>("--unit") { Description = "Unit of the values, as bar, °C, l/min, or 1; with --all for the items whose unit is not certain" };
        var scale = new Option<double?>("--scale") { Description = "Multiply values by this; left out, it stays as it is" };
        var offset = new Option<double?>("--offset") { Description = "Then add this; left out, it stays as it is" };
        var command = new Command("accept", "Keep items of a source as signals.\n\nExamples:\n  dure sources accept press-1 --all\n  dure sources accept press-1 Pressure --path plant/press1/Pressure --unit bar") { name, item, all, path, unit, scale, offset };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var named = parsed.GetValue(item);
            if (named is null == !parsed.GetValue(all))
                throw new ProblemException("urn:dure:cli:no-item", "Nothing is said to accept, or both one and all.", "arguments", "Name an item, or use --all.");
            var request = named is null
                ? new JsonObject { ["all"] = true, ["unit"] = parsed.GetValue(unit) }
                : new JsonObject { ["items"] = new JsonArray(new JsonObject { ["item"] = named, ["path"] = parsed.GetValue(path), ["unit"] = parsed.GetValue(unit), ["scale"] = parsed.GetValue(scale), ["offset"] = parsed.GetValue(offset) }) };
            var answer = await node.Post($"{PathOf(parsed.GetValue(name)!)}/accept", request, cancel);
            shared.Print(parsed, answer, () =>
            {
                foreach (var accepted in answer["accepted"]!.AsArray())
                    Console.WriteLine($"{accepted.Text("item")} -> {accepted.Text("signal")} [{accepted.Text("unit")}]");
                foreach (var asked in answer["asked"]!.AsArray())
                    Console.Error.WriteLine($"{asked.Text("item")}: {asked!["problem"].Text("what")} {asked["problem"].Text("mend")}");
            });
            return answer["asked"]!.AsArray().Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static Command Ignore(SharedOptions shared)
    {
        var name = new Argument<string>("name");
        var items = new Argument<string[]>("items") { Description = "Items as the source names them", Arity = ArgumentArity.OneOrMore };
        var back = new Option<bool>("--back") { Description = "Let accepted or ignored items wait again instead" };
        var command = new Command("ignore", "Drop items of a source from now on.\n\nExamples:\n  dure sources ignore press-1 Heartbeat\n  dure sources ignore press-1 Heartbeat --back") { name, items, back };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["items"] = new JsonArray([.. parsed.GetValue(items)!.Select(each => JsonValue.Create(each))]) };
            var answer = await node.Post($"{PathOf(parsed.GetValue(name)!)}/{(parsed.GetValue(back) ? "withdraw" : "ignore")}", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(parsed.GetValue(back) ? "waiting again" : "ignored"));
        });
        return command;
    }

    private static Command Remove(SharedOptions shared)
    {
        var name = new Argument<string>("name");
        var command = new Command("remove", "Stop and forget a source; its signals and samples stay.\n\nExample:\n  dure sources remove press-1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Delete(PathOf(parsed.GetValue(name)!), cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine("removed"));
        });
        return command;
    }

    internal static string PathOf(string name) => $"api/v1/sources/{Uri.EscapeDataString(name)}";
}
