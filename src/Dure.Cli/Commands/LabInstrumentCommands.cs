using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Lab.Instruments;

namespace Dure.Cli.Commands;

/// <summary>The instruments of a node's laboratory, and the emergency stop.</summary>
internal static class LabInstrumentCommands
{
    public static Command List(SharedOptions shared)
    {
        var command = new Command("instruments", "List the instruments and whether they can be used.\n\nExample:\n  dure lab instruments");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{LabNames.Api}/instruments", cancel);
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    public static Command Build(SharedOptions shared) => new("instrument", """
        Take an instrument in by its card, take it out of service, return it.

        Examples:
          dure lab instrument new reactor.json           write a card to begin with
          dure lab instrument add reactor.json           take it in, or change its card
          dure lab instrument set-aside reactor-1 --why "stirrer broken"
          dure lab instrument return reactor-1 --why "stirrer replaced"
          dure lab instrument stop reactor-1             stop what it does; the laboratory goes on
          dure lab instrument remove reactor-1
        """)
    {
        New(), Add(shared), Remove(shared),
        Serve(shared, "set-aside", "Take an instrument out of service; what runs on it goes on.", "stirrer broken"),
        Halt(shared),
        Serve(shared, "return", "Return an instrument to service (needs the permission 'approve').", "stirrer replaced"),
    };

    public static Command Stop(SharedOptions shared)
    {
        var why = LabCampaignCommands.Why("What happened; the journal keeps it");
        var command = new Command("stop", "EMERGENCY: stop every instrument and command nothing until the laboratory is released. To pause one campaign, see 'dure lab pause'.\n\nExample:\n  dure lab stop --why \"smoke from reactor-1\"") { why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Api}/stop", LabNames.Because(parsed.GetValue(why)), cancel);
            var silent = answer["confirmed"]!.AsObject().Where(one => !one.Value!.GetValue<bool>()).Select(one => one.Key).ToArray();
            shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"The laboratory is stopped: {answer.Text("stopped")} Release it with: dure lab release --why \"…\"");
                foreach (var name in silent)
                    Console.WriteLine($"! {name} did not confirm: use its own button.");
            });
            return silent.Length == 0 ? 0 : 1;
        });
        return command;
    }

    public static Command Release(SharedOptions shared)
    {
        var why = LabCampaignCommands.Why("Why it is safe again; the journal keeps it");
        var command = new Command("release", "Let work go on after an emergency (needs the permission 'approve').\n\nExample:\n  dure lab release --why \"cable replaced, checked by Kim\"") { why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Api}/release", LabNames.Because(parsed.GetValue(why)), cancel);
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    private static Command New()
    {
        var file = new Argument<FileInfo>("card") { Description = "The file to write" };
        var command = new Command("new", "Write a card to begin with, explained in comments.") { file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            LabFiles.WriteNew(path, InstrumentCardText.Example);
            Console.WriteLine($"{path.FullName} is written. Edit it, then: dure lab instrument add {path.Name}");
            return 0;
        });
        return command;
    }

    private static Command Add(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("card") { Description = "The card (JSON, comments allowed)" };
        var command = new Command("add", "Take an instrument in by its card, or change the card (needs the permission 'approve').\n\nExample:\n  dure lab instrument add reactor.json") { file };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Api}/instruments", LabNames.CardIn(parsed.GetValue(file)!), cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("name")} is taken in. Whether it can be reached: dure lab instruments"));
        });
        return command;
    }

    private static Command Remove(SharedOptions shared)
    {
        var name = Name();
        var command = new Command("remove", "Take an instrument out (needs the permission 'approve').\n\nExample:\n  dure lab instrument remove reactor-1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Delete(LabNames.Instrument(parsed.GetValue(name)!), cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine("removed"));
        });
        return command;
    }

    private static Command Halt(SharedOptions shared)
    {
        var name = Name();
        var command = new Command("stop", "Stop what one instrument does. In an emergency: dure lab stop.\n\nExample:\n  dure lab instrument stop reactor-1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Instrument(parsed.GetValue(name)!)}/stop", new JsonObject(), cancel);
            var isConfirmed = answer["confirmed"]!.GetValue<bool>();
            shared.Print(parsed, answer, () => Console.WriteLine(isConfirmed ? "It has stopped." : "! It did not confirm: use its own button."));
            return isConfirmed ? 0 : 1;
        });
        return command;
    }

    private static Command Serve(SharedOptions shared, string verb, string help, string reason)
    {
        var (name, why) = (Name(), LabCampaignCommands.Why());
        var command = new Command(verb, $"{help}\n\nExample:\n  dure lab instrument {verb} reactor-1 --why \"{reason}\"") { name, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"{LabNames.Instrument(parsed.GetValue(name)!)}/{verb}", LabNames.Because(parsed.GetValue(why)), cancel);
            return shared.Print(parsed, answer, () => LabTold.Instrument(answer));
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The instrument, as 'dure lab instruments' gives it" };

    private static void Tell(JsonNode answer)
    {
        if (answer["stopped"]?.GetValue<string>() is { } why)
            Console.WriteLine($"! The laboratory is stopped: {why} Release it with: dure lab release --why \"…\"");
        foreach (var one in answer["instruments"]!.AsArray())
            LabTold.Instrument(one!);
    }
}
