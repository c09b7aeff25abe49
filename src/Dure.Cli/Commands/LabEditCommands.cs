using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary>What a campaign on a node may try, changed in mid-run: factors held, let loose, the plan anew.</summary>
internal static class LabEditCommands
{
    public static Command Pin(SharedOptions shared)
    {
        var (id, what, why) = (LabCampaignCommands.Id(), What("A factor and its value or option: NAME=VALUE"), LabCampaignCommands.Why());
        var command = new Command("pin", "Hold a factor at a value in all trials from now on, until it is let loose.\n\nExamples:\n  dure lab pin 0a1b2c3d solvent=water --why \"ethanol has run out\"\n  dure lab pin 0a1b2c3d \"temperature=350 K\"") { id, what, why };
        command.SetAction(async (parsed, cancel) =>
        {
            var (factor, value) = LabNames.Parts(parsed.GetValue(what)!, "factor", "NAME=VALUE");
            return await Post(shared, parsed, parsed.GetValue(id)!, "narrow", With(parsed.GetValue(why), ("factor", factor), ("from", value)), cancel);
        });
        return command;
    }

    public static Command Narrow(SharedOptions shared)
    {
        var (id, what, why) = (LabCampaignCommands.Id(), What("A factor and the part of its range or the options: NAME=LOW..HIGH or NAME=OPTION,OPTION"), LabCampaignCommands.Why());
        var command = new Command("narrow", "Keep a factor in a part of its range, or at some of its options, from now on.\n\nExamples:\n  dure lab narrow 0a1b2c3d temperature=60..90\n  dure lab narrow 0a1b2c3d solvent=water,toluene") { id, what, why };
        command.SetAction(async (parsed, cancel) =>
        {
            var (factor, range) = LabNames.Parts(parsed.GetValue(what)!, "factor", "NAME=LOW..HIGH or NAME=OPTION,OPTION");
            var request = range.Split("..", StringSplitOptions.TrimEntries) switch
            {
                [{ Length: > 0 } low, { Length: > 0 } high] => With(parsed.GetValue(why), ("factor", factor), ("from", low), ("to", high)),
                [var options] when options.Contains(',', StringComparison.Ordinal) => With(parsed.GetValue(why), ("factor", factor), ("from", options)),
                _ => throw new ProblemException("urn:dure:cli:bad-option", $"'{range}' is no range.", "factor", "Write NAME=LOW..HIGH or NAME=OPTION,OPTION; one value is held by 'dure lab pin'."),
            };
            return await Post(shared, parsed, parsed.GetValue(id)!, "narrow", request, cancel);
        });
        return command;
    }

    public static Command Loosen(SharedOptions shared)
    {
        var (id, factor, why) = (LabCampaignCommands.Id(), new Argument<string>("factor") { Description = "The factor's name" }, LabCampaignCommands.Why());
        var command = new Command("loosen", "Let a factor have its whole range again.\n\nExample:\n  dure lab loosen 0a1b2c3d solvent") { id, factor, why };
        command.SetAction((parsed, cancel) => Post(shared, parsed, parsed.GetValue(id)!, "loosen", With(parsed.GetValue(why), ("factor", parsed.GetValue(factor)!)), cancel));
        return command;
    }

    public static Command Change(SharedOptions shared)
    {
        var (id, file, why) = (LabCampaignCommands.Id(), new Argument<FileInfo>("plan") { Description = "The whole plan anew, with the same factors and outcomes" }, LabCampaignCommands.Why());
        var command = new Command("change", "Change ranges, limits, budget or protocol (needs the permission 'approve'). What is pinned stays pinned.\n\nExample:\n  dure lab change 0a1b2c3d coupling.json --why \"ten more trials\"") { id, file, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = LabNames.Because(parsed.GetValue(why));
            request["plan"] = LabNames.PlanIn(parsed.GetValue(file)!);
            var campaign = await node.Put($"{LabNames.Campaign(parsed.GetValue(id)!)}/plan", request, cancel);
            return shared.Print(parsed, campaign, () => LabTold.Campaign(campaign));
        });
        return command;
    }

    private static Argument<string> What(string description) => new("factor") { Description = description };

    private static JsonObject With(string? why, params ReadOnlySpan<(string Name, string Value)> members)
    {
        var request = LabNames.Because(why);
        foreach (var (name, value) in members)
            request[name] = value;
        return request;
    }

    private static async Task<int> Post(SharedOptions shared, ParseResult parsed, string id, string door, JsonObject request, CancellationToken cancel)
    {
        using var node = shared.Connect(parsed);
        var campaign = await node.Post($"{LabNames.Campaign(id)}/{door}", request, cancel);
        return shared.Print(parsed, campaign, () => LabTold.Campaign(campaign));
    }
}
