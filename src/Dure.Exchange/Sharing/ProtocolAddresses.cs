using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Sharing;

/// <summary>Finds where a participant takes the protocol's messages: its document names the version document, and that the path (Dataspace Protocol, version discovery).</summary>
public sealed class ProtocolAddresses(DidResolver resolver, IPeerLink link, TimeProvider time)
{
    private const int MaxKept = 10_000;
    private const string WellKnown = "/.well-known/dspace-version";
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (Uri Address, DateTimeOffset Until)> kept = new(StringComparer.Ordinal);

    /// <exception cref="ProblemException">The participant cannot be reached, or speaks no version of the protocol that this node speaks.</exception>
    public async Task<Uri> Of(Did partner, CancellationToken cancel)
    {
        if (kept.TryGetValue(partner.Value, out var known) && known.Until > time.GetUtcNow())
            return known.Address;
        var document = await resolver.Resolve(partner, cancel);
        if (document.Service(ServiceEntry.DataService) is not { } service || !Uri.TryCreate(service.Endpoint, UriKind.Absolute, out var versions) || !versions.AbsolutePath.EndsWith(WellKnown, StringComparison.Ordinal))
            throw Silent(partner, "its document names no Dataspace Protocol service");
        var answer = await link.Get(partner.Value, versions, cancel);
        if (answer is not { IsAccepted: true, Body: { } body })
            throw Silent(partner, answer.Failure ?? "its version document is not JSON");
        var path = (body["protocolVersions"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(version => version["version"]?.ToString() == Dsp.Version)?["path"]?.ToString()
            ?? throw Silent(partner, $"it does not speak version {Dsp.Version}");
        var address = new Uri(versions.AbsoluteUri[..^WellKnown.Length] + (path.StartsWith('/') ? path : "/" + path));
        if (kept.Count >= MaxKept)
            kept.Clear();
        kept[partner.Value] = (address, time.GetUtcNow() + KeptFor);
        return address;
    }

    private static ProblemException Silent(Did partner, string why) =>
        new("urn:dure:exchange:partner-unreachable", $"{partner} cannot be asked: {why}.", partner.Value, "Check that the partner's node runs, and that its identifier is right.");
}
