using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary>The stock of a node's laboratory, what must not meet, who is there, and who may have how much of it.</summary>
internal static class LabSafetyCommands
{
    private const string Materials = LabNames.Api + "/materials";

    public static Command Stock(SharedOptions shared)
    {
        var command = new Command("materials", """
            The stock, and what must not come together in one sample.

            Examples:
              dure lab materials                                         what is left
              dure lab materials count acid 500 mL --least 50 --hazard acid
              dure lab materials separate acid azide --why "it gives hydrazoic acid"
            """) { Count(shared), Separate(shared, "separate", isForbidden: true), Separate(shared, "unseparate", isForbidden: false) };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get(Materials, cancel);
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    public static Command Watch(SharedOptions shared)
    {
        var minutes = new Argument<double>("minutes") { Description = "For how long you are there, up to 60; 0 when you leave" };
        var command = new Command("watch", "Say that somebody is there: instruments that ask for it work only as long. Say it again before it ends.\n\nExample:\n  dure lab watch 30") { minutes };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Api}/watch", new JsonObject { ["minutes"] = parsed.GetValue(minutes) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(answer["kept"]!.GetValue<bool>() ? $"{answer.Text("by")} is there until {answer.Text("until")}." : "Nobody is there: instruments that ask for somebody begin nothing and are told to stop."));
        });
        return command;
    }

    public static Command Shares(SharedOptions shared)
    {
        var shares = new Argument<string[]>("shares") { Description = "OWNER=WEIGHT or OWNER=WEIGHT:HOURS, all of them; none: all owners have the same", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("shares", "Say who may have how much of the laboratory: weights, and hours of instruments in a week at most (needs the permission 'approve').\n\nExample:\n  dure lab shares Hanbit=2 Narae=1:40") { shares };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Put($"{LabNames.Api}/shares", new JsonObject { ["shares"] = new JsonArray([.. (parsed.GetValue(shares) ?? []).Select(ShareOf)]) }, cancel);
            return shared.Print(parsed, answer, () =>
            {
                if (answer["shares"]!.AsArray() is { Count: 0 })
                    Console.WriteLine("All owners have the same.");
                foreach (var share in answer["shares"]!.AsArray().Select(share => share!.AsObject()))
                    Console.WriteLine($"{share.Text("owner")}: weight {share["weight"]}{(share["quotaHours"] is { } hours ? $", {hours} h a week at most" : "")}");
            });
        });
        return command;
    }

    private static Command Count(SharedOptions shared)
    {
        var (name, amount, unit) = (new Argument<string>("material"), new Argument<double>("amount") { Description = "What is there now" }, new Argument<string>("unit") { Description = "UCUM: mL, g, 1" });
        var least = new Option<double?>("--least") { Description = "Below this it counts as low" };
        var hazards = new Option<string[]>("--hazard") { Description = "A class that rules name; may be repeated" };
        var expires = new Option<string?>("--expires") { Description = "Not used from then on, such as 2027-01-31T00:00:00Z" };
        var command = new Command("count", "Put a material in, or count it anew; what is not said stays as it was.") { name, amount, unit, least, hazards, expires };
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new JsonObject { ["amount"] = parsed.GetValue(amount), ["unit"] = parsed.GetValue(unit) };
            if (parsed.GetValue(least) is { } atLeast)
                request["least"] = atLeast;
            if (parsed.GetValue(hazards) is { Length: > 0 } classes)
                request["hazards"] = new JsonArray([.. classes.Select(one => JsonValue.Create(one))]);
            if (parsed.GetValue(expires) is { } until)
                request["expires"] = until;
            using var node = shared.Connect(parsed);
            var answer = await node.Put($"{Materials}/{Uri.EscapeDataString(parsed.GetValue(name)!)}", request, cancel);
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    private static Command Separate(SharedOptions shared, string verb, bool isForbidden)
    {
        var (one, other, why) = (new Argument<string>("one") { Description = "A material or a hazard class" }, new Argument<string>("other"), LabCampaignCommands.Why("What would happen"));
        var command = new Command(verb, $"{(isForbidden ? "Say that two must not come together" : "Take such a rule back")} (needs the permission 'approve').") { one, other };
        if (isForbidden)
            command.Options.Add(why);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var (a, b) = (parsed.GetValue(one)!, parsed.GetValue(other)!);
            var rules = (await node.Get(Materials, cancel))["incompatibilities"]!.AsArray().Select(rule => rule!.DeepClone().AsObject())
                .Where(rule => !(rule.Text("one") == a && rule.Text("other") == b) && !(rule.Text("one") == b && rule.Text("other") == a)).ToList();
            if (isForbidden)
                rules.Add(new JsonObject { ["one"] = a, ["other"] = b, ["why"] = parsed.GetValue(why) ?? "" });
            var answer = await node.Put(Materials, new JsonObject { ["incompatibilities"] = new JsonArray([.. rules]) }, cancel);
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    private static JsonObject ShareOf(string text)
    {
        var (owner, rest) = text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } name, { Length: > 0 } value] ? (name, value.Split(':')) : throw Bad(text);
        if (!int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out var weight) || rest.Length > 2)
            throw Bad(text);
        var share = new JsonObject { ["owner"] = owner, ["weight"] = weight };
        if (rest.Length == 2)
            share["quotaHours"] = double.TryParse(rest[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var hours) ? hours : throw Bad(text);
        return share;
    }

    private static Kernel.ProblemException Bad(string text) => new("urn:dure:cli:bad-option", $"'{text}' is not clear.", "shares", "Write OWNER=WEIGHT or OWNER=WEIGHT:HOURS, such as Hanbit=2 or Narae=1:40.");

    private static void Tell(JsonNode answer)
    {
        foreach (var one in answer["materials"]!.AsArray().Select(one => one!.AsObject()))
            Console.WriteLine($"{one.Text("name")}: {one["amount"]} {one.Text("unit")}{(one["low"]!.GetValue<bool>() ? " (LOW)" : "")}{(one["hazards"]!.AsArray() is { Count: > 0 } hazards ? $", {string.Join(", ", hazards)}" : "")}{(one["expires"] is { } expires ? $", until {expires}" : "")}");
        if (answer["materials"]!.AsArray() is { Count: 0 })
            Console.WriteLine("Nothing is in stock.");
        foreach (var rule in answer["incompatibilities"]!.AsArray().Select(rule => rule!.AsObject()))
            Console.WriteLine($"never together: {rule.Text("one")} and {rule.Text("other")}: {rule.Text("why")}");
    }
}
