using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary>The commands that take a source's settings: try, add, change.</summary>
internal static class SourceSettings
{
    private const long LongestFile = 256 * 1024;

    public static Command Try(SharedOptions shared)
    {
        var kind = new Argument<string>("kind") { Description = "As 'dure sources kinds' lists them" };
        var (set, secret) = Options();
        var seconds = new Option<double>("--seconds") { Description = "How long to wait for something to arrive, 0.5 to 60", DefaultValueFactory = _ => 5 };
        var command = new Command("try", "Run a source for a moment without adding it: what arrives, or what is wrong. Nothing is kept.\n\nExample:\n  dure sources try modbus --set host=192.168.0.10 --set registers=@press.txt") { kind, set, secret, seconds };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["kind"] = parsed.GetValue(kind), ["settings"] = await Settings(parsed, set, secret, cancel), ["seconds"] = parsed.GetValue(seconds) };
            var answer = await node.Post("api/v1/sources/try", request, cancel);
            shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{answer["samples"]} samples of {answer["items"]!.AsArray().Count} items in {answer["seconds"]} s");
                SourcesCommand.TellItems(answer["items"]!.AsArray());
                if (answer["problem"] is { } problem)
                    Console.Error.WriteLine($"  {problem.Text("what")}\n  where: {problem.Text("where")}\n  mend:  {problem.Text("mend")}");
            });
            return answer["problem"] is null ? 0 : 1;
        });
        return command;
    }

    public static Command Add(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "Lower-case letters, digits and '-', such as press-1" };
        var kind = new Argument<string>("kind") { Description = "As 'dure sources kinds' lists them" };
        var (set, secret) = Options();
        var (under, items) = RuleOptions();
        var command = new Command("add", "Add a source and start it. What it brings waits until it is accepted, or is accepted by a rule.\n\nExamples:\n  dure sources add press-1 modbus --set host=192.168.0.10 --set registers=@press.txt\n  dure sources add hall mqtt --set host=broker --secret password=@password.txt --accept-under plant/hall1") { name, kind, set, secret, under, items };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["name"] = parsed.GetValue(name), ["kind"] = parsed.GetValue(kind), ["settings"] = await Settings(parsed, set, secret, cancel) };
            if (Rule(parsed, under, items) is { } rule)
                request["rule"] = rule;
            var answer = await node.Post("api/v1/sources", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{parsed.GetValue(name)} is added and starts. See what arrives with 'dure sources show {parsed.GetValue(name)}'."));
        });
        return command;
    }

    public static Command Change(SharedOptions shared)
    {
        var name = new Argument<string>("name");
        var (set, secret) = Options();
        var (under, items) = RuleOptions();
        var noRule = new Option<bool>("--no-rule") { Description = "Accept nothing by rule any more" };
        var enabled = new Option<bool?>("--enabled") { Description = "true runs the source, false stops it" };
        var command = new Command("change", "Change a source's settings, its rule, or whether it runs. Settings that are not named stay.\n\nExamples:\n  dure sources change press-1 --set period=0.5\n  dure sources change press-1 --enabled false") { name, set, secret, under, items, noRule, enabled };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var path = SourcesCommand.PathOf(parsed.GetValue(name)!);
            var request = new JsonObject();
            if (parsed.GetValue(set) is { Length: > 0 } || parsed.GetValue(secret) is { Length: > 0 })
            {
                var settings = (await node.Get(path, cancel))["settings"]?.DeepClone().AsObject() ?? [];
                foreach (var (setting, value) in await Settings(parsed, set, secret, cancel))
                    settings[setting] = value?.DeepClone();
                request["settings"] = settings;
            }
            if (Rule(parsed, under, items) is { } rule)
                request["rule"] = rule;
            else if (parsed.GetValue(noRule))
                request["rule"] = null;
            if (parsed.GetValue(enabled) is { } isEnabled)
                request["enabled"] = isEnabled;
            if (request.Count == 0)
                throw new ProblemException("urn:dure:cli:nothing-to-change", "Nothing is said to change.", "options", "Use --set NAME=VALUE, --secret NAME=@FILE, --accept-under PATH, --no-rule or --enabled true|false.");
            var answer = await node.Post(path, request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{parsed.GetValue(name)} is changed."));
        });
        return command;
    }

    private static (Option<string[]> Set, Option<string[]> Secret) Options() => (
        new Option<string[]>("--set") { Description = "A setting as name=value, or name=@file for a file's text; repeat for more" },
        new Option<string[]>("--secret") { Description = "A secret setting as name=@file, or name=- to be asked; it is kept out of the journal" });

    private static (Option<string?> Under, Option<string?> Items) RuleOptions() => (
        new Option<string?>("--accept-under") { Description = "Accept what arrives without asking, as signals below this path, where the unit is certain" },
        new Option<string?>("--accept-items") { Description = "Accept so only items whose names begin with this" });

    private static JsonObject? Rule(ParseResult parsed, Option<string?> under, Option<string?> items) => parsed.GetValue(under) is null && parsed.GetValue(items) is null ? null
        : new JsonObject { ["items"] = parsed.GetValue(items) ?? "", ["under"] = parsed.GetValue(under) ?? "" };

    private static async Task<JsonObject> Settings(ParseResult parsed, Option<string[]> set, Option<string[]> secret, CancellationToken cancel)
    {
        var settings = new JsonObject();
        foreach (var each in parsed.GetValue(set) ?? [])
            await Put(each, isSecret: false);
        foreach (var each in parsed.GetValue(secret) ?? [])
            await Put(each, isSecret: true);
        return settings;

        async Task Put(string written, bool isSecret)
        {
            var cut = written.IndexOf('=', StringComparison.Ordinal);
            if (cut < 1)
                throw new ProblemException("urn:dure:cli:bad-setting", "A setting has no '='.", written, "Write it as name=value or name=@file.");
            var (name, value) = (written[..cut], written[(cut + 1)..]);
            if (isSecret && value is not ['@', ..] and not "-")
                throw new ProblemException("urn:dure:cli:secret-on-command-line", "A secret on the command line is seen by others.", $"--secret {name}", $"Write --secret {name}=@FILE, or --secret {name}=- to type it.");
            settings[name] = value switch
            {
                ['@', .. var file] => await FileText(file, isSecret, cancel),
                "-" when isSecret => Ask(name),
                _ => value,
            };
        }
    }

    private static async Task<string> FileText(string path, bool isSecret, CancellationToken cancel)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length > LongestFile)
            throw new ProblemException("urn:dure:cli:no-file", file.Exists ? $"The file has {file.Length:N0} bytes; {LongestFile:N0} are allowed." : "There is no such file.", file.FullName, "Check the path.");
        var text = await File.ReadAllTextAsync(path, cancel);
        return isSecret ? text.TrimEnd('\r', '\n') : text;
    }

    private static string Ask(string name)
    {
        Console.Error.Write($"{name}: ");
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? "";
        var typed = new System.Text.StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else
                typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }
}
