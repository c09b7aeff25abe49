using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary>The trials of a campaign on a node: seen, agreed to, vetoed, added, their outcomes entered.</summary>
internal static class LabTrialCommands
{
    public static Command Trials(SharedOptions shared)
    {
        var id = LabCampaignCommands.Id();
        var watch = new Option<bool>("--watch") { Description = "Go on telling what happens until the campaign pauses or ends" };
        var from = new Option<int>("--from") { Description = "The first trial to show", DefaultValueFactory = _ => 1 };
        var command = new Command("trials", "List a campaign's trials: what came of them, what was tried and why.\n\nExamples:\n  dure lab trials 0a1b2c3d\n  dure lab trials 0a1b2c3d --from 20\n  dure lab trials 0a1b2c3d --watch") { id, watch, from };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            if (parsed.GetValue(watch))
            {
                if (parsed.GetValue(shared.Json))
                    throw new ProblemException("urn:dure:cli:bad-option", "What happens is told in lines, not as JSON.", "--watch", "Leave out --watch or --json.");
                await new LabWatch(node, parsed.GetValue(id)!, Console.WriteLine) { From = parsed.GetValue(from) }.ToTheEnd(cancel);
                return 0;
            }
            var campaign = await node.Get(LabNames.Campaign(parsed.GetValue(id)!), cancel);
            var trials = await All(node, parsed.GetValue(id)!, parsed.GetValue(from), cancel);
            return shared.Print(parsed, trials, () =>
            {
                var plan = LabTold.PlanOf(campaign);
                foreach (var trial in trials)
                    LabTold.Trial(plan, trial!);
            });
        });
        return command;
    }

    public static Command Agree(SharedOptions shared) => Answer(shared, "agree", "approve", "Agree to a trial where the plan asks a person for each; after a fault, that it is made once more.", null);

    public static Command Veto(SharedOptions shared) => Answer(shared, "veto", "veto", "Veto a trial that has not begun: it is not made, teaches nothing and is not suggested again.", "too hot for this vial");

    public static Command Add(SharedOptions shared)
    {
        var id = LabCampaignCommands.Id();
        var point = Pairs("point", "A value for each factor: NAME=VALUE, with a unit of the same kind where wanted");
        var command = new Command("add", "Add a trial of your own: instruments make it as any other, or you enter its outcomes.\n\nExample:\n  dure lab add 0a1b2c3d \"temperature=350 K\" time=20 solvent=water equivalents=1.2") { id, point };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["point"] = LabNames.Values(parsed.GetValue(point)!, "point", "NAME=VALUE, such as \"temperature=80 Cel\"") };
            var trial = await node.Post($"{LabNames.Campaign(parsed.GetValue(id)!)}/trials", request, cancel);
            return shared.Print(parsed, trial, () => Console.WriteLine($"trial {trial["trial"]} is added"));
        });
        return command;
    }

    public static Command Enter(SharedOptions shared)
    {
        var (id, number, why) = (LabCampaignCommands.Id(), Number(), LabCampaignCommands.Why("Where it comes from, or why an earlier entry was wrong; the journal keeps it"));
        var values = Pairs("values", "What was measured: NAME=VALUE, with a unit of the same kind where wanted", ArgumentArity.ZeroOrMore);
        var failed = new Option<bool>("--failed") { Description = "The conditions themselves cannot work: it teaches where not to try" };
        var isVoid = new Option<bool>("--void") { Description = "A device or a person was at fault: it teaches nothing" };
        var command = new Command("enter", "Enter what came of a trial, or correct it.\n\nExamples:\n  dure lab enter 0a1b2c3d 5 yield=81.2 impurity=2.4\n  dure lab enter 0a1b2c3d 6 --failed --why \"it did not dissolve\"\n  dure lab enter 0a1b2c3d 7 --void --why \"vial broke\"") { id, number, values, failed, isVoid, why };
        command.SetAction(async (parsed, cancel) =>
        {
            var given = LabNames.Values(parsed.GetValue(values) ?? [], "values", "NAME=VALUE, such as yield=81.2");
            if ((given.Count > 0 ? 1 : 0) + (parsed.GetValue(failed) ? 1 : 0) + (parsed.GetValue(isVoid) ? 1 : 0) != 1)
                throw new ProblemException("urn:dure:cli:no-outcome", "It is not clear what came of the trial.", "arguments", "Give outcomes as NAME=VALUE, or --failed, or --void.");
            using var node = shared.Connect(parsed);
            var request = LabNames.Because(parsed.GetValue(why));
            request["state"] = parsed.GetValue(failed) ? "failed" : parsed.GetValue(isVoid) ? "void" : "measured";
            request["values"] = given;
            return await Print(shared, parsed, node, await node.Post($"{Path(parsed.GetValue(id)!, parsed.GetValue(number))}/outcome", request, cancel), parsed.GetValue(id)!, cancel);
        });
        return command;
    }

    /// <summary>All trials from a number on, over as many answers as it takes.</summary>
    internal static async Task<JsonArray> All(NodeClient node, string id, int from, CancellationToken cancel)
    {
        var trials = new JsonArray();
        for (var first = Math.Max(1, from); ;)
        {
            var answer = await node.Get($"{LabNames.Campaign(id)}/trials?from={first}", cancel);
            var some = answer["trials"]!.AsArray();
            foreach (var trial in some.ToArray())
            {
                some.Remove(trial);
                trials.Add(trial);
                first++;
            }
            if (first > answer.Whole("total") || trials.Count == 0)
                return trials;
        }
    }

    private static Command Answer(SharedOptions shared, string verb, string door, string help, string? reason)
    {
        var (id, number, why) = (LabCampaignCommands.Id(), Number(), LabCampaignCommands.Why());
        var command = new Command(verb, $"{help}\n\nExample:\n  dure lab {verb} 0a1b2c3d 7{(reason is null ? "" : $" --why \"{reason}\"")}") { id, number, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            return await Print(shared, parsed, node, await node.Post($"{Path(parsed.GetValue(id)!, parsed.GetValue(number))}/{door}", LabNames.Because(parsed.GetValue(why)), cancel), parsed.GetValue(id)!, cancel);
        });
        return command;
    }

    private static async Task<int> Print(SharedOptions shared, ParseResult parsed, NodeClient node, JsonNode trial, string id, CancellationToken cancel)
    {
        var plan = LabTold.PlanOf(await node.Get(LabNames.Campaign(id), cancel));
        return shared.Print(parsed, trial, () => LabTold.Trial(plan, trial));
    }

    private static string Path(string id, int trial) => $"{LabNames.Campaign(id)}/trials/{trial}";

    private static Argument<int> Number() => new("trial") { Description = "The trial's number, as 'dure lab trials' gives it" };

    private static Argument<string[]> Pairs(string name, string description, ArgumentArity? arity = null) => new(name) { Description = description, Arity = arity ?? ArgumentArity.OneOrMore };
}
