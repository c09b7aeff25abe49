using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Learn.Recipes;

namespace Dure.Node.Http;

/// <summary>
/// The rows that a request hands a predictor: objects of signal and value, in order of time. When a row was stands in its field <c>time</c>; where a
/// signal is called so, or <c>times</c> is sent, in the list <c>times</c> beside the rows.
/// </summary>
internal sealed class PredictionRows
{
    private const int MostRows = 10_000;
    private const string Moment = "time";

    private readonly JsonArray rows;
    private readonly JsonArray? times;
    private readonly bool areMomentsInRows;

    private PredictionRows(JsonArray rows, JsonArray? times, bool areMomentsInRows) => (this.rows, this.times, this.areMomentsInRows) = (rows, times, areMomentsInRows);

    public int Count => rows.Count;

    /// <exception cref="Kernel.ProblemException">There are no rows, too many, or another number of times.</exception>
    public static PredictionRows Of(JsonObject request, PredictorStream stream)
    {
        if (request["rows"] is not JsonArray { Count: >= 1 and <= MostRows } rows)
            throw Requests.Bad("rows", "There are no rows, or too many.", $"Send 1 to {MostRows:N0} rows as objects of signal and value, in order of time; a field \"time\" says when.");
        var times = request["times"] as JsonArray;
        if (request["times"] is not null && times?.Count != rows.Count)
            throw Requests.Bad("times", "It is no list, or of another length than the rows.", $"Send {rows.Count} times, or say in each row when it was.");
        return new(rows, times, times is null && !stream.Has(Moment));
    }

    /// <summary>Hands over the next row.</summary>
    /// <returns>What is predicted; null where the model needs more rows first.</returns>
    /// <exception cref="Kernel.ProblemException">The row is none, or holds what the model does not know.</exception>
    public Prediction? Next(PredictorStream stream, int number)
    {
        try
        {
            return Predicted(stream, rows[number] as JsonObject ?? throw Requests.Bad($"rows[{number}]", "The row is no object.", "Send signals by name."), number);
        }
        catch (ArgumentException twice) when (twice is not ArgumentNullException)
        {
            throw Requests.Bad($"rows[{number}]", "A signal stands twice in the row.", "Name each signal once.");
        }
    }

    private Prediction? Predicted(PredictorStream stream, JsonObject row, int number)
    {
        var (at, field) = times is not null ? (times[number], $"times[{number}]") : (areMomentsInRows ? row[Moment] : null, $"rows[{number}].{Moment}");
        foreach (var (name, _) in row)
            if (!(areMomentsInRows && name == Moment) && !stream.Has(name))
                throw Requests.Bad($"rows[{number}].{name}", "The model knows no such signal.", $"It takes: {string.Join(", ", stream.Signals.Take(50))}.");
        return stream.Next(at is null ? null : Requests.Time(at, field), signal => ValueOf(row[signal], $"rows[{number}].{signal}"));
    }

    private static object? ValueOf(JsonNode? value, string field) => value?.GetValueKind() switch
    {
        null => null,
        JsonValueKind.Number => value.GetValue<double>(),
        JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>() ? 1 : 0,
        JsonValueKind.String => value.GetValue<string>(),
        _ => throw Requests.Bad(field, "It is neither number, text nor truth value.", "Send a number, or the name of a category."),
    };
}
