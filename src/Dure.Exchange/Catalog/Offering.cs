using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Exchange.Catalog;

/// <summary>Something this node offers to others, under a policy.</summary>
public sealed record Offering
{
    /// <summary>Its id in the catalogue; a new publication under the same id replaces the former.</summary>
    public required string Id { get; init; }

    /// <summary>The id of the offer: changes with every publication, so that uses are counted per policy.</summary>
    public required string OfferId { get; init; }

    public required string Title { get; init; }
    public required string Description { get; init; }
    public required IReadOnlyList<string> Keywords { get; init; }

    /// <summary>What it is on this node: a dataset version's id, or the first pattern of the series.</summary>
    public required string Source { get; init; }

    /// <summary>Which signals are offered as they grow; null when it is a dataset version.</summary>
    public SeriesSelection? Series { get; init; }

    /// <summary>The file's hash, size and type; for series none, 0 and the type of an answer.</summary>
    public ContentHash? Content { get; init; }

    public long Bytes { get; init; }
    public required string MediaType { get; init; }

    public required UsagePolicy Policy { get; init; }

    /// <summary>A person of this organisation says yes or no to each request.</summary>
    public bool NeedsApproval { get; init; }

    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>The journal entry that published it.</summary>
    public EntryRef Entry { get; init; }

    /// <summary>Checks what a person typed.</summary>
    /// <exception cref="ProblemException">Names the field.</exception>
    public void Check()
    {
        if (Id.Length is 0 or > 200 || !Id.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or ':'))
            throw Bad("id", $"'{Id}' cannot be an id in the catalogue.", "Use 1 to 200 letters, digits, '-', '_', '.' or ':'.");
        if (Title.Length is 0 or > 300)
            throw Bad("title", "The title is empty or longer than 300 characters.", "Say in a few words what it is.");
        if (Description.Length > 10_000)
            throw Bad("description", "The description is longer than 10,000 characters.", "Shorten it.");
        if (Keywords.Count > 50 || Keywords.Any(keyword => keyword.Length is 0 or > 100))
            throw Bad("keywords", "There are more than 50 keywords, or an empty or very long one.", "Choose a few short ones.");
        Series?.Check();
    }

    internal JsonObject ToJson() => new()
    {
        ["offer"] = OfferId,
        ["title"] = Title,
        ["description"] = Description,
        ["keywords"] = new JsonArray([.. Keywords.Select(keyword => JsonValue.Create(keyword))]),
        ["source"] = Source,
        ["series"] = Series?.ToJson(),
        ["content"] = Content?.ToString(),
        ["bytes"] = Bytes,
        ["mediaType"] = MediaType,
        ["policy"] = Policy.ToJson(),
        ["needsApproval"] = NeedsApproval,
    };

    internal static Offering Of(JournalEntry entry)
    {
        var body = entry.Body;
        return new Offering
        {
            Id = entry.Subject,
            OfferId = Text(body, "offer"),
            Title = Text(body, "title"),
            Description = Text(body, "description"),
            Keywords = [.. body["keywords"]!.AsArray().Select(keyword => keyword!.GetValue<string>())],
            Source = Text(body, "source"),
            Series = body["series"] is JsonObject series ? SeriesSelection.Of(series) : null,
            Content = body["content"] is { } content ? ContentHash.Parse(content.GetValue<string>()) : null,
            Bytes = (long)body["bytes"]!.GetValue<double>(),
            MediaType = Text(body, "mediaType"),
            Policy = PolicyJson.Read(body["policy"]!.AsObject()),
            NeedsApproval = body["needsApproval"]!.GetValue<bool>(),
            PublishedAt = entry.Time,
            Entry = EntryRef.To(entry),
        };
    }

    private static string Text(JsonObject body, string name) => body[name]!.GetValue<string>();

    private static ProblemException Bad(string field, string what, string mend) => new("urn:dure:exchange:bad-offering", what, $"field '{field}'", mend);
}
