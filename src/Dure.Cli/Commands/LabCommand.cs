using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Cli.Commands;

/// <summary><c>dure lab</c>: campaigns of experiments. Here: with a plan in a file and the trials in a spreadsheet, which needs no node.</summary>
internal static class LabCommand
{
    public static Command Build(SharedOptions shared, INodeLauncher launcher, TimeProvider time) => new("lab", """
        Plan experiments: say what may be turned and what is wanted, get the next trials with their reasons, see what came of them, ask again.

        With a plan in a file and the trials in a spreadsheet, without a node:
          dure lab new coupling.json                     write a plan to begin with
          dure lab suggest coupling.json --count 4       add the next four trials to coupling.csv
          dure lab report coupling.json --out coupling.md
          dure lab rehearse coupling.json --virtual      play a campaign before it touches an instrument

        On a node, with instruments that make the trials or people who enter what came of them:
          dure lab draft coupling.json                   write the campaign down; prints its ID
          dure lab approve ID --why "as discussed"       agree to it
          dure lab start ID
          dure lab trials ID --watch
          dure lab report ID --out coupling.md

          dure lab stop --why "smoke"                    EMERGENCY: stop every instrument at once

        To see it work, on instruments of which nothing is real:
          dure lab demo
        """)
    {
        New(), Check(shared), Suggest(shared), LabRehearseCommand.Build(shared), LabCampaignCommands.Report(shared),
        LabCampaignCommands.Draft(shared), LabCampaignCommands.List(shared), LabCampaignCommands.Show(shared),
        LabCampaignCommands.Approve(shared), LabCampaignCommands.Start(shared), LabCampaignCommands.Pause(shared), LabCampaignCommands.End(shared),
        LabTrialCommands.Trials(shared), LabTrialCommands.Agree(shared), LabTrialCommands.Veto(shared), LabTrialCommands.Add(shared), LabTrialCommands.Enter(shared),
        LabEditCommands.Pin(shared), LabEditCommands.Narrow(shared), LabEditCommands.Loosen(shared), LabEditCommands.Change(shared),
        LabInstrumentCommands.List(shared), LabInstrumentCommands.Build(shared), LabInstrumentCommands.Stop(shared), LabInstrumentCommands.Release(shared),
        LabSafetyCommands.Stock(shared), LabSafetyCommands.Watch(shared), LabSafetyCommands.Shares(shared),
        LabDemoCommand.Build(shared, launcher, time),
    };

