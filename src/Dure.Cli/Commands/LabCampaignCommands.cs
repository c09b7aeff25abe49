using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Optimize.Campaigns;

namespace Dure.Cli.Commands;

/// <summary>Campaigns on a node: written down, agreed to, started, paused, ended, reported.</summary>
internal static class LabCampaignCommands
{
    public static Argument<string> Id() => new("id") { Description = "The campaign, as 'dure lab list' gives it" };

    public static Option<string?> Why(string description = "The reason; the journal keeps it") => new("--why") { Description = description };

    public static Command Draft(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("plan") { Description = "The plan (JSON, comments allowed)" };
        var owner = new Option<string?>("--owner") { Description = "Whose data it makes (default: who drafts it)" };
        var command = new Command("draft", "Write a campaign down on a node. Nothing is tried before it is approved and started.\n\nExamples:\n  dure lab draft coupling.json\n  dure lab draft coupling.json --owner \"Chemistry 2\"") { file, owner };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["plan"] = LabNames.PlanIn(parsed.GetValue(file)!) };
            if (parsed.GetValue(owner) is { } whose)
                request["owner"] = whose;
            var campaign = await node.Post($"{LabNames.Api}/campaigns", request, cancel);
            return shared.Print(parsed, campaign, () => Console.WriteLine($"{campaign.Text("id")} is drafted: {campaign.Text("name")}. Next: dure lab approve {campaign.Text("id")} --why \"…\""));
        });
        return command;
    }

    public static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List the campaigns of a node, the newest first.\n\nExample:\n  dure lab list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"{LabNames.Api}/campaigns", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var campaign in answer["campaigns"]!.AsArray())
                    Console.WriteLine(LabTold.Line(campaign!));
            });
        });
        return command;
    }

    public static Command Show(SharedOptions shared)
    {
        var id = Id();
        var command = new Command("show", "Show a campaign: how far it is, what is held, who moved it and why. With --json its plan, too.\n\nExample:\n  dure lab show 0a1b2c3d") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var campaign = await node.Get(LabNames.Campaign(parsed.GetValue(id)!), cancel);
            return shared.Print(parsed, campaign, () => LabTold.Campaign(campaign));
        });
        return command;
    }

    public static Command Approve(SharedOptions shared) => Move(shared, "approve", "Agree to a draft (needs the permission 'approve').", "the ranges are safe");

    public static Command Start(SharedOptions shared) => Move(shared, "start", "Start a campaign, or go on after a pause.", null);

    public static Command Pause(SharedOptions shared) => Move(shared, "pause", "Begin no more trials; those under way go on to their end.", "solvent delivery");

    public static Command End(SharedOptions shared) => Move(shared, "end", "End a campaign for good. To stop instruments at once, see 'dure lab stop'.", "good enough");

    /// <summary>The report of a campaign on a node, or of a plan's sheet without one.</summary>
    public static Command Report(SharedOptions shared)
    {
        var of = new Argument<string>("campaign") { Description = "The ID of a campaign on a node, or a plan's file with its sheet beside it" };
        var to = new Option<FileInfo?>("--out") { Description = "The Markdown file to write; else it is printed" };
        var command = new Command("report", "What a campaign has brought: the best, how it came about, every trial.\n\nExamples:\n  dure lab report coupling.json --out coupling.md\n  dure lab report 0a1b2c3d --out coupling.md") { of, to };
        command.SetAction(async (parsed, cancel) =>
        {
            var (named, path) = (parsed.GetValue(of)!, parsed.GetValue(to));
            var answer = IsFile(named) ? await Task.Run(() => OfFile(named, path, cancel), cancel) : await OfNode(shared.Connect(parsed), named, cancel);
            var report = answer.Text("report");
            if (path is not null)
                LabFiles.WriteSafely(path.FullName, report);
            return shared.Print(parsed, answer, () => Console.Write(path is not null ? $"{path.FullName} is written.{Environment.NewLine}" : report));
        });
        return command;
    }

    internal static bool IsFile(string named) => File.Exists(named) || named.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || named.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static JsonObject OfFile(string named, FileInfo? to, CancellationToken cancel)
    {
        var file = new FileInfo(named);
        var (plan, sheet, beside) = LabCommand.Read(file);
        if (to is not null && (to.FullName == beside || to.FullName == file.FullName))
            throw new ProblemException("urn:dure:cli:file-exists", "That is the plan or its sheet.", to.FullName, "Name another file for the report.");
        var advice = new TrialPlanner(plan.Problem).Advise(sheet.Trials, plan.Seed, cancel: cancel);
        return new JsonObject
        {
            ["best"] = new JsonArray([.. CampaignReport.BestOf(plan, sheet.Trials).Select(i => JsonValue.Create(sheet.Numbers[i]))]),
            ["stop"] = LabCommand.Describe(advice),
            ["report"] = CampaignReport.Write(plan, sheet.Trials, sheet.Numbers, advice),
        };
    }

    private static async Task<JsonObject> OfNode(NodeClient node, string id, CancellationToken cancel)
    {
        using (node)
            return new JsonObject { ["best"] = (await node.Get(LabNames.Campaign(id), cancel))["best"]!.DeepClone(), ["report"] = await node.GetText($"{LabNames.Campaign(id)}/report.md", cancel) };
    }

    private static Command Move(SharedOptions shared, string verb, string help, string? reason)
    {
        var (id, why) = (Id(), Why());
        var command = new Command(verb, $"{help}\n\nExample:\n  dure lab {verb} 0a1b2c3d{(reason is null ? "" : $" --why \"{reason}\"")}") { id, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var campaign = await node.Post($"{LabNames.Campaign(parsed.GetValue(id)!)}/{verb}", LabNames.Because(parsed.GetValue(why)), cancel);
            return shared.Print(parsed, campaign, () => Console.WriteLine(LabTold.Line(campaign)));
        });
        return command;
    }
}
