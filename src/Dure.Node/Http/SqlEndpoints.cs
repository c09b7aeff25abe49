using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Read-only SQL over dataset versions and series.</summary>
internal static class SqlEndpoints
{
    public static void MapSql(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/sql", Ask).Needs(Permission.Read).WithTags("Datasets").WithSummary("One SELECT over dataset versions and series, with limits on time and memory.");

    private static async Task<JsonObject> Ask(JsonObject request, SqlConsole console, CancellationToken cancel)
    {
        var answer = await console.Ask(Requests.Text(request, "sql"), new SqlLimits(), cancel);
        return new JsonObject
        {
            ["columns"] = new JsonArray([.. answer.Columns.Select(column => JsonValue.Create(column.Name))]),
            ["types"] = new JsonArray([.. answer.Columns.Select(column => JsonValue.Create(column.Type))]),
            ["rows"] = new JsonArray([.. answer.Rows.Select(row => new JsonArray([.. row.Select(Cell)]))]),
            ["cut"] = answer.IsCut,
        };
    }

    private static JsonNode? Cell(object? value) => value switch
    {
        null => null,
        bool flag => flag,
        long whole => whole,
        int whole => whole,
        double number when double.IsFinite(number) => number,
        DateTimeOffset time => time.ToString("O"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
