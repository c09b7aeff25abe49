using System.Text.Json.Nodes;
using Dure.Node.Http;

namespace Dure.Node.Mcp;

/// <summary>What a tool is called with: the arguments, and who calls.</summary>
internal sealed record McpCall(JsonObject Arguments, HttpContext Context)
{
    public string Actor => Context.Actor();

    public CancellationToken Cancel => Context.RequestAborted;
}

/// <summary>Something that an MCP client's language model may call.</summary>
/// <param name="Permission">What the caller's token must hold.</param>
/// <param name="Description">For the model: what it does, in which units, what to mind.</param>
/// <param name="Arguments">By name; anything else is refused.</param>
/// <param name="Call">Does it; what it gives is an object, or a text.</param>
internal sealed record McpTool(string Name, string Permission, string Description, IReadOnlyList<McpArgument> Arguments, Func<McpCall, Task<JsonNode>> Call)
{
    /// <summary>Whether it may do what cannot be undone: clients ask their person before.</summary>
    public bool IsGrave { get; init; }

    /// <summary>As <c>tools/list</c> gives it.</summary>
    public JsonObject Describe() => new()
    {
        ["name"] = Name,
        ["description"] = Description,
        ["inputSchema"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(Arguments.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.Describe()))),
            ["required"] = new JsonArray([.. Arguments.Where(one => one.IsRequired).Select(one => JsonValue.Create(one.Name))]),
            ["additionalProperties"] = false,
        },
        ["annotations"] = new JsonObject { ["readOnlyHint"] = Permission == Access.Permission.Read, ["destructiveHint"] = IsGrave, ["openWorldHint"] = false },
    };
}

/// <summary>An argument of a tool.</summary>
/// <param name="Kind">Of JSON Schema: string, integer, object.</param>
/// <param name="OneOf">The texts that it may be; empty: any.</param>
internal sealed record McpArgument(string Name, string Kind, string Description, bool IsRequired = true, params IReadOnlyList<string> OneOf)
{
    public JsonObject Describe()
    {
        var form = new JsonObject { ["type"] = Kind, ["description"] = Description };
        if (OneOf.Count > 0)
            form["enum"] = new JsonArray([.. OneOf.Select(text => JsonValue.Create(text))]);
        return form;
    }
}
