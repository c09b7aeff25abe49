using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover.Live;
using Dure.Exchange.Policies;
using Dure.Historian;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>An offer of series as they grow, as a person asks for it: patterns, and from when on.</summary>
internal static class SeriesOffering
{
    /// <exception cref="ProblemException">A field is wrong, or no signal of this plant fits.</exception>
    public static Offering In(JsonObject request, PlantHistorian historian, SeriesShelf shelf, UsagePolicy terms)
    {
        var selection = new SeriesSelection { Patterns = Requests.Texts(request, "series"), Since = SinceIn(request) };
        selection.Check();
        var included = historian.Signals.Where(signal => shelf.IsOffered(selection, signal.Id.Path)).ToList();
        if (included.Count == 0)
            throw new ProblemException("urn:dure:exchange:no-such-signal", $"No signal of this plant fits '{string.Join("', '", selection.Patterns.Take(5))}'.", "field 'series'", "List the signals with 'dure signals list'. Series that came from partners are not offered on.");
        return new Offering
        {
            Id = Requests.TextOr(request, "id", IdOf(selection.Patterns[0])),
            OfferId = "",
            Title = Requests.TextOr(request, "title", $"{string.Join(", ", selection.Patterns.Take(3))}{(selection.Patterns.Count > 3 ? ", …" : "")}, as they grow"),
            Description = Requests.TextOr(request, "description", $"{included.Count:N0} signals now{(selection.Since is { } since ? $", from {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC on" : ", from the agreement on")}, late samples and corrections too."),
            Keywords = Requests.Texts(request, "keywords") is { Count: > 0 } named ? named : [.. included.Select(signal => signal.Id.Name).Distinct().Where(name => name.Length <= 100).Take(20)],
            Source = selection.Patterns[0],
            Series = selection,
            MediaType = SeriesFrame.MediaType,
            Policy = terms,
            NeedsApproval = Requests.FlagOr(request, "needsApproval", false),
        };
    }

    private static DateTimeOffset? SinceIn(JsonObject request)
    {
        var text = Requests.TextOr(request, "since", "");
        return text.Length == 0 ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var since) ? since
            : throw new ProblemException("urn:dure:http:bad-field", $"'{text}' is not a time.", "field 'since'", "Write it as 2026-01-31 or 2026-01-31T06:00:00Z.");
    }

    private static string IdOf(string pattern) => string.Concat(pattern.Replace("*", "all", StringComparison.Ordinal).Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
}
