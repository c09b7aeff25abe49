using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;

namespace Dure.Cli.Commands;

/// <summary>What the laboratory's commands share: where its things are on a node, and how arguments name them.</summary>
internal static class LabNames
{
    public const string Api = "api/v1/lab";

    /// <summary>Files of people hold comments.</summary>
    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static string Campaign(string id) => $"{Api}/campaigns/{Uri.EscapeDataString(id)}";

    public static string Instrument(string name) => $"{Api}/instruments/{Uri.EscapeDataString(name)}";

    /// <summary>NAME=VALUE in its two parts.</summary>
    /// <param name="form">How it is to be written, for the message.</param>
    public static (string Name, string Value) Parts(string text, string where, string form) => text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } name, { Length: > 0 } value] ? (name, value)
        : throw new ProblemException("urn:dure:cli:bad-option", $"'{text}' is not clear.", where, $"Write {form}.");

    /// <summary>Several NAME=VALUE as an object of texts; the node reads numbers, units and options out of them.</summary>
    public static JsonObject Values(IEnumerable<string> pairs, string where, string form)
    {
        var values = new JsonObject();
        foreach (var (name, value) in pairs.Select(pair => Parts(pair, where, form)))
            if (!values.TryAdd(name, value))
                throw new ProblemException("urn:dure:cli:bad-option", $"'{name}' stands there twice.", where, "Give it once.");
        return values;
    }

    /// <summary>A plan as the node takes it; what is wrong with it is said with the line of the file.</summary>
    public static JsonObject PlanIn(FileInfo file)
    {
        var text = LabFiles.ReadText(file);
        _ = CampaignText.Parse(text);
        return JsonNode.Parse(text.TrimStart('\uFEFF'), documentOptions: WithComments)!.AsObject();
    }

    /// <summary>An instrument's card as the node takes it.</summary>
    public static JsonObject CardIn(FileInfo file)
    {
        var text = LabFiles.ReadText(file);
        _ = Lab.Instruments.InstrumentCardText.Parse(text);
        return JsonNode.Parse(text.TrimStart('\uFEFF'), documentOptions: WithComments)!.AsObject();
    }

    /// <summary>A request that says why, where a reason was given.</summary>
    public static JsonObject Because(string? why) => why is null ? [] : new JsonObject { ["why"] = why };
}
