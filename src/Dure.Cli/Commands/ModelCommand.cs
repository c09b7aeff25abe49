using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Dure.Cli.Commands;

/// <summary><c>dure model</c>: the predictors of a node, listed, looked at, compared, staged, fetched.</summary>
internal static class ModelCommand
{
    public static Command Build(SharedOptions shared) => new("model", "List, compare, approve and fetch trained predictors.\n\nExamples:\n  dure model list\n  dure model card energy\n  dure model predict energy --set load=0.7 --explain\n  dure model compare energy@1 energy@2\n  dure model approve energy --why \"checked on line 3 for two weeks\"")
    {
        List(shared), Card(shared), ModelAskCommands.Predict(shared), ModelAskCommands.Change(shared), ModelInspectCommand.Build(shared), Compare(shared), Leaderboard(shared), Drift(shared), RetrainingCommands.List(shared), RetrainingCommands.Answer(shared), Fetch(shared), Stage(shared, "approve", "approved", "Say that someone answers for its use."), Stage(shared, "retire", "retired", "Say that it is not to be used any more."),
    };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "All predictors, the newest first.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/predictors", cancel);
            return shared.Print(parsed, answer, () => PredictorTable.Lines(answer["predictors"]!.AsArray()));
        });
        return command;
    }

    private static Command Card(SharedOptions shared)
    {
        var version = Version();
        var language = new Option<string>("--language") { Description = "In which language.", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "ko");
        var command = new Command("card", "The model card, as Markdown.") { version, language };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            Console.WriteLine(await node.GetText($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/card.md?language={parsed.GetValue(language)}", cancel)); // a required argument
            return 0;
        });
        return command;
    }

    private static Command Compare(SharedOptions shared)
    {
        var (first, second) = (new Argument<string>("first"), new Argument<string>("second"));
        var command = new Command("compare", "Whether one is better than the other, on the test rows they share.") { first, second };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"api/v1/predictors/compare?a={Uri.EscapeDataString(parsed.GetValue(first)!)}&b={Uri.EscapeDataString(parsed.GetValue(second)!)}", cancel);
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"{answer.Text("words")} ({answer.Whole("rows"):N0} rows)");
                foreach (var one in answer["differences"]!.AsArray().Skip(1))
                    Console.WriteLine($"  {one.Text("words")}");
            });
        });
        return command;
    }

    private static Command Leaderboard(SharedOptions shared)
    {
        var command = new Command("leaderboard", "The leading models of each task: judged on the same rows of the same target.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/predictors/leaderboards", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var board in answer["leaderboards"]!.AsArray())
                {
                    Console.WriteLine($"{board.Text("dataset")}: {board.Text("target")} by {board.Text("metric")}");
                    PredictorTable.Lines(board!["predictors"]!.AsArray());
                }
            });
        });
        return command;
    }

    private static Command Drift(SharedOptions shared)
    {
        var version = Version();
        var dataset = new Argument<string>("dataset-version") { Description = "Newer rows of the same machines or parts" };
        var propose = new Option<bool>("--propose") { Description = "Where it is time to train again, put that before the people who decide" };
        var command = new Command("drift", "How far newer rows have moved from those a predictor learnt from, and whether it errs more.") { version, dataset, propose };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/drift?dataset={Uri.EscapeDataString(parsed.GetValue(dataset)!)}", cancel); // both are required
            var put = parsed.GetValue(propose) && answer["proposal"] is not null
                ? await node.Post("api/v1/retrainings", new JsonObject { ["model"] = parsed.GetValue(version), ["dataset"] = parsed.GetValue(dataset) }, cancel) : null;
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine($"Drift: {answer.Text("severity").ToLowerInvariant()}; {answer.Whole("rows"):N0} rows, {answer.Whole("labelledRows"):N0} with a known result.");
                foreach (var column in answer["columns"]!.AsArray().Where(column => column.Text("severity") != "None").Take(10))
                    Console.WriteLine($"  {column.Text("words")}");
                Console.WriteLine(answer["proposal"] is { } proposal ? (string?)proposal : "There is no reason to train it again.");
                if (put is not null)
                    Console.WriteLine($"Proposal {put.Whole("entry")} waits for an answer: dure model answer {put.Whole("entry")} --approve --why \"…\"");
            });
        });
        return command;
    }

    private static Command Fetch(SharedOptions shared)
    {
        var version = Version();
        var output = new Option<FileInfo>("--output") { Description = "Where to write the ONNX file", Required = true };
        var command = new Command("onnx", "Fetch a predictor as ONNX.") { version, output };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var file = parsed.GetValue(output)!.FullName;
            await node.Download($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/onnx", file, cancel);
            return shared.Print(parsed, new JsonObject { ["file"] = file }, () => Console.WriteLine(file));
        });
        return command;
    }

    private static Command Stage(SharedOptions shared, string verb, string stage, string about)
    {
        var version = Version();
        var why = new Option<string>("--why") { Description = "The reason, in a sentence", Required = true };
        var command = new Command(verb, about) { version, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/stage", new JsonObject { ["stage"] = stage, ["why"] = parsed.GetValue(why) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("name")} {answer.Whole("number")} is {answer.Text("stage").ToLowerInvariant()}."));
        });
        return command;
    }

    internal static Argument<string> Version() => new("version") { Description = "A version, its first digits, a name (the newest), or name@number" };
}

