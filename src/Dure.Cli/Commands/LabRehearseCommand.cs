using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Rehearsals;

namespace Dure.Cli.Commands;

/// <summary><c>dure lab rehearse</c>: a campaign played before it touches an instrument, from a file without a node or on one.</summary>
internal static class LabRehearseCommand
{
    public static Command Build(SharedOptions shared)
    {
        var of = new Argument<string>("campaign") { Description = "A plan's file, or the ID of a campaign on a node, whose report then shows it beside what really came" };
        var data = new Option<string?>("--earlier") { Description = "Earlier trials: a CSV file with the plan's factors and outcomes (default: the sheet beside the plan), or on a node a campaign's ID" };
        var isVirtual = new Option<bool>("--virtual") { Description = "Play on the virtual laboratory's chemistry instead: nothing is real" };
        var runs = new Option<int>("--runs") { Description = $"How often, 1 to {CampaignRehearsal.MostRuns}", DefaultValueFactory = _ => 20 };
        var command = new Command("rehearse", """
            Play a campaign before it touches an instrument: on surrogates of earlier trials, or on the virtual laboratory. Says how many trials it takes to come
            near the best, against trials by chance, and how many break a limit.

            Examples:
              dure lab rehearse coupling.json                             on the trials in coupling.csv
              dure lab rehearse coupling.json --earlier lastyear.csv --runs 50
              dure lab rehearse coupling.json --virtual
              dure lab rehearse 0a1b2c3d --earlier 9f8e7d6c                on a node, on an earlier campaign's trials
            """) { of, data, isVirtual, runs };
        command.SetAction(async (parsed, cancel) =>
        {
            var (named, earlier, count) = (parsed.GetValue(of)!, parsed.GetValue(data), parsed.GetValue(runs));
            if (count is < 1 or > CampaignRehearsal.MostRuns)
                throw new ProblemException("urn:dure:cli:bad-count", $"{count} runs are asked for.", "--runs", $"Ask for 1 to {CampaignRehearsal.MostRuns}.");
            if (parsed.GetValue(isVirtual) && earlier is not null)
                throw new ProblemException("urn:dure:cli:bad-option", "Both earlier trials and the virtual laboratory are named.", "--virtual", "Leave one out.");
            var progress = ProgressLine.For(parsed.GetValue(shared.Json));
            var rehearsal = LabCampaignCommands.IsFile(named) ? await Task.Run(() => OfFile(new FileInfo(named), earlier, parsed.GetValue(isVirtual), count, progress, cancel), cancel)
                : await OnNode(shared, parsed, named, earlier, parsed.GetValue(isVirtual), count, progress, cancel);
            ProgressLine.Clear();
            return shared.Print(parsed, RehearsalText.ToJson(rehearsal), () => Console.Write(RehearsalText.Tell(rehearsal)));
        });
        return command;
    }

    private static Rehearsal OfFile(FileInfo file, string? earlier, bool isVirtual, int runs, Action<double, string>? progress, CancellationToken cancel)
    {
        var text = LabNames.PlanIn(file);
        var plan = CampaignText.Read(text);
        var data = new FileInfo(earlier ?? Path.ChangeExtension(file.FullName, ".csv"));
        StandIn standIn = isVirtual ? VirtualStandIn.Of(text) : SurrogateStandIn.Fit(plan, TrialSheet.Read(plan, LabFiles.ReadText(data), data.FullName).Trials, cancel);
        return CampaignRehearsal.Play(plan, standIn, runs, share => progress?.Invoke(share, "rehearsing"), cancel);
    }

    private static async Task<Rehearsal> OnNode(SharedOptions shared, ParseResult parsed, string id, string? earlier, bool isVirtual, int runs, Action<double, string>? progress, CancellationToken cancel)
    {
        using var node = shared.Connect(parsed);
        var request = new JsonObject { ["runs"] = runs };
        if (isVirtual)
            request["virtual"] = true;
        else if (earlier is not null && File.Exists(earlier))
            request["data"] = LabFiles.ReadText(new FileInfo(earlier));
        else
            request["earlier"] = earlier ?? throw new ProblemException("urn:dure:cli:no-data", "It is not said on what to play.", "arguments", "Give --earlier FILE, --earlier ID, or --virtual.");
        return RehearsalText.Read(await node.Run($"{LabNames.Campaign(id)}/rehearse", request, progress, cancel));
    }
}
