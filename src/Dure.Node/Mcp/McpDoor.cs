using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Http;

namespace Dure.Node.Mcp;

/// <summary>
/// The Model Context Protocol over HTTP (streamable HTTP, without sessions: each request is answered at once, as JSON). Callers hold the same tokens and permissions as
/// everywhere else. What a tool refuses is an answer with what, where and mend, from which a model can mend its call.
/// </summary>
internal static class McpDoor
{
    /// <summary>The versions that are spoken, the newest first.</summary>
    private static readonly string[] Versions = ["2025-11-25", "2025-06-18", "2025-03-26"];

    private const int ParseError = -32700, InvalidRequest = -32600, MethodNotFound = -32601, InvalidParameters = -32602;
    private const string VersionHeader = "MCP-Protocol-Version";

    public static void MapMcp(this IEndpointRouteBuilder app)
    {
        app.MapPost("/mcp", Answer).Needs(Permission.Read).ExcludeFromDescription();
        app.MapMethods("/mcp", [HttpMethods.Get, HttpMethods.Delete], NoStream).Needs(Permission.Read).ExcludeFromDescription();
    }

    /// <summary>The node tells nothing unasked and keeps no sessions.</summary>
    private static IResult NoStream(HttpContext context)
    {
        context.Response.Headers.Allow = HttpMethods.Post;
        return Results.StatusCode(StatusCodes.Status405MethodNotAllowed);
    }

    private static async Task<IResult> Answer(HttpContext context, LabTools tools)
    {
        if (context.Request.Headers[VersionHeader].ToString() is { Length: > 0 } version && !Versions.Contains(version))
            return Results.Json(Error(null, InvalidRequest, $"The version {version} is not spoken here; {string.Join(", ", Versions)} are."), statusCode: StatusCodes.Status400BadRequest);
        JsonNode? message;
        try
        {
            message = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException wrong)
        {
            return Results.Json(Error(null, ParseError, wrong.Message), statusCode: StatusCodes.Status400BadRequest);
        }
        if (message is not JsonObject asked || TextOf(asked, "jsonrpc") != "2.0")
            return Results.Json(Error(null, InvalidRequest, "The body is no JSON-RPC 2.0 message; several at once are not taken."), statusCode: StatusCodes.Status400BadRequest);
        if (TextOf(asked, "method") is not { } method || asked["id"] is not { } id)
            return Results.Accepted(); // a notification, or an answer to what was never asked
        return Results.Json(await Reply(method, id, asked["params"] as JsonObject ?? [], tools, context));
    }

    private static async Task<JsonObject> Reply(string method, JsonNode id, JsonObject parameters, LabTools tools, HttpContext context) => method switch
    {
        "initialize" => Result(id, new JsonObject
        {
            ["protocolVersion"] = Versions.Contains(TextOf(parameters, "protocolVersion")) ? TextOf(parameters, "protocolVersion") : Versions[0],
            ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
            ["serverInfo"] = new JsonObject { ["name"] = "dure", ["title"] = "Dure node", ["version"] = typeof(McpDoor).Assembly.GetName().Version!.ToString(3) },
            ["instructions"] = LabTools.Instructions,
        }),
        "ping" => Result(id, []),
        "tools/list" => Result(id, new JsonObject { ["tools"] = new JsonArray([.. tools.All.Select(tool => tool.Describe())]) }),
        "tools/call" => tools.All.FirstOrDefault(tool => tool.Name == TextOf(parameters, "name")) is { } tool
            ? Result(id, await Call(tool, parameters["arguments"] as JsonObject ?? [], context))
            : Error(id, InvalidParameters, $"There is no tool '{TextOf(parameters, "name")}'."),
        _ => Error(id, MethodNotFound, $"'{method}' is not answered here."),
    };

    private static async Task<JsonObject> Call(McpTool tool, JsonObject arguments, HttpContext context)
    {
        try
        {
            Check(tool, arguments, context);
            var answer = await tool.Call(new McpCall(arguments, context));
            var result = new JsonObject { ["content"] = Text(answer is JsonValue text ? text.GetValue<string>() : answer.ToJsonString()) };
            if (answer is JsonObject)
                result["structuredContent"] = answer;
            return result;
        }
        catch (ProblemException refused)
        {
            var problem = refused.Problem;
            return new JsonObject
            {
                ["isError"] = true,
                ["content"] = Text($"{problem.What}\nwhere: {problem.Where}\nmend: {problem.Mend}"),
                ["structuredContent"] = new JsonObject { ["type"] = problem.Type, ["what"] = problem.What, ["where"] = problem.Where, ["mend"] = problem.Mend },
            };
        }
    }

    private static void Check(McpTool tool, JsonObject arguments, HttpContext context)
    {
        if (!context.User.HasClaim(CallerAuthentication.PermissionClaim, tool.Permission))
            throw new ProblemException("urn:dure:access:not-allowed", $"'{context.Actor()}' may not do this: it needs the permission '{tool.Permission}'.", $"tool {tool.Name}",
                "Ask a person who may; do not look for another way. The administrator gives tokens their permissions.");
        if (arguments.FirstOrDefault(argument => tool.Arguments.All(known => known.Name != argument.Key)) is { Key: { } stranger })
            throw new ProblemException("urn:dure:http:bad-field", $"There is no argument '{stranger}'.", $"tool {tool.Name}", tool.Arguments.Count == 0 ? "It takes none." : $"It takes: {string.Join(", ", tool.Arguments.Select(known => known.Name))}.");
        if (tool.Arguments.FirstOrDefault(one => one.IsRequired && arguments[one.Name] is null) is { } missing)
            throw new ProblemException("urn:dure:http:bad-field", $"The argument '{missing.Name}' is missing.", $"tool {tool.Name}", missing.Description);
    }

    private static JsonArray Text(string text) => [new JsonObject { ["type"] = "text", ["text"] = text }];

    private static JsonObject Result(JsonNode id, JsonObject result) => new() { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result };

    private static JsonObject Error(JsonNode? id, int code, string message) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    private static string? TextOf(JsonObject from, string member) => from[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
