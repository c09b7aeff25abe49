using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Web;

/// <summary>Where things have their pages.</summary>
public static class Addresses
{
    public static string Signals(string asset) => "/signals?asset=" + Uri.EscapeDataString(asset);

    /// <summary>A machine with its shell.</summary>
    public static string Asset(string path) => "/machines/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    public static string Source(string name) => "/sources/" + Uri.EscapeDataString(name);

    public static string Dataset(string version) => "/datasets/" + version;

    /// <summary>Where a model of a dataset is trained.</summary>
    public static string Train(string version) => "/train?dataset=" + version;

    /// <summary>A negotiation with its transfers; any of their ids leads there.</summary>
    public static string Exchange(string pid) => "/sharing/" + Uri.EscapeDataString(pid);

    public static string Model(string version) => "/models/" + version;

    public static string Run(string id) => "/runs/" + Uri.EscapeDataString(id);

    /// <summary>Two models side by side; the second is chosen on the page when it is not given.</summary>
    public static string Compare(string first, string? second = null) => $"/models/compare?a={first}{(second is null ? "" : "&b=" + second)}";

    public static string Effect(string claim) => "/effects/" + Uri.EscapeDataString(claim);

    public static string Campaign(string id) => "/lab/campaigns/" + Uri.EscapeDataString(id);

    public static string Trial(string campaign, int trial) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Campaign(campaign)}?trial={trial}#trial-{trial}");

    public static string Instrument(string name) => "/lab/instruments#" + Uri.EscapeDataString(name);

    /// <summary>The page about what a journal entry tells of; null when it has none.</summary>
    public static string? Of(JournalEntry entry) => entry.Kind switch
    {
        "dataset-versioned" when Text(entry, "id") is { } version => Dataset(version),
        "model-registered" or "predictor-registered" or "model-staged" when Text(entry, "version") is { } version => Model(version),
        "retraining-proposed" when Text(entry, "model") is { } model && Text(entry, "dataset") is { } dataset => $"{Model(model)}/drift?dataset={dataset}",
        "claimed" when Text(entry, "claimId") is { } claim => Effect(claim),
        "negotiation-step" or "transfer-step" or "data-used" or "data-received" or "signals-received" or "series-received" => Exchange(entry.Subject),
        "offering-published" or "offering-withdrawn" => "/sharing",
        "partner-added" or "partner-blocked" or "partner-unblocked" or "partner-renamed" or "partner-key-trusted" or "invitation-made" or "invitation-revoked" => "/sharing/partners",
        "device-enrolled" or "deployed" or "alarm-raised" or "decided" => "/devices",
        "source-added" or "source-changed" or "source-mapped" => Source(entry.Subject),
        "campaign-drafted" or "campaign-moved" or "campaign-edited" or "campaign-rehearsed" or "trial-proposed" or "trial-answered" or "trial-entered" or "step-ended" => Campaign(entry.Subject),
        "instrument-registered" or "instrument-removed" or "instrument-set-aside" or "instrument-returned" => Instrument(entry.Subject),
        "lab-stopped" or "lab-released" => "/lab",
        "shells-imported" => "/machines",
        "source-removed" => "/sources",
        "signal-registered" when entry.Subject.LastIndexOf('/') is > 0 and var cut => Signals(entry.Subject[..cut]),
        _ => null,
    };

    private static string? Text(JournalEntry entry, string name) => entry.Body[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
