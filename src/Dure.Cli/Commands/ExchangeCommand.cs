using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure exchange</c>: whom this node knows, and how they come to know each other; <see cref="SharingCommands"/> is what they share.</summary>
internal static class ExchangeCommand
{
    private const string Api = "api/v1/exchange";

    private const string Examples = """
        Know other organisations' nodes and share data with them: invite, join, offer, ask, decide, stop.

        Examples:
          dure exchange invite "Pump lab"                     prints a code; send it to them like a password
          dure exchange join CODE                             on the other node: both know each other now
          dure exchange invite "Pump lab" --member --claim region=KR
          dure exchange partners
          dure exchange publish VERSION --terms "members only, until 31 December 2026, three downloads"
          dure exchange get "Pump lab" pumps --wait
          dure exchange members revoke did:web:lab.example --reason "left the alliance"
          dure exchange keys rotate
        """;

    public static Command Build(SharedOptions shared)
    {
        var command = new Command("exchange", Examples) { Invite(shared), Join(shared), Invitations(shared), Partners(shared), Members(shared), Keys(shared) };
        SharingCommands.AddTo(command, shared);
        return command;
    }

    private static Command Invite(SharedOptions shared)
    {
        var name = new Argument<string>("for") { Description = "Whom it is meant for" };
        var member = new Option<bool>("--member") { Description = "Also admit them to the alliance that this node keeps" };
        var claims = new Option<string[]>("--claim") { Description = "What the alliance says of the member, as NAME=VALUE; repeat for more", AllowMultipleArgumentsPerToken = true };
        var hours = new Option<double?>("--hours") { Description = "How long it is good (default 168, a week)" };
        var command = new Command("invite", "Make an invitation. Its code is shown this once; whoever has it can use it once.\n\nExamples:\n  dure exchange invite \"Pump lab\"\n  dure exchange invite \"Pump lab\" --member --claim region=KR --hours 24") { name, member, claims, hours };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["for"] = parsed.GetValue(name), ["kind"] = parsed.GetValue(member) ? "member" : "partner", ["claims"] = ClaimsOf(parsed.GetValue(claims) ?? []) };
            if (parsed.GetValue(hours) is { } life)
                request["hours"] = life;
            var answer = await node.Post($"{Api}/invitations", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(answer.Text("code")));
        });
        return command;
    }

    private static Command Join(SharedOptions shared)
    {
        var code = new Argument<string>("code") { Description = "The code, or - to read it from standard input" };
        var command = new Command("join", "Accept another node's invitation.\n\nExamples:\n  dure exchange join CODE\n  dure exchange join - < invitation.txt") { code };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var text = parsed.GetValue(code)! is var given && given == "-" ? await Console.In.ReadToEndAsync(cancel) : given;
            var answer = await node.Post($"{Api}/join", new JsonObject { ["code"] = text }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("name")} ({answer.Text("did")}) and this node know each other.{(answer["isAlliance"]!.GetValue<bool>() ? " This node is a member of its alliance." : "")}"));
        });
        return command;
    }

    private static Command Invitations(SharedOptions shared)
    {
        var id = new Argument<string>("id");
        var revoke = new Command("revoke", "End an invitation that nobody accepted yet.\n\nExample:\n  dure exchange invitations revoke 0a1b2c3d4e5f6071") { id };
        revoke.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Delete($"{Api}/invitations/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine("revoked"));
        });
        var command = new Command("invitations", "List invitations of this node.\n\nExample:\n  dure exchange invitations") { revoke };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/invitations", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var each in answer["invitations"]!.AsArray())
                    Console.WriteLine($"{each.Text("id")}  {each.Text("kind"),-8} {each.Text("state"),-9} {each.Text("for"),-30} until {each!["expires"]}{(each["acceptedBy"] is { } by ? $"  {by}" : "")}");
            });
        });
        return command;
    }

    private static Command Partners(SharedOptions shared)
    {
        var command = new Command("partners", "List partners; enter, name, block and unblock them.\n\nExamples:\n  dure exchange partners\n  dure exchange partners block did:web:lab.example --reason \"under dispute\"")
        {
            Change(shared, "add", "partners", "Enter a partner without an invitation, such as a node of another maker.", "name", "What to call it"),
            Change(shared, "rename", "partners/rename", "Give a partner another name.", "name", "What to call it"),
            Change(shared, "trust-key", "partners/trust-key", "Take a partner's new key, after it lost its keys. Ask for the fingerprint by telephone.", "key", "The fingerprint that 'dure exchange keys' prints there"),
            Change(shared, "block", "partners/block", "Refuse all a partner sends, at once.", null, null),
            Change(shared, "unblock", "partners/unblock", "Take its messages again.", null, null),
        };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/partners", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var each in answer["partners"]!.AsArray())
                {
                    var standing = each!["isBlocked"]!.GetValue<bool>() ? "blocked" : each["isAlliance"]!.GetValue<bool>() ? "alliance" : "partner";
                    Console.WriteLine($"{each.Text("name"),-30} {standing,-9} {each.Text("introduction"),-8} {each.Text("did")}");
                    if (each["trouble"] is { } trouble)
                        Console.WriteLine($"  ! {trouble["at"]} {trouble.Text("code")}: {trouble.Text("reason")}");
                }
            });
        });
        return command;
    }

    private static Command Change(SharedOptions shared, string verb, string path, string help, string? field, string? fieldHelp)
    {
        var did = new Argument<string>("did") { Description = "Its identifier, as did:web:lab.example" };
        var value = new Argument<string>(field ?? "value") { Description = fieldHelp };
        var reason = new Option<string?>("--reason") { Description = "Why, for the journal" };
        var command = new Command(verb, help) { did };
        if (field is not null)
            command.Arguments.Add(value);
        else
            command.Options.Add(reason);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["did"] = parsed.GetValue(did) };
            if (field is not null)
                request[field] = parsed.GetValue(value);
            else if (parsed.GetValue(reason) is { } why)
                request["reason"] = why;
            var answer = await node.Post($"{Api}/{path}", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("name")} ({answer.Text("did")}): done"));
        });
        return command;
    }

    private static Command Members(SharedOptions shared)
    {
        var did = new Argument<string>("did") { Description = "Its identifier" };
        var name = new Option<string?>("--name") { Description = "Its name; default: the partner's" };
        var claims = new Option<string[]>("--claim") { Description = "What the alliance says of it, as NAME=VALUE; repeat for more", AllowMultipleArgumentsPerToken = true };
        var admit = new Command("admit", "Admit a partner to the alliance, or change what is said of it.\n\nExample:\n  dure exchange members admit did:web:lab.example --claim region=KR --claim BusinessPartnerGroup=gold") { did, name, claims };
        admit.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["did"] = parsed.GetValue(did), ["claims"] = ClaimsOf(parsed.GetValue(claims) ?? []) };
            if (parsed.GetValue(name) is { } called)
                request["name"] = called;
            var answer = await node.Post($"{Api}/members", request, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(answer.Text("delivered") == "yes" ? $"{answer.Text("name")} is a member and has its credential." : $"{answer.Text("name")} is a member. Its credential could not be brought: {answer.Text("delivered")}"));
        });
        var command = new Command("members", "List the members of the alliance that this node keeps.\n\nExamples:\n  dure exchange members\n  dure exchange members revoke did:web:lab.example") { admit, Change(shared, "revoke", "members/revoke", "End a membership at once.", null, null) };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/members", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var each in answer["members"]!.AsArray())
                    Console.WriteLine($"{each.Text("name"),-30} {(each!["isActive"]!.GetValue<bool>() ? "active" : "revoked"),-8} {each.Text("did")}  {each["claims"]!.ToJsonString()}");
            });
        });
        return command;
    }

    private static Command Keys(SharedOptions shared)
    {
        var compromised = new Option<bool>("--compromised") { Description = "The old key may be in wrong hands: nothing it signed counts any more, and each partner must be told the new fingerprint" };
        var rotate = new Command("rotate", "Make a new key. Partners follow by themselves, since the old key vouches for the new.\n\nExample:\n  dure exchange keys rotate") { compromised };
        rotate.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{Api}/keys/rotate", new JsonObject { ["compromised"] = parsed.GetValue(compromised) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(answer.Text("key")));
        });
        var command = new Command("keys", "Show this node's identifier and the fingerprint of its key.\n\nExample:\n  dure exchange keys") { rotate };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{Api}/identity", cancel);
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{answer.Text("did")}  at {answer.Text("address")}");
                Console.WriteLine($"key      {answer.Text("key")}");
                foreach (var old in answer["retired"]!.AsArray())
                    Console.WriteLine($"retired  {old.Text("key")}  tokens until {old!["tokensUntil"]}, credentials until {old["credentialsUntil"]}");
            });
        });
        return command;
    }

    private static JsonObject ClaimsOf(string[] written)
    {
        var claims = new JsonObject();
        foreach (var pair in written)
        {
            if (pair.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var at))
                throw new ProblemException("urn:dure:cli:bad-claim", $"'{pair}' is not a claim.", "option --claim", "Write it as NAME=VALUE, as in region=KR.");
            if (claims[pair[..at]] is not JsonArray values)
                claims[pair[..at]] = values = [];
            values.Add((JsonNode)pair[(at + 1)..]);
        }
        return claims;
    }
}
