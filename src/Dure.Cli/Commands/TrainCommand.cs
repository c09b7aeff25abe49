using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn;
using Dure.Learn.Neural;
using Dure.Learn.Recipes;

namespace Dure.Cli.Commands;

/// <summary><c>dure train</c>: a predictor of a target, or, without one, a detector of faults.</summary>
internal static class TrainCommand
{
    public static Command Build(SharedOptions shared)
    {
        var version = new Argument<string>("dataset-version");
        var name = new Option<string?>("--name") { Description = "Name of the model" };
        var reference = new Option<string[]>("--reference") { Description = "Machines whose recordings are known to be fault-free; they set the limits (detectors only)", AllowMultipleArgumentsPerToken = true };
        var detector = new Option<string[]>("--detector") { Description = $"Detectors to choose from: {string.Join(", ", DetectorCatalog.All.Select(one => one.Name))} (the first four)", AllowMultipleArgumentsPerToken = true };
        var recipe = new Option<FileInfo?>("--recipe") { Description = "A recipe file (JSON); the other options change it" };
        var target = new Option<string?>("--target") { Description = "The column to predict; without it detectors of faults are trained" };
        var life = new Option<bool>("--remaining-life") { Description = "Predict how much is left until each machine's last row, which is where it failed; needs no column" };
        var cap = new Option<double?>("--cap") { Description = "More left than this counts as this (two thirds of the usual life)" };
        var unit = new Option<string?>("--life-unit") { Description = "What a remaining life is counted in: rows, s, min, h or d (rows)" };
        var cutOff = new Option<string[]>("--cut-off") { Description = "Machines whose last row is not where they failed; they are left out", AllowMultipleArgumentsPerToken = true };
        var ahead = new Option<int?>("--ahead") { Description = "Predict so many rows ahead" };
        var leave = new Option<string[]>("--leave") { Description = "Columns that must not be learnt from", AllowMultipleArgumentsPerToken = true };
        var learner = new Option<string?>("--learner") { Description = "Such as boosted-trees; without it a search finds one" };
        var window = new Option<int?>("--window") { Description = "Rows that the learner window-network looks at together, the row itself the last (32)" };
        var seconds = new Option<double?>("--seconds") { Description = "Time for the search (60)" };
        var metric = new Option<string?>("--metric") { Description = "What is to be good, such as rmse, mae, f1, auc" };
        var split = new Option<string?>("--split") { Description = "time, group, timeWithinGroup, blocked or random; without it as the data demand" };
        var because = new Option<string?>("--random-because") { Description = "Why rows that have a time or group may be split at random after all" };
        var images = new ImageOptions();
        var command = new Command("train", """
            Train a model of a dataset version and register it with its figures on rows it has not seen.

            With --target or --recipe a predictor of a column; with --inspect an inspection of images, with --classify-images a classifier of them; without, detectors of faults, one of which is chosen without looking at a test label.

            Examples:
              dure train VERSION --name pumps
              dure train VERSION --name pumps --detector mewma autoencoder
              dure train energy --target Usage_kWh --ahead 1 --leave CO2 --seconds 60
              dure train plates --target fault --learner boosted-trees --metric macro-f1
              dure train presses --target force --ahead 10 --learner window-network --window 64
              dure train engines --remaining-life --cap 125
              dure train tiles --inspect --name tiles
              dure train tiles --classify-images --name defects
              dure train energy --recipe recipe.json
            """) { version, name, reference, detector, recipe, target, life, cap, unit, cutOff, ahead, leave, learner, window, seconds, metric, split, because };
        images.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var progress = ProgressLine.For(parsed.GetValue(shared.Json));
            var text = parsed.GetValue(recipe) is { } file ? await Read(file, cancel) : new JsonObject { ["version"] = 1 };
            if (images.AreAsked(parsed, text))
            {
                await images.Fill(text, parsed.GetValue(name) ?? (string?)text["name"], parsed, node, cancel);
                var looking = await node.Run("api/v1/predictor-runs", new JsonObject { ["dataset"] = parsed.GetValue(version), ["recipe"] = text }, progress, cancel);
                return shared.Print(parsed, looking, () => PredictorTable.Result(looking));
            }
            if (parsed.GetValue(recipe) is null && parsed.GetValue(target) is null && !parsed.GetValue(life))
            {
                var detectors = new JsonObject
                {
                    ["dataset"] = parsed.GetValue(version),
                    ["name"] = parsed.GetValue(name) ?? "anomaly",
                    ["reference"] = new JsonArray([.. (parsed.GetValue(reference) ?? []).Select(asset => JsonValue.Create(asset))]),
                };
                if (parsed.GetValue(detector) is { Length: > 0 } named)
                    detectors["detectors"] = new JsonArray([.. named.Select(one => JsonValue.Create(one))]);
                var chosen = await node.Run("api/v1/training-runs", detectors, progress, cancel);
                return shared.Print(parsed, chosen, () => Leaderboard.Print(chosen));
            }
            Set(text, "target", parsed.GetValue(target));
            if (parsed.GetValue(life))
            {
                text["target"] ??= RemainingLifeTarget.UsualName;
                text["remainingLife"] ??= new JsonObject();
            }
            if (text["remainingLife"] is JsonObject left)
                SetLife(left, parsed.GetValue(cap), parsed.GetValue(unit), parsed.GetValue(cutOff) ?? []);
            else if (parsed.GetValue(cap) is not null || parsed.GetValue(unit) is not null || parsed.GetValue(cutOff) is { Length: > 0 })
                throw new ProblemException("urn:dure:learn:bad-recipe", "Something is said of a remaining life, and none is asked for.", "--cap, --life-unit or --cut-off", "Add --remaining-life, or leave them out.");
            text["name"] = parsed.GetValue(name) ?? (string?)text["name"] ?? NameOf(text);
            Set(text, "ahead", parsed.GetValue(ahead));
            Set(text, "metric", parsed.GetValue(metric));
            Set(text, "searchSeconds", parsed.GetValue(seconds));
            if (parsed.GetValue(learner) is { } kind)
                text["learner"] = new JsonObject { ["kind"] = kind };
            if (parsed.GetValue(window) is { } rows)
                Windowed(text)["rows"] = rows;
            if (parsed.GetValue(leave) is { Length: > 0 } without)
                text["leave"] = new JsonArray([.. without.Select(column => JsonValue.Create(column))]);
            if (parsed.GetValue(split) is { } how)
                text["split"] = new JsonObject { ["kind"] = how, ["randomBecause"] = parsed.GetValue(because) };
            var result = await node.Run("api/v1/predictor-runs", new JsonObject { ["dataset"] = parsed.GetValue(version), ["recipe"] = text }, progress, cancel);
            return shared.Print(parsed, result, () => PredictorTable.Result(result));
        });
        return command;
    }

    private static async Task<JsonObject> Read(FileInfo file, CancellationToken cancel)
    {
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(file.FullName, cancel)) as JsonObject ?? throw new JsonException("It is not an object.");
        }
        catch (Exception wrong) when (wrong is JsonException or IOException)
        {
            throw new ProblemException("urn:dure:learn:bad-recipe", wrong.Message, file.FullName, "Give a file with a recipe as JSON.", wrong);
        }
    }

    private static void SetLife(JsonObject life, double? cap, string? unit, string[] cutOff)
    {
        Set(life, "cap", cap);
        Set(life, "unit", unit);
        if (cutOff.Length > 0)
            life["cutOff"] = new JsonArray([.. cutOff.Select(machine => JsonValue.Create(machine))]);
    }

    private static void Set<T>(JsonObject text, string field, T? value)
    {
        if (value is not null)
            text[field] = JsonValue.Create(value);
    }

    /// <summary>The learner that looks at windows; where none is named it is the one that does.</summary>
    private static JsonObject Windowed(JsonObject text) =>
        text["learner"] is null ? (JsonObject)(text["learner"] = new JsonObject { ["kind"] = WindowNetworkLearner.Name })
        : text["learner"] is JsonObject named && (string?)named["kind"] == WindowNetworkLearner.Name ? named
        : throw new ProblemException("urn:dure:learn:bad-recipe", "A window is asked for, and another learner is named.", "--window", $"Name --learner {WindowNetworkLearner.Name}, or leave the window out.");

    /// <summary>A name made of the target's, for those who gave none.</summary>
    private static string NameOf(JsonObject recipe)
    {
        var letters = string.Concat(((string?)recipe["target"] ?? "").ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return letters.Length == 0 || !char.IsAsciiLetter(letters[0]) ? $"model-{letters}".TrimEnd('-')[..Math.Min(60, $"model-{letters}".TrimEnd('-').Length)] : letters[..Math.Min(60, letters.Length)];
    }
}
