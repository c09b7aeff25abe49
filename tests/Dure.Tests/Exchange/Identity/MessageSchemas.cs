using System.Text.Json.Nodes;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>As much of JSON Schema as the official schemas of the Decentralized Claims Protocol use, and no more.</summary>
internal static class MessageSchemas
{
    private static readonly Lazy<string?> Root = new(Find);

    /// <summary>Fails with the path of the first member that a schema refuses.</summary>
    public static void Check(string file, JsonNode? message)
    {
        Assert.SkipWhen(Root.Value is null, "the folder 'shared' is not beside this checkout");
        Assert.Equal("", Wrong(Load(file), message, Load(file), "$") ?? "");
    }

    public static string Example(string file)
    {
        Assert.SkipWhen(Root.Value is null, "the folder 'shared' is not beside this checkout");
        return File.ReadAllText(Path.Combine(Root.Value!, file));
    }

    private static string? Wrong(JsonObject schema, JsonNode? value, JsonObject document, string at)
    {
        foreach (var (keyword, rule) in schema)
        {
            var wrong = keyword switch
            {
                "type" => Kinds(rule!).Any(kind => IsOf(kind, value)) ? null : $"{at}: not of type {rule!.ToJsonString()}",
                "const" => JsonNode.DeepEquals(rule, value) ? null : $"{at}: not {rule!.ToJsonString()}",
                "enum" => rule!.AsArray().Any(each => JsonNode.DeepEquals(each, value)) ? null : $"{at}: not one of {rule.ToJsonString()}",
                "required" => value is JsonObject members ? rule!.AsArray().Select(each => each!.GetValue<string>()).Where(name => !members.ContainsKey(name)).Select(name => $"{at}: lacks {name}").FirstOrDefault() : null,
                "properties" => value is JsonObject members ? rule!.AsObject().Where(each => members.ContainsKey(each.Key)).Select(each => Wrong(each.Value!.AsObject(), members[each.Key], document, $"{at}.{each.Key}")).FirstOrDefault(each => each is not null) : null,
                "items" => value is JsonArray items ? items.Select((item, i) => Wrong(rule!.AsObject(), item, document, $"{at}[{i}]")).FirstOrDefault(each => each is not null) : null,
                "contains" => value is JsonArray items && items.All(item => Wrong(rule!.AsObject(), item, document, at) is not null) ? $"{at}: contains nothing that is wanted" : null,
                "minItems" => value is JsonArray items && items.Count < rule!.GetValue<int>() ? $"{at}: too few items" : null,
                "allOf" => rule!.AsArray().Select(each => Wrong(each!.AsObject(), value, document, at)).FirstOrDefault(each => each is not null),
                "anyOf" => rule!.AsArray().Any(each => Wrong(each!.AsObject(), value, document, at) is null) ? null : $"{at}: none of the forms",
                "$ref" => Follow(rule!.GetValue<string>(), value, document, at),
                "$schema" or "$id" or "title" or "definitions" or "format" => null,
                _ => throw new NotSupportedException($"The keyword {keyword} is not known here."),
            };
            if (wrong is not null)
                return wrong;
        }
        return null;
    }

    private static string? Follow(string reference, JsonNode? value, JsonObject document, string at)
    {
        if (reference.Contains("identity.foundation", StringComparison.Ordinal))
            return null; // Presentation Exchange is not stored
        var parts = reference.Split('#');
        // One of them names another folder in its address than the one it lies in.
        var whole = parts[0].Length == 0 ? document : Load(Directory.GetFiles(Root.Value!, Path.GetFileName(new Uri(parts[0]).LocalPath), SearchOption.AllDirectories).Single());
        var schema = whole;
        foreach (var step in parts.Length > 1 ? parts[1].Split('/', StringSplitOptions.RemoveEmptyEntries) : [])
            schema = schema[step]!.AsObject();
        return Wrong(schema, value, whole, at);
    }

    private static JsonObject Load(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Root.Value!, file)))!.AsObject();

    private static IEnumerable<string> Kinds(JsonNode rule) => rule is JsonArray many ? many.Select(each => each!.GetValue<string>()) : [rule.GetValue<string>()];

    private static bool IsOf(string kind, JsonNode? value) => kind switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == System.Text.Json.JsonValueKind.String,
        _ => throw new NotSupportedException($"The type {kind} is not known here."),
    };

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "spec", "dcp");
            if (Directory.Exists(candidate))
                return candidate;
        }
        return null;
    }
}
