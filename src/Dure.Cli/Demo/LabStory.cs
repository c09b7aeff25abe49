using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Cli.Commands;
using Dure.Kernel;
using Dure.Lab.Rehearsals;
using Dure.Lab.Virtual;

namespace Dure.Cli.Demo;

/// <summary>
/// A campaign on the virtual laboratory, told while it runs: everything goes through the doors a user's own would. In mid-run a person is asked for each trial, vetoes one
/// and agrees to one, adds a trial, narrows a range and pins an option.
/// </summary>
internal sealed class LabStory(NodeClient node, double pace, TimeProvider time, Action<string> tell)
{
    /// <summary>An experiment of three quarters of an hour takes about two seconds.</summary>
    public const double UsualPace = 1_500;

    private const int RehearsedRuns = 5;
    private const string AllowedBy = "nobody: nothing is real";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Queue<(int Known, Func<JsonNode, JsonArray, Task<bool>> Do)> interventions = new();
    private string id = "";

    /// <returns>What it brought, for programs.</returns>
    /// <exception cref="ProblemException">A step did not really happen.</exception>
    public async Task<JsonObject> Tell(string folder, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        tell("A virtual laboratory: nothing here is real. The chemistry is made up, the instruments are programs; the planner, the gate and the journal are the ones of a real campaign.");
        await TakeIn(cancel);
        var plan = JsonNode.Parse(VirtualExample.Plan, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!.AsObject();
        foreach (var step in plan["protocol"]!.AsArray())
            step!["seconds"] = step.Number("seconds") * VirtualExample.Pace / pace; // how long it takes at this pace: steps are looked at no sooner
        id = (await node.Post($"{LabNames.Api}/campaigns", new JsonObject { ["plan"] = plan.DeepClone(), ["owner"] = "demonstration" }, cancel)).Text("id");
        tell($"Drafted as {id}: {plan.Text("objective")}. {plan["budget"]} trials at most, {plan["parallel"]} at once.");
        await Rehearse(cancel);
        await Move("approve", "the ranges were looked at; nothing is real", cancel);
        await Move("start", "", cancel);

        Plan(plan, cancel);
        var watch = new LabWatch(node, id, tell)
        {
            IsBrief = true,
            Meanwhile = async (campaign, trials) =>
            {
                if (interventions.TryPeek(out var next) && campaign.Text("stage") == "running" && campaign.Whole("known") >= next.Known && await next.Do(campaign, trials))
                    interventions.Dequeue();
            },
        };
        var ended = await watch.ToTheEnd(cancel);
        Require(interventions.Count == 0, "not every intervention could be made");
        return await Sum(ended, folder, time.GetElapsedTime(begun), cancel);
    }

    /// <summary>What the person does in mid-run, by how many results are known then.</summary>
    private void Plan(JsonObject plan, CancellationToken cancel)
    {
        var isVetoed = false;
        Then(7, async (_, _) =>
        {
            await Ask(plan, true, "from here on a person looks at each trial", cancel);
            return true;
        });
        Then(7, async (_, trials) =>
        {
            if (trials.FirstOrDefault(trial => trial.Text("stage") == "proposed") is not { } waiting)
                return false;
            var (verb, why) = isVetoed ? ("approve", "this one is fine") : ("veto", "the reactor is wanted for something else this minute");
            await node.Post($"{LabNames.Campaign(id)}/trials/{waiting["trial"]}/{verb}", LabNames.Because(why), cancel);
            tell($"   *  A person {(isVetoed ? "agrees to" : "vetoes")} trial {waiting["trial"]}: {why}.");
            (var wasVetoed, isVetoed) = (isVetoed, true);
            return wasVetoed;
        });
        Then(7, async (_, _) =>
        {
            await Ask(plan, false, "enough looked at", cancel);
            return true;
        });
        Then(10, async (_, _) =>
        {
            var point = new JsonObject { ["temperature"] = "350 K", ["time"] = "0.5 h", ["catalyst"] = 1, ["solvent"] = "toluene" };
            var added = await node.Post($"{LabNames.Campaign(id)}/trials", new JsonObject { ["point"] = point }, cancel);
            tell($"   *  A person adds trial {added["trial"]} of their own, in other units: 350 K, 0.5 h.");
            return true;
        });
        Then(13, async (_, _) => await Hold(new JsonObject { ["factor"] = "temperature", ["from"] = "40", ["to"] = "110", ["why"] = "gentler on the vials" }, "narrows the temperature to 40 to 110 Cel: gentler on the vials", cancel));
        Then(15, async (campaign, trials) => campaign["best"]!.AsArray() is [{ } best, ..] && trials[(int)best.GetValue<long>() - 1]!["point"].Text("solvent") is var solvent
            && await Hold(new JsonObject { ["factor"] = "solvent", ["from"] = solvent, ["why"] = "the other bottles are empty" }, $"pins the solvent to {solvent}: the other bottles are empty", cancel));
    }

    private void Then(int known, Func<JsonNode, JsonArray, Task<bool>> intervene) => interventions.Enqueue((known, intervene));

    private async Task Ask(JsonObject plan, bool isAsked, string why, CancellationToken cancel)
    {
        var changed = plan.DeepClone().AsObject();
        changed["askForEachTrial"] = isAsked;
        await node.Put($"{LabNames.Campaign(id)}/plan", new JsonObject { ["plan"] = changed, ["why"] = why }, cancel);
        tell($"   *  A person changes the plan: {why}.");
    }

    private async Task<bool> Hold(JsonObject request, string told, CancellationToken cancel)
    {
        await node.Post($"{LabNames.Campaign(id)}/narrow", request, cancel);
        tell($"   *  A person {told}.");
        return true;
    }

    /// <summary>The same campaign on the chemistry alone, before it touches an instrument.</summary>
    private async Task Rehearse(CancellationToken cancel)
    {
        tell("Virtual first: played on the chemistry alone, before it touches an instrument.");
        var rehearsal = RehearsalText.Read(await node.Run($"{LabNames.Campaign(id)}/rehearse", new JsonObject { ["runs"] = RehearsedRuns, ["virtual"] = true }, null, cancel));
        foreach (var line in RehearsalText.Tell(rehearsal).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            tell($"  {line.TrimEnd()}");
    }

    private async Task TakeIn(CancellationToken cancel)
    {
        var cards = VirtualExample.Cards(AllowedBy, pace);
        var there = (await node.Get($"{LabNames.Api}/instruments", cancel))["instruments"]!.AsArray().ToDictionary(one => one.Text("name"), one => one!["virtual"]!.GetValue<bool>(), StringComparer.Ordinal);
        foreach (var card in cards)
        {
            if (there.TryGetValue(card.Text("name"), out var isVirtual) && !isVirtual)
                throw new ProblemException("urn:dure:demo:real-instrument", $"The node has a real instrument '{card.Text("name")}'.", node.Address.ToString(), "Run the demonstration on a node of its own: leave --node out.");
            await node.Post($"{LabNames.Api}/instruments", card.DeepClone(), cancel);
        }
        var begun = time.GetTimestamp();
        while (!(await node.Get($"{LabNames.Api}/instruments", cancel))["instruments"]!.AsArray().Where(one => cards.Any(card => card.Text("name") == one.Text("name"))).All(one => one!["usable"]!.GetValue<bool>()))
        {
            Require(time.GetElapsedTime(begun) < Patience, "the virtual instruments could not be reached");
            await Task.Delay(50, cancel);
        }
        tell($"Taken in: {string.Join(", ", cards.Select(card => card.Text("name")))}, each behind a gate with limits, {pace:0} times faster than real ones.");
    }

    private async Task Move(string verb, string why, CancellationToken cancel)
    {
        var campaign = await node.Post($"{LabNames.Campaign(id)}/{verb}", LabNames.Because(why), cancel);
        tell($"Campaign {id} is {campaign.Text("stage")}.");
    }

    private async Task<JsonObject> Sum(JsonNode campaign, string folder, TimeSpan took, CancellationToken cancel)
    {
        var (plan, best) = (LabTold.PlanOf(campaign), campaign["best"]!.AsArray());
        var trials = await LabTrialCommands.All(node, id, 1, cancel);
        Require(best.Count > 0 && campaign.Whole("known") == campaign.Whole("budget"), $"{campaign["known"]} of {campaign["budget"]} trials are known, {best.Count} of them hold the limits");
        var report = Path.Combine(folder, $"lab-demo-{id}.md");
        LabFiles.WriteSafely(report, await node.GetText($"{LabNames.Campaign(id)}/report.md", cancel));
        return new JsonObject
        {
            ["simulated"] = true,
            ["campaign"] = id,
            ["known"] = campaign["known"]!.DeepClone(),
            ["vetoed"] = trials.Count(trial => trial.Text("stage") == "void"),
            ["best"] = best[0]!.DeepClone(),
            ["bestOutcomes"] = LabTold.Outcomes(plan, trials[(int)best[0]!.GetValue<long>() - 1]!),
            ["report"] = report,
            ["page"] = $"/lab/campaigns/{id}",
            ["seconds"] = Math.Round(took.TotalSeconds, 1),
        };
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new ProblemException("urn:dure:demo:step-failed", $"The demonstration did not go as it should: {otherwise}.", "dure lab demo", "Run it again; if it stays, report it with the output.");
    }
}
