using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dure.Exchange.Policies;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Catalog;

/// <summary>One page of a catalogue, as it goes over the wire.</summary>
/// <param name="Body">The Catalog.</param>
/// <param name="Next">Where the next page begins; null on the last.</param>
public sealed record CatalogPage(JsonObject Body, string? Next);

/// <summary>Shows each partner what it may see: DCAT in the protocol's form, page by page.</summary>
public sealed class CatalogDesk(OfferingBook offerings, Func<string> ownId, Func<Uri> protocolAddress)
{
    public const int PageSize = 100;

    /// <summary>What counts as a use where series flow.</summary>
    public const string SeriesUse = "One use is one transfer that was opened, however long it runs; every byte that leaves is counted.";

    private const int MaxPage = 1000;
    private const int MaxTerms = 16;

    private readonly ConditionalWeakTable<Offering, string> searchable = [];

    /// <summary>A page of what passes <paramref name="isVisible"/>.</summary>
    /// <param name="request">The CatalogRequestMessage. Its filter may hold texts, all of which must occur in a dataset's words.</param>
    /// <param name="after">The id after which the page begins; null for the first.</param>
    /// <param name="size">How many datasets at most.</param>
    /// <param name="isVisible">Whether the caller may see an offering.</param>
    /// <exception cref="ProblemException">The filter is of a kind that is not known here.</exception>
    public CatalogPage Page(JsonObject request, string? after, int size, Func<Offering, bool> isVisible)
    {
        MessageReader.CheckContext(request);
        var terms = TermsIn(request);
        size = Math.Clamp(size, 1, MaxPage);
        var all = offerings.All;
        var datasets = new JsonArray();
        string? last = null;
        for (var i = after is null ? 0 : FirstAfter(all, after); i < all.Count; i++)
        {
            if (!Matches(all[i], terms) || !isVisible(all[i]))
                continue;
            if (datasets.Count == size)
                return new CatalogPage(Catalog(datasets), last);
            datasets.Add(Describe(all[i]));
            last = all[i].Id;
        }
        return new CatalogPage(Catalog(datasets), null);
    }

    /// <summary>One dataset, as an answer of its own.</summary>
    public JsonObject Dataset(Offering offering)
    {
        var body = Describe(offering);
        body.Insert(0, "@context", new JsonArray(Dsp.Context));
        return body;
    }

    private static int FirstAfter(IReadOnlyList<Offering> sorted, string after)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(sorted[middle].Id, after) <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static string[] TermsIn(JsonObject request)
    {
        if (!request.TryGetPropertyValue("filter", out var filter) || filter is null)
            return [];
        if (filter is not JsonArray { Count: <= MaxTerms } terms || !terms.All(term => term is JsonValue value && value.TryGetValue<string>(out var text) && text.Length <= 200))
            throw new ProblemException("urn:dure:exchange:unknown-filter", "This catalogue does not know that kind of filter.", "filter", $"Send a list of at most {MaxTerms} texts, or ask for everything and filter on your side.");
        return [.. terms.Select(term => term!.GetValue<string>())];
    }

    private bool Matches(Offering offering, string[] terms)
    {
        if (terms.Length == 0)
            return true;
        var words = searchable.GetValue(offering, static offered => $"{offered.Id}\n{offered.Title}\n{offered.Description}\n{string.Join('\n', offered.Keywords)}");
        return Array.TrueForAll(terms, term => words.Contains(term, StringComparison.OrdinalIgnoreCase));
    }

    private JsonObject Catalog(JsonArray datasets)
    {
        var body = Dsp.Message("Catalog");
        body["@id"] = $"{ownId()}#catalog";
        body["participantId"] = ownId();
        body["service"] = new JsonArray(Service());
        if (datasets.Count > 0)
            body["dataset"] = datasets;
        return body;
    }

    private JsonObject Describe(Offering offering)
    {
        var dataset = new JsonObject
        {
            ["@id"] = offering.Id,
            ["@type"] = "Dataset",
            ["hasPolicy"] = new JsonArray(PolicyJson.OfferOf(offering)),
            ["distribution"] = new JsonArray([.. Dsp.FormatsOf(offering.Series is not null).Select(Distribution)]),
            ["dct:title"] = offering.Title,
            ["dct:issued"] = offering.PublishedAt,
            ["dcat:mediaType"] = offering.MediaType,
            ["dure:source"] = offering.Source,
        };
        if (offering.Series is { } series)
        {
            dataset["dure:series"] = new JsonArray([.. series.Patterns.Select(pattern => JsonValue.Create(pattern))]);
            dataset["dure:use"] = SeriesUse;
        }
        if (offering.Description.Length > 0)
            dataset["dct:description"] = offering.Description;
        if (offering.Keywords.Count > 0)
            dataset["dcat:keyword"] = new JsonArray([.. offering.Keywords.Select(keyword => JsonValue.Create(keyword))]);
        if (offering.Content is { } content)
        {
            dataset["dcat:byteSize"] = offering.Bytes;
            dataset["spdx:checksum"] = content.ToString();
        }
        return dataset;
    }

    private JsonObject Distribution(string format) => new() { ["@type"] = "Distribution", ["format"] = format, ["accessService"] = Service() };

    private JsonObject Service() => new() { ["@id"] = $"{ownId()}#dsp", ["@type"] = "DataService", ["endpointURL"] = protocolAddress().AbsoluteUri };
}