/// <summary>Predictors in the terminal.</summary>
internal static class PredictorTable
{
    public static void Lines(JsonArray predictors)
    {
        if (predictors.Count == 0)
        {
            Console.WriteLine("There is no model yet. Train one: dure train DATASET --target COLUMN");
            return;
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("Model").NoWrap()).AddColumns("Target", "Learner", "On unseen rows", "Stage");
        foreach (var one in predictors)
            table.AddRow(Markup.Escape($"{one.Text("name")}@{one.Whole("number")}"), Markup.Escape(one.Text("target")), Markup.Escape(one.Text("learner")), Markup.Escape($"{one?["figure"]?.Text("metric")} {Figure(one?["figure"], withRange: false)}"), one.Text("stage").ToLowerInvariant());
        AnsiConsole.Write(table);
    }

    /// <summary>What a training found: the model beside answers that look at nothing.</summary>
    public static void Result(JsonNode result)
    {
        var lines = result["lines"]!.AsArray();
        var guesses = lines.Where(line => line?["looksAtNothing"]?.GetValue<bool>() == true).ToArray();
        var table = new Table().Border(TableBorder.Rounded).AddColumn("On unseen rows").AddColumn(new TableColumn("The model").NoWrap()).AddColumn("The best guess that looks at nothing");
        foreach (var figure in lines[0]!["figures"]!.AsArray().Where(figure => !figure.Text("metric").StartsWith("skill ", StringComparison.Ordinal)).OrderByDescending(figure => figure.Text("metric") == result.Text("metric")))
            table.AddRow(Markup.Escape(figure.Text("metric")), Figure(figure, withRange: true), Markup.Escape(BestGuess(guesses, figure!)));
        AnsiConsole.Write(table);
        if (result["interval"] is { } interval && !double.IsNaN(interval.Number("coverage")))
            Console.WriteLine($"Its intervals are to hold the truth in {interval.Number("level"):P0} of cases and did in {interval.Number("coverage"):P1}.");
        foreach (var note in result["notes"]!.AsArray())
            Console.WriteLine($"Note: {note}");
        Console.WriteLine($"model {result.Text("name")}@{result.Whole("number")}  {result.Text("version")}");
    }

    private static string BestGuess(JsonNode?[] guesses, JsonNode figure)
    {
        var sign = figure["higherIsBetter"]!.GetValue<bool>() ? -1 : 1;
        var known = guesses.Select(line => (Name: line.Text("name"), Figure: line!["figures"]!.AsArray().FirstOrDefault(other => other.Text("metric") == figure.Text("metric"))))
            .Where(guess => guess.Figure is not null && !double.IsNaN(guess.Figure.Number("value"))).ToArray();
        if (known.Length == 0)
            return "-";
        var (name, best) = known.MinBy(guess => sign * guess.Figure.Number("value"));
        return $"{Figure(best, withRange: false)} ({name})";
    }

    private static string Figure(JsonNode? figure, bool withRange) => figure is null || double.IsNaN(figure.Number("value")) ? "-"
        : figure.Number("value").ToString("G4", CultureInfo.CurrentCulture) + (withRange && !double.IsNaN(figure.Number("low")) ? $" ({figure.Number("low"):G4} to {figure.Number("high"):G4})" : "");
}