    private static Command New()
    {
        var file = new Argument<FileInfo>("plan") { Description = "The file to write" };
        var command = new Command("new", "Write a plan to begin with, explained in comments.") { file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            LabFiles.WriteNew(path, CampaignText.Example);
            Console.WriteLine($"{path.FullName} is written. Edit it, then: dure lab suggest {path.Name}");
            return 0;
        });
        return command;
    }

    private static Command Check(SharedOptions shared)
    {
        var file = PlanArgument();
        var command = new Command("check", "Look whether a plan, and its sheet of trials if there is one, make sense.") { file };
        command.SetAction(parsed =>
        {
            var (plan, sheet, path) = Read(parsed.GetValue(file)!);
            var size = plan.Space.Log10Count();
            var outside = sheet.Trials.Count(trial => !plan.Space.Contains(trial.Point));
            shared.Print(parsed, new JsonObject { ["name"] = plan.Name, ["factors"] = plan.Space.Factors.Count, ["outcomes"] = plan.Outcomes.Count, ["log10Combinations"] = size, ["trials"] = sheet.Trials.Count, ["outside"] = outside }, () =>
            {
                Console.WriteLine($"{plan.Name}: {plan.Space.Factors.Count} factors, {plan.Space.Constraints.Count} constraints, {plan.Outcomes.Count} outcomes, {plan.Budget} trials at most.");
                if (size > 0)
                    Console.WriteLine($"There are about {(size < 6 ? Math.Round(Math.Pow(10, size)).ToString("N0", CultureInfo.InvariantCulture) : $"10^{size.ToString("0.#", CultureInfo.InvariantCulture)}")} combinations of what has steps, before constraints.");
                Console.WriteLine($"{path}: {sheet.Trials.Count} trials{(outside > 0 ? $", {outside} of them outside what the plan allows; they teach, too" : "")}.");
            });
            return 0;
        });
        return command;
    }

    private static Command Suggest(SharedOptions shared)
    {
        var file = PlanArgument();
        var count = new Option<int>("--count") { Description = "How many trials, 1 to 100", DefaultValueFactory = _ => 1 };
        var pins = new Option<string[]>("--pin") { Description = "Hold a factor at a value: NAME=VALUE; may be repeated" };
        var narrows = new Option<string[]>("--narrow") { Description = "A narrower range for this time: NAME=LOW..HIGH; may be repeated" };
        var command = new Command("suggest", "Add the next trials to the sheet beside the plan, each with what is expected of it and why.") { file, count, pins, narrows };
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            var (plan, sheet, path) = Read(parsed.GetValue(file)!);
            var before = File.Exists(path) ? LabFiles.ReadText(new FileInfo(path)) : null;
            var wanted = parsed.GetValue(count);
            if (wanted is < 1 or > 100)
                throw new ProblemException("urn:dure:cli:bad-count", $"{wanted} trials are asked for.", "--count", "Ask for 1 to 100.");
            var made = sheet.Trials.Count(trial => trial.State != TrialState.Void);
            if (made >= plan.Budget)
                throw new ProblemException("urn:dure:lab:budget-spent", $"All {plan.Budget} trials of the budget are made or under way.", path, "Raise \"budget\" in the plan, or end the campaign: dure lab report.");
            var space = Narrowed(plan.Space, parsed.GetValue(pins) ?? [], parsed.GetValue(narrows) ?? []);
            var planner = new TrialPlanner(plan.Problem.In(space), earlier: Earlier(plan, parsed.GetValue(file)!));
            var advice = planner.Advise(sheet.Trials, plan.Seed, cancel: cancel);
            var suggestions = planner.Suggest(sheet.Trials, Math.Min(wanted, plan.Budget - made), plan.Seed, cancel);
            if (suggestions.Count == 0)
                throw new ProblemException("urn:dure:lab:nothing-left", "All that may be tried has been.", path, "Widen the ranges, or end the campaign: dure lab report.");
            var first = sheet.Trials.Count;
            string called(int trial) => $"trial {sheet.Numbers[trial]}";
            foreach (var suggestion in suggestions)
                sheet.Add(suggestion, CampaignWords.Why(plan, suggestion, called));
            if ((File.Exists(path) ? LabFiles.ReadText(new FileInfo(path)) : null) != before)
                throw new ProblemException("urn:dure:lab:sheet-changed", "The sheet was changed while the trials were chosen.", path, "Ask again; nothing was written.");
            LabFiles.WriteSafely(path, sheet.Write());
            shared.Print(parsed, new JsonObject { ["suggestions"] = Describe(plan, suggestions, sheet), ["stop"] = Describe(advice) }, () =>
            {
                Tell(plan, suggestions, first, path, called);
                if (advice.NextGain is not null)
                    Console.WriteLine(CampaignWords.Stop(plan, advice));
            });
            return 0;
        }, cancel));
        return command;
    }

    private static void Tell(CampaignPlan plan, IReadOnlyList<Suggestion> suggestions, int first, string path, Func<int, string> called)
    {
        for (var i = 0; i < suggestions.Count; i++)
        {
            Console.WriteLine($"{called(first + i)}: {plan.Space.Describe(suggestions[i].Point)}");
            Console.WriteLine($"  {CampaignWords.Why(plan, suggestions[i], called)}");
        }
        if (suggestions[^1].Calibration is { } share && share < 0.7)
            Console.WriteLine($"Take the intervals with care: of the trials so far {share:P0} lie within what the others made of them, where nine in ten should.");
        Console.WriteLine($"Fill in what comes of them in {path}, then ask again.");
    }

    private static JsonNode Describe(CampaignPlan plan, IReadOnlyList<Suggestion> suggestions, TrialSheet sheet) => new JsonArray([.. suggestions.Select((one, i) => new JsonObject
    {
        ["trial"] = sheet.Numbers[sheet.Numbers.Count - suggestions.Count + i],
        ["point"] = new JsonObject(plan.Space.Write(one.Point).Select(value => KeyValuePair.Create(value.Key, Json(value.Value)))),
        ["reason"] = one.Reason.ToString(),
        ["expected"] = new JsonArray([.. one.Expected.Select((expected, k) => new JsonObject { ["outcome"] = plan.Outcomes[k].Name, ["mean"] = expected.Mean, ["low"] = expected.Low, ["high"] = expected.High })]),
        ["expectedGain"] = one.ExpectedGain,
        ["chanceOfHolding"] = one.ChanceOfHolding,
        ["isCheap"] = one.IsCheap,
        ["earlier"] = one.Earlier,
        ["doubt"] = one.Doubt,
        ["nearest"] = one.Nearest is { } nearest ? sheet.Numbers[nearest] : null,
        ["calibration"] = one.Calibration,
    })]);

    internal static JsonObject Describe(StopAdvice advice) => new()
    {
        ["isAdvised"] = advice.IsAdvised, ["reason"] = advice.Reason, ["nextGain"] = advice.NextGain, ["gainAhead"] = advice.GainAhead,
        ["regretBound"] = advice.RegretBound, ["chanceWithin"] = advice.ChanceWithin, ["sureSteps"] = advice.SureSteps,
    };

    private static JsonNode? Json(object? value) => value switch { string option => option, long whole => whole, double number => number, _ => null };

    private static Argument<FileInfo> PlanArgument() => new("plan") { Description = "The plan (JSON); its trials lie beside it in a sheet of the same name ending with .csv" };

    internal static (CampaignPlan Plan, TrialSheet Sheet, string Path) Read(FileInfo file)
    {
        var plan = CampaignText.Parse(LabFiles.ReadText(file));
        var path = Path.ChangeExtension(file.FullName, ".csv");
        return (plan, File.Exists(path) ? TrialSheet.Read(plan, LabFiles.ReadText(new FileInfo(path)), path) : TrialSheet.Empty(plan), path);
    }

    /// <summary>The earlier campaigns that a plan names, each a plan beside it with its sheet.</summary>
    private static EarlierCampaign[] Earlier(CampaignPlan plan, FileInfo file) => [.. plan.Earlier.Select(named =>
    {
        var (earlier, sheet, _) = Read(new FileInfo(Path.Combine(file.DirectoryName ?? ".", named)));
        return EarlierTrials.Of(plan, earlier, sheet.Trials);
    })];

    private static SearchSpace Narrowed(SearchSpace space, IEnumerable<string> pins, IEnumerable<string> narrows)
    {
        static double number(string text, string option, string form) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
            : throw new ProblemException("urn:dure:cli:bad-option", $"'{text}' is no number.", option, $"Write {form}.");
        foreach (var pin in pins)
        {
            var (name, value) = LabNames.Parts(pin, "--pin", "NAME=VALUE");
            space = space.Factors[space.NumberOf(name)] is Factor.Category ? space.Pinned(name, value) : space.Pinned(name, number(value, "--pin", "NAME=VALUE"));
        }
        foreach (var narrow in narrows)
        {
            var (name, value) = LabNames.Parts(narrow, "--narrow", "NAME=LOW..HIGH");
            var ends = value.Split("..", StringSplitOptions.TrimEntries);
            if (ends.Length != 2)
                throw new ProblemException("urn:dure:cli:bad-option", $"'{narrow}' is not clear.", "--narrow", "Write NAME=LOW..HIGH.");
            space = space.Narrowed(name, number(ends[0], "--narrow", "NAME=LOW..HIGH"), number(ends[1], "--narrow", "NAME=LOW..HIGH"));
        }
        return space;
    }
}
