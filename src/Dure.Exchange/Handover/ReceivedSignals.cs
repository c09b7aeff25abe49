using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>A signal whose samples come from a partner, and one agreement under whose rules they stand.</summary>
/// <param name="Path">What it is called here.</param>
/// <param name="Original">What the partner calls it.</param>
/// <param name="Provider">The partner.</param>
/// <param name="TransferPid">The transfer that first brought it under this agreement.</param>
/// <param name="Dataset">The id of what was agreed on, in the partner's catalogue.</param>
/// <param name="Agreement">The agreement, as both sides signed it.</param>
/// <param name="Policy">The rules that travel with the samples.</param>
/// <param name="At">When it was first received under this agreement.</param>
/// <param name="Entry">The journal entry that says so.</param>
public sealed record ReceivedSignal(string Path, string Original, string Provider, string TransferPid, string Dataset, JsonObject Agreement, UsagePolicy Policy, DateTimeOffset At, EntryRef Entry);

/// <summary>
/// The signals that came from partners, what they are called here and under which agreements they stand: a fold of the journal. Each is entered
/// before its first sample is kept.
/// </summary>
internal sealed class ReceivedSignals
{
    public const string Arrived = "signals-received";

    internal const int MostOfAgreement = 10_000;
    internal const int MostOfPartner = 50_000;

    /// <summary>The first part of every name, so that a reader sees at once that a signal is not the plant's own.</summary>
    private const string Root = "received";

    private readonly ConcurrentDictionary<string, ImmutableArray<ReceivedSignal>> byPath = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Provider, string Original), string> names = new();

    private readonly ConcurrentDictionary<string, int> countOfPartner = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> countOfAgreement = new(StringComparer.Ordinal);

    public IReadOnlyList<ReceivedSignal> All => [.. byPath.Values.SelectMany(origins => origins).OrderBy(signal => signal.Path, StringComparer.Ordinal)];

    /// <summary>Everything under whose rules a signal stands, oldest first; empty for one of this plant's own.</summary>
    public IReadOnlyList<ReceivedSignal> OriginsOf(string path) => byPath.TryGetValue(path, out var origins) ? origins : [];

    /// <summary>Whether a partner's signal is known under an agreement.</summary>
    public bool TryFind(string provider, string original, string agreementId, out string path) =>
        names.TryGetValue((provider, original), out path!) && byPath[path].Any(signal => IdOf(signal.Agreement) == agreementId);

    /// <exception cref="ProblemException">With these there would be too many signals of the agreement or of the partner.</exception>
    public void CheckRoomFor(string provider, string agreementId, IEnumerable<string> originals)
    {
        var isNew = originals.Where(original => !TryFind(provider, original, agreementId, out _)).Distinct(StringComparer.Ordinal).ToList();
        if (isNew.Count > 0 && (countOfAgreement.GetValueOrDefault(agreementId) + isNew.Count > MostOfAgreement
            || countOfPartner.GetValueOrDefault(provider) + isNew.Count(original => !names.ContainsKey((provider, original))) > MostOfPartner))
            throw new ProblemException("urn:dure:exchange:too-many-signals", $"More signals come than are taken: {MostOfAgreement} under one agreement, {MostOfPartner} of one partner.", agreementId, "Agree on a part of them.");
    }

    /// <summary>What a partner's signal is or will be called here: never as a signal that is known already.</summary>
    /// <param name="isTaken">Whether this plant has a signal of that name.</param>
    public string NameFor(string provider, string original, Func<string, bool> isTaken)
    {
        if (names.TryGetValue((provider, original), out var known))
            return known;
        for (var attempt = 1; ; attempt++)
        {
            var path = Name(provider, original, attempt);
            if (!byPath.ContainsKey(path) && !isTaken(path))
                return path;
        }
    }

    public static JsonObject BodyOf(Origin origin, IEnumerable<(string Path, string Original)> signals) => Lineage.Of(origin.Negotiation.Entries).Into(new JsonObject
    {
        ["provider"] = origin.Provider,
        ["dataset"] = origin.Dataset,
        ["agreement"] = origin.Agreement.DeepClone(),
        ["signals"] = new JsonArray([.. signals.Select(signal => new JsonObject { ["path"] = signal.Path, ["original"] = signal.Original })]),
    });

    public void Apply(JournalEntry entry)
    {
        var body = entry.Body;
        var (provider, dataset, agreement) = (body["provider"]!.GetValue<string>(), body["dataset"]!.GetValue<string>(), body["agreement"]!.AsObject());
        var policy = PolicyJson.Read(agreement);
        foreach (var each in body["signals"]!.AsArray())
        {
            var signal = new ReceivedSignal(each!["path"]!.GetValue<string>(), each["original"]!.GetValue<string>(), provider, entry.Subject, dataset, agreement, policy, entry.Time, EntryRef.To(entry));
            if (names.TryAdd((provider, signal.Original), signal.Path))
                countOfPartner.AddOrUpdate(provider, 1, static (_, count) => count + 1);
            if (!OriginsOf(signal.Path).Any(one => IdOf(one.Agreement) == IdOf(agreement)))
                countOfAgreement.AddOrUpdate(IdOf(agreement), 1, static (_, count) => count + 1);
            byPath.AddOrUpdate(signal.Path, [signal], (_, before) => before.Any(one => IdOf(one.Agreement) == IdOf(agreement)) ? before : before.Add(signal));
        }
    }

    public static string IdOf(JsonObject agreement) => agreement["@id"]!.GetValue<string>();

    /// <summary>The root, the partner's host and the original path; where that is longer than a path may be, its last part with a piece of the whole's hash.</summary>
    private static string Name(string provider, string original, int attempt)
    {
        var host = new StringBuilder();
        foreach (var c in provider[(provider.LastIndexOf("did:web:", StringComparison.Ordinal) is var at and >= 0 ? at + 8 : 0)..].Replace("%3A", " ", StringComparison.Ordinal).Take(80))
            host.Append(char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ' ' ? c : ' ');
        var label = host.ToString().Trim(' ') is { Length: > 0 } named and not "." and not ".." ? named : "partner";
        var start = attempt == 1 ? $"{Root}/{label}" : $"{Root}/{label} {attempt}";
        if (SignalId.TryParse($"{start}/{original}", out var whole, out _))
            return whole.Path;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(original)))[..16];
        var last = original[(original.LastIndexOf('/') + 1)..];
        return SignalId.TryParse($"{start}/{hash}/{last}", out var shorter, out _) ? shorter.Path : $"{start}/{hash}";
    }
}
