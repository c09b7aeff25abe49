using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary>The part of <c>dure exchange</c> that shares: offer, look, ask, decide, stop.</summary>
internal static class SharingCommands
{
    private const string Api = "api/v1/exchange";
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(40);

    public static void AddTo(Command exchange, SharedOptions shared)
    {
        foreach (var command in (Command[])[Publish(shared), Offers(shared), Withdraw(shared), Catalogue(shared), Get(shared), Negotiations(shared), Agreements(shared), Transfers(shared),
            Decide(shared, "approve", "negotiations", "approve", "Say yes to a request that waits for a person."),
            Decide(shared, "refuse", "negotiations", "refuse", "Say no to a request that waits for a person, or end a negotiation."),
            Decide(shared, "suspend", "transfers", "suspend", "Stop a transfer; bytes end within half a second, and it can be resumed."),
            Decide(shared, "resume", "transfers", "resume", "Let a suspended transfer go on."),
            Decide(shared, "end", "transfers", "terminate", "End a transfer for good.")])
            exchange.Subcommands.Add(command);
    }

    private static Command Publish(SharedOptions shared)
    {
        var version = new Argument<string>("version") { Description = "The dataset version to offer, or with --model the model", Arity = ArgumentArity.ZeroOrOne };
        var series = new Option<string[]>("--series") { Description = "Offer series as they grow: a machine, a signal or a pattern such as press/*/Pressure; repeat for more", AllowMultipleArgumentsPerToken = true };
        var since = new Option<string?>("--since") { Description = "With --series: samples of this time and later (default: of times after the agreement)" };
        var model = new Option<bool>("--model") { Description = "Offer a model, packed for devices" };
        var terms = new Option<string>("--terms") { Description = "Who may use it, until when, how often, in words (English or Korean)", Required = true };
        var id = new Option<string?>("--id") { Description = "Its id in the catalogue (default: the dataset's name)" };
        var title = new Option<string?>("--title") { Description = "What partners read (default: the version's title)" };
        var approve = new Option<bool>("--approve-each") { Description = "A person decides on each request" };
        var command = new Command("publish", """
            Offer a dataset version or a model to partners under terms in words. What is not allowed in these words is refused.

            Examples:
              dure exchange publish VERSION --terms "members only, until 31 December 2026, three downloads"
              dure exchange publish VERSION --terms "회원만, 2026년 12월 31일까지, 세 번" --id pumps-2026
              dure exchange publish VERSION --terms "no conditions" --approve-each
              dure exchange publish pump-watch --model --terms "members only, may be passed on"
              dure exchange publish --series press/line1 --since 2026-01-01 --terms "members only, until 31 December 2026"
            """) { version, model, series, since, terms, id, title, approve };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["terms"] = parsed.GetValue(terms), ["needsApproval"] = parsed.GetValue(approve) };
            if (parsed.GetValue(series) is { Length: > 0 } patterns)
                (request["series"], request["since"]) = (new JsonArray([.. patterns.Select(pattern => JsonValue.Create(pattern))]), parsed.GetValue(since));
            else
                request[parsed.GetValue(model) ? "model" : "dataset"] = parsed.GetValue(version) ?? throw new ProblemException("urn:dure:cli:nothing-offered", "Neither a version nor --series is given.", "dure exchange publish", "Name a dataset version, or --series with a machine, a signal or a pattern.");
            if (parsed.GetValue(id) is { } named)
                request["id"] = named;
            if (parsed.GetValue(title) is { } called)
                request["title"] = called;
            var answer = await node.Post($"{Api}/offerings", request, cancel);
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{answer.Text("id")} is offered:");
                WriteTerms(answer);
            });
        });
        return command;
    }

    private static Command Offers(SharedOptions shared)
    {
        var command = new Command("offers", "List what this node offers, with the terms in words.\n\nExample:\n  dure exchange offers");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/offerings", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var offering in answer["offerings"]!.AsArray())
                {
                    Console.WriteLine($"{offering.Text("id"),-30} {Size(offering.Whole("bytes")),10}  {offering.Text("title")}{(offering!["needsApproval"]!.GetValue<bool>() ? "  (each request is decided by a person)" : "")}");
                    WriteTerms(offering);
                }
            });
        });
        return command;
    }

    private static Command Withdraw(SharedOptions shared)
    {
        var id = new Argument<string>("id") { Description = "Its id in the catalogue" };
        var command = new Command("withdraw", "Stop offering something. Agreements that were made keep their own terms.\n\nExample:\n  dure exchange withdraw pumps-2026") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Delete($"{Api}/offerings/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine("withdrawn"));
        });
        return command;
    }

    private static Command Catalogue(SharedOptions shared)
    {
        var partner = new Argument<string>("partner") { Description = "The partner's name or identifier" };
        var words = new Argument<string[]>("words") { Description = "Words that must all occur", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("catalogue", "Look into a partner's catalogue, as far as it shows it to this node.\n\nExamples:\n  dure exchange catalogue \"Pump lab\"\n  dure exchange catalogue did:web:lab.example vibration bearing") { partner, words };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var query = parsed.GetValue(words) is { Length: > 0 } asked ? $"?q={Uri.EscapeDataString(string.Join(' ', asked))}" : "";
            var answer = await node.Get($"{Api}/catalogue/{Uri.EscapeDataString(parsed.GetValue(partner)!)}{query}", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var dataset in answer["datasets"]!.AsArray())
                {
                    Console.WriteLine($"{dataset.Text("@id"),-30} {(dataset!["dcat:byteSize"] is null ? "" : Size(dataset.Whole("dcat:byteSize"))),10}  {dataset["dct:title"]}");
                    WriteTerms(dataset);
                }
            });
        });
        return command;
    }

    private static Command Get(SharedOptions shared)
    {
        var partner = new Argument<string>("partner") { Description = "The partner's name or identifier" };
        var dataset = new Argument<string>("dataset") { Description = "The dataset's id in the partner's catalogue" };
        var purposes = new Option<string[]>("--purpose") { Description = "What the data are for; repeat for more", AllowMultipleArgumentsPerToken = true };
        var wait = new Option<bool>("--wait") { Description = "Wait until the data are here, or are refused (exit code 1)" };
        var push = new Option<bool>("--push") { Description = "The partner brings the data to this node, instead of this node fetching them" };
        var command = new Command("get", """
            Ask a partner for a dataset; it is fetched as soon as there is an agreement.

            Examples:
              dure exchange get "Pump lab" pumps-2026 --wait
              dure exchange get did:web:lab.example pumps-2026 --purpose research
              dure exchange get "Pump lab" pumps-2026 --push --wait
            """) { partner, dataset, purposes, push, wait };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var began = Stopwatch.GetTimestamp();
            var request = new JsonObject
            {
                ["partner"] = parsed.GetValue(partner),
                ["dataset"] = parsed.GetValue(dataset),
                ["push"] = parsed.GetValue(push),
                ["purposes"] = new JsonArray([.. (parsed.GetValue(purposes) ?? []).Select(purpose => JsonValue.Create(purpose))]),
            };
            var asked = await node.Post($"{Api}/requests", request, cancel);
            if (!parsed.GetValue(wait))
                return shared.Print(parsed, asked, () => Console.WriteLine($"asked; see how it goes with: dure exchange negotiations ({asked.Text("id")})"));
            var landed = await WaitUntilLanded(node, asked.Text("id"), ProgressLine.For(parsed.GetValue(shared.Json)), cancel);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            landed["seconds"] = Math.Round(seconds, 3);
            return shared.Print(parsed, landed, () => Console.WriteLine($"{landed.Text("landed")}  {Size(landed.Whole("bytes"))} in {seconds.ToString("0.00", CultureInfo.InvariantCulture)} s"));
        });
        return command;
    }

    /// <summary>Follows a request through negotiation and transfer until the data are here.</summary>
    /// <exception cref="ProblemException">It was refused, ended or failed; says why.</exception>
    private static async Task<JsonNode> WaitUntilLanded(NodeClient node, string id, Action<double, string>? progress, CancellationToken cancel)
    {
        JsonNode negotiation;
        for (negotiation = await node.Get($"{Api}/negotiations/{id}", cancel); negotiation.Text("state") != "FINALIZED"; negotiation = await node.Get($"{Api}/negotiations/{id}", cancel))
        {
            Refuse(negotiation, $"negotiation {id}");
            progress?.Invoke(0, negotiation["waitsFor"]?.GetValue<string>() == "decision" ? "a person here has to decide: dure exchange negotiations" : $"negotiation: {negotiation.Text("state").ToLowerInvariant()}");
            await Task.Delay(PollPause, cancel);
        }
        var agreement = negotiation.Text("agreement");
        for (string? transfer = null; ; await Task.Delay(PollPause, cancel))
        {
            transfer ??= (await node.Get($"{Api}/transfers", cancel))["transfers"]!.AsArray().FirstOrDefault(each => each!["agreement"]?.GetValue<string>() == agreement)?.Text("id");
            if (transfer is null)
                continue;
            var now = await node.Get($"{Api}/transfers/{transfer}", cancel);
            if (now["landed"] is not null)
            {
                progress?.Invoke(1, "");
                now.AsObject().Remove("steps");
                return now;
            }
            Refuse(now, $"transfer {transfer}");
            if (now["fetch"]?.GetValue<string>() == "Flowing")
            {
                progress?.Invoke(1, "");
                now["landed"] = $"series flow: dure exchange transfers ({transfer})";
                now.AsObject().Remove("steps");
                return now;
            }
            if (now["fetch"]?.GetValue<string>() == "Failed")
                throw new ProblemException("urn:dure:exchange:fetch-failed", now.Text("word"), $"transfer {transfer}", "Ask the provider, then fetch again.");
            progress?.Invoke(now["total"] is null ? 0 : now.Number("bytes") / Math.Max(1, now.Number("total")), $"transfer: {now.Text("state").ToLowerInvariant()}");
        }
    }

    private static void Refuse(JsonNode process, string where)
    {
        if (process.Text("state") == "TERMINATED")
            throw new ProblemException("urn:dure:exchange:refused", process["reason"]?.GetValue<string>() ?? "It was ended without a reason.", where, "Ask the provider for other terms.");
    }

    private static Command Negotiations(SharedOptions shared) => List(shared, "negotiations", "List negotiations, newest first; those that wait for a person here are marked.", each =>
        $"{each.Text("id")}  {each.Text("role"),-8} {each.Text("state"),-10} {each.Text("dataset"),-24} {each.Text("partner")}{(each["waitsFor"]?.GetValue<string>() == "decision" ? "  ! waits for your decision" : "")}{Reason(each)}");

    private static Command Agreements(SharedOptions shared) => List(shared, "agreements", "List agreements and what was used of them.", each =>
        $"{each.Text("id")}  {each.Text("role"),-8} {each.Text("dataset"),-24} {each.Text("partner")}  {each.Whole("uses")} use(s), {Size(each.Whole("bytes"))}\n{Terms(each)}");

    private static Command Transfers(SharedOptions shared) => List(shared, "transfers", "List transfers, newest first.", each =>
        $"{each.Text("id")}  {each.Text("role"),-8} {each.Text("state"),-10} {each.Text("dataset"),-24} {each.Text("partner")}  {Size(each.Whole("bytes"))}{Reason(each)}");

    private static Command List(SharedOptions shared, string name, string help, Func<JsonNode, string> line)
    {
        var command = new Command(name, $"{help}\n\nExample:\n  dure exchange {name}");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/{name}", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var each in answer[name]!.AsArray())
                    Console.WriteLine(line(each!));
            });
        });
        return command;
    }

    private static Command Decide(SharedOptions shared, string verb, string room, string action, string help)
    {
        var id = new Argument<string>("id") { Description = $"As 'dure exchange {room}' lists it" };
        var reason = new Option<string?>("--reason") { Description = "Why; the partner reads it" };
        var command = new Command(verb, $"{help}\n\nExample:\n  dure exchange {verb} {(room == "negotiations" ? "NEGOTIATION" : "TRANSFER")}") { id };
        if (verb is "refuse" or "suspend" or "end")
            command.Options.Add(reason);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject();
            if (command.Options.Contains(reason) && parsed.GetValue(reason) is { } why)
                request["reason"] = why;
            var answer = await node.Post($"{Api}/{room}/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{action}", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("dataset")} with {answer.Text("partner")}: done"));
        });
        return command;
    }

    private static void WriteTerms(JsonNode? of)
    {
        if (Terms(of) is { Length: > 0 } terms)
            Console.WriteLine(terms);
    }

    private static string Terms(JsonNode? of) => string.Join('\n', (of?["terms"] as JsonArray ?? []).Select(sentence => $"    {sentence}"));

    private static string Reason(JsonNode process) => process["reason"] is { } reason ? $"\n    {reason}" : "";

    private static string Size(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1 << 20 => $"{bytes / 1024.0:0.0} KiB",
        < 1 << 30 => $"{bytes / 1048576.0:0.0} MiB",
        _ => $"{bytes / 1073741824.0:0.0} GiB",
    };
}
