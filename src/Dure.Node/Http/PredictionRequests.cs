using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Learn.Explanations;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;

namespace Dure.Node.Http;

/// <summary>Asking a predictor: what it says of rows, why, and what would have to be otherwise.</summary>
internal static class PredictionRequests
{
    public static JsonObject Predict(string version, JsonObject request, PredictorRegistry registry, CancellationToken cancel)
    {
        var found = registry.Find(version);
        var predictor = registry.Read(found);
        var stream = predictor.Start();
        var predictions = Predictions(request, stream, cancel, found.Manifest.Ahead);
        var answer = new JsonObject { ["predictions"] = new JsonArray([.. predictions.Select(said => said is null ? null : PredictorJson.Said(said))]) };
        if (predictions[^1] is not null && Requests.FlagOr(request, "explain", false))
        {
            var why = PredictionExplanation.Of(predictor, stream.Features, registry.ReadReference(found).Usual, request["class"] is null ? null : Requests.Text(request, "class"), found.Manifest.Seed, cancel);
            answer["explanation"] = why is null ? null : PredictorJson.Explain(why);
        }
        return answer;
    }

    /// <summary>What would have to be otherwise in the last row for another prediction.</summary>
    public static JsonObject Change(string version, JsonObject request, PredictorRegistry registry, CancellationToken cancel)
    {
        var found = registry.Find(version);
        var predictor = registry.Read(found);
        var stream = predictor.Start();
        var said = Predictions(request, stream, cancel)[^1] ?? throw Requests.Bad("rows", "The model says nothing of the last row yet.", "Send more rows before it.");
        var wanted = Wanted(request, predictor);
        var isThere = PredictorChanges.IsThere(predictor, stream, wanted);
        var changes = isThere ? [] : PredictorChanges.Of(predictor, stream, registry.ReadReference(found).Usual, [.. Free(request)], wanted, cancel);
        return new() { ["prediction"] = PredictorJson.Said(said), ["already"] = isThere, ["changes"] = new JsonArray([.. changes.Select(PredictorJson.Changed)]) };
    }

    /// <param name="ahead">How many rows later a row's outcome is known: only then is it told, where the request has outcomes.</param>
    private static List<Prediction?> Predictions(JsonObject request, PredictorStream stream, CancellationToken cancel, int ahead = 0)
    {
        var rows = PredictionRows.Of(request, stream);
        var (predictions, outcomes) = (new List<Prediction?>(rows.Count), Outcomes(request, rows.Count));
        for (var number = 0; number < rows.Count; number++)
        {
            cancel.ThrowIfCancellationRequested();
            if (outcomes is not null && number - Math.Max(1, ahead) is >= 0 and var known && predictions[known] is not null)
                stream.Tell(outcomes[known]);
            predictions.Add(rows.Next(stream, number));
        }
        return predictions;
    }

    private static (int Output, double Low, double High) Wanted(JsonObject request, Predictor predictor)
    {
        if (request["class"] is not null)
            return PredictorChanges.WantedClass(predictor, Requests.Text(request, "class"));
        var (below, above) = (Limit(request, "below"), Limit(request, "above"));
        if (predictor.Task.IsClassification || (below is null && above is null))
            throw Requests.Bad(predictor.Task.IsClassification ? "class" : "below", "It is not said what is wanted.", predictor.Task.IsClassification ? $"Name the class: {string.Join(", ", predictor.Task.Classes.Take(50))}." : "Send a number as \"below\" or \"above\".");
        return above <= below || above is null || below is null ? (0, above ?? double.NegativeInfinity, below ?? double.PositiveInfinity)
            : throw Requests.Bad("above", $"No number is above {above} and below {below}.", "Turn them round, or send one of them.");
    }

    private static IEnumerable<ChangeLimit> Free(JsonObject request)
    {
        var free = request["free"] as JsonArray ?? throw Requests.Bad("free", "It is not said which signals may be changed.", "Send a list of their names, or of objects with \"signal\", \"low\", \"high\" and \"direction\".");
        foreach (var (number, one) in free.Index())
            yield return one switch
            {
                JsonValue name when name.GetValueKind() == JsonValueKind.String => new(name.GetValue<string>()),
                JsonObject limit => new(Requests.Text(limit, "signal"), (float)(Limit(limit, "low") ?? double.NegativeInfinity), (float)(Limit(limit, "high") ?? double.PositiveInfinity), Direction(limit)),
                _ => throw Requests.Bad($"free[{number}]", "It is neither a name nor an object.", "Send the signal's name."),
            };
    }

    private static int Direction(JsonObject limit) => Requests.TextOr(limit, "direction", "both") switch
    {
        "both" => 0,
        "up" => 1,
        "down" => -1,
        _ => throw Requests.Bad("direction", "There is no such direction.", "Send up, down or both."),
    };

    /// <summary>For each row its true value, null where it is not known; null: none are sent.</summary>
    private static double?[]? Outcomes(JsonObject request, int rows)
    {
        if (request["outcomes"] is null)
            return null;
        if (request["outcomes"] is not JsonArray list || list.Count != rows || list.Any(one => one is not null && one.GetValueKind() != JsonValueKind.Number))
            throw Requests.Bad("outcomes", "It is no list of numbers, or of another length than the rows.", $"Send {rows} numbers, null where the true value is not known.");
        return [.. list.Select(one => one?.GetValue<double>())];
    }

    private static double? Limit(JsonObject request, string field) => request[field] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && double.IsFinite(value.GetValue<double>()) => value.GetValue<double>(),
        _ => throw Requests.Bad(field, "It is no number.", "Send a number."),
    };
}
