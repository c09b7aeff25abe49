using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Identity;
using Dure.Kernel;

namespace Dure.Exchange.Partners;

/// <summary>How two nodes came to know each other.</summary>
public enum Introduction
{
    /// <summary>The partner accepted an invitation of this node.</summary>
    Invited,

    /// <summary>This node accepted an invitation of the partner.</summary>
    Joined,

    /// <summary>A person entered the partner here.</summary>
    ByHand,
}

/// <summary>Another organisation's node that this one knows.</summary>
/// <param name="Address">Where it is reached; ends with a slash.</param>
/// <param name="IsAlliance">Whether its credentials are trusted, because a person here joined it.</param>
/// <param name="Keys">Fingerprints of the keys that are taken from it; empty for any that its document shows.</param>
public sealed record Partner(Did Did, string Name, Uri Address, DateTimeOffset Since, Introduction Introduction, bool IsAlliance, bool IsBlocked, IReadOnlyList<string> Keys)
{
    /// <summary>The last message of it that was not taken, and why; for its page.</summary>
    public PartnerTrouble? Trouble { get; init; }
}

/// <summary>Why a partner's message was not taken.</summary>
public sealed record PartnerTrouble(DateTimeOffset At, string Code, string Reason);

/// <summary>Whom this node's people know: a fold of the journal's <c>partner-…</c> entries.</summary>
public sealed class PartnerBook : IKnownParticipants
{
    public const string Added = "partner-added";
    public const string Renamed = "partner-renamed";
    public const string Blocked = "partner-blocked";
    public const string Unblocked = "partner-unblocked";
    public const string KeyTrusted = "partner-key-trusted";
    private const int MostPartners = 5000;
    private const int MostKeys = 16;
    private const int LongestName = 100;

    private readonly Journal journal;
    private readonly OwnIdentity own;
    private readonly Lock guard = new();
    private readonly Dictionary<Did, (Partner Partner, Standing Standing)> partners = [];
    private readonly HashSet<(string Host, int Port)> introduced = [];
    private readonly Dictionary<(string Host, int Port), int> guests = [];

    internal PartnerBook(Journal journal, OwnIdentity own) => (this.journal, this.own) = (journal, own);

    /// <summary>All partners, by name.</summary>
    public IReadOnlyList<Partner> Partners
    {
        get
        {
            lock (guard)
                return [.. partners.Values.Select(each => each.Partner).OrderBy(partner => partner.Name, StringComparer.Ordinal).ThenBy(partner => partner.Did.Value, StringComparer.Ordinal)];
        }
    }

    public Partner? Find(Did did)
    {
        lock (guard)
            return partners.TryGetValue(did, out var known) ? known.Partner : null;
    }

    /// <exception cref="ProblemException">There is no such partner.</exception>
    public Partner Get(Did did) => Find(did) ?? throw new ProblemException("urn:dure:exchange:no-such-partner", "There is no such partner.", did.Value, "List them with 'dure exchange partners'.");

    /// <inheritdoc/>
    public Standing? Of(Did did)
    {
        lock (guard)
            return partners.TryGetValue(did, out var known) ? known.Standing : null;
    }

    /// <inheritdoc/>
    public async ValueTask Follow(Did did, string keyId, CancellationToken cancel) =>
        await journal.Append(KeyTrusted, did.Value, new JsonObject { ["key"] = keyId, ["vouched"] = true }, did.Value, cancel);

    /// <summary>Whether the partner is an alliance whose credentials count here.</summary>
    public bool IsTrustedAlliance(Did did) => Find(did) is { IsAlliance: true, IsBlocked: false };

    /// <summary>Whether a person here made or accepted the invitation of whoever is at a host and port.</summary>
    public bool IsIntroduced(string host, int port)
    {
        lock (guard)
            return introduced.Contains((host.ToLowerInvariant(), port)) || guests.ContainsKey((host.ToLowerInvariant(), port));
    }

    /// <summary>Lets the node reach a host while an invitation is being accepted, until the result is disposed of.</summary>
    public IDisposable Welcome(Uri address)
    {
        var place = PlaceOf(address);
        lock (guard)
            guests[place] = guests.GetValueOrDefault(place) + 1;
        return new Leave(this, place);
    }

    /// <summary>Enters a partner by hand: any key of its document is taken, and it must have a public address or one the operator allowed.</summary>
    public async Task<Partner> Add(Did did, string name, string actor, CancellationToken cancel)
    {
        await Add(did, name, Introduction.ByHand, isAlliance: false, [], [], actor, cancel);
        return Get(did);
    }

    public async Task Rename(Did did, string name, string actor, CancellationToken cancel)
    {
        CheckName(name);
        Get(did);
        await journal.Append(Renamed, did.Value, new JsonObject { ["name"] = name }, actor, cancel);
    }

    /// <summary>Refuses all a partner sends from now on.</summary>
    public async Task Block(Did did, string reason, string actor, CancellationToken cancel)
    {
        Get(did);
        await journal.Append(Blocked, did.Value, new JsonObject { ["reason"] = reason.Length > 500 ? reason[..500] : reason }, actor, cancel);
    }

    public async Task Unblock(Did did, string actor, CancellationToken cancel)
    {
        Get(did);
        await journal.Append(Unblocked, did.Value, [], actor, cancel);
    }

    /// <summary>Takes a partner's new key by its fingerprint, which the partner told by another way: after it lost its keys.</summary>
    public async Task TrustKey(Did did, string fingerprint, string actor, CancellationToken cancel)
    {
        Get(did);
        if (!IsFingerprint(fingerprint))
            throw new ProblemException("urn:dure:exchange:bad-fingerprint", $"'{Shown(fingerprint)}' is not a fingerprint.", "field 'key'", "It has 43 characters, as 'dure exchange keys' prints it on the partner's node.");
        await journal.Append(KeyTrusted, did.Value, new JsonObject { ["key"] = fingerprint, ["vouched"] = false }, actor, cancel);
    }

    /// <summary>Keeps in memory why a partner's last message was refused.</summary>
    public void Note(Did did, string code, string reason, DateTimeOffset at)
    {
        lock (guard)
            if (partners.TryGetValue(did, out var known))
                partners[did] = (known.Partner with { Trouble = new PartnerTrouble(at, code, reason) }, known.Standing);
    }

    internal async Task Add(Did did, string name, Introduction introduction, bool isAlliance, IReadOnlyList<string> keys, JsonObject more, string actor, CancellationToken cancel)
    {
        CheckName(name);
        if (did == own.Did)
            throw new ProblemException("urn:dure:exchange:own-identifier", "That is this node itself.", did.Value, "Name another organisation's node.");
        lock (guard)
            if (partners.Count >= MostPartners && !partners.ContainsKey(did))
                throw new ProblemException("urn:dure:exchange:too-many-partners", $"A node knows at most {MostPartners} partners.", "partners", "Use a second node.");
        more["name"] = name;
        more["address"] = did.Address.ToString();
        more["introduction"] = introduction.ToString();
        more["alliance"] = isAlliance;
        more["keys"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]);
        await journal.Append(Added, did.Value, more, actor, cancel);
    }

    internal static void CheckName(string name)
    {
        if (!IsName(name))
            throw new ProblemException("urn:dure:exchange:bad-name", $"'{Shown(name)}' cannot be the name of a partner.", "field 'name'", $"Use 1 to {LongestName} characters on one line.");
    }

    internal static bool IsName(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
            return false;
        foreach (var rune in name.EnumerateRunes())
            if (rune == System.Text.Rune.ReplacementChar)
                return false; // half a surrogate pair, which no journal takes
        return true;
    }

    internal static bool IsFingerprint(string? text) => text is { Length: 43 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    internal static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;

    private static (string Host, int Port) PlaceOf(Uri address) => (address.IdnHost.Trim('[', ']').ToLowerInvariant(), address.Port);

    internal void Apply(JournalEntry entry)
    {
        if (!entry.Kind.StartsWith("partner-", StringComparison.Ordinal) || !Did.TryParse(entry.Subject, out var did))
            return;
        lock (guard)
        {
            var before = partners.TryGetValue(did, out var known) ? known.Partner : null;
            var after = entry.Kind switch
            {
                Added => new Partner(did, entry.Body["name"]!.GetValue<string>(), new Uri(entry.Body["address"]!.GetValue<string>()), before?.Since ?? entry.Time,
                    Enum.Parse<Introduction>(entry.Body["introduction"]!.GetValue<string>()), entry.Body["alliance"]!.GetValue<bool>() || before is { IsAlliance: true }, before is { IsBlocked: true },
                    [.. entry.Body["keys"]!.AsArray().Select(key => key!.GetValue<string>())]),
                Renamed => before is null ? null : before with { Name = entry.Body["name"]!.GetValue<string>() },
                Blocked => before is null ? null : before with { IsBlocked = true },
                Unblocked => before is null ? null : before with { IsBlocked = false },
                KeyTrusted => before is null ? null : before with { Keys = KeysAfter(before, entry.Body) },
                _ => null,
            };
            if (after is null)
                return;
            partners[did] = (after, new Standing(after.IsBlocked, after.Keys.ToHashSet(StringComparer.Ordinal)));
            if (after.IsBlocked || after.Introduction == Introduction.ByHand)
                introduced.Remove(PlaceOf(after.Address));
            else
                introduced.Add(PlaceOf(after.Address));
        }
    }

    /// <summary>A key that a pinned one vouched for comes beside it; one that a person trusts after a loss takes the place of all.</summary>
    private static IReadOnlyList<string> KeysAfter(Partner before, JsonObject body) => body["vouched"]!.GetValue<bool>()
        ? [.. before.Keys.Append(body["key"]!.GetValue<string>()).Distinct().TakeLast(MostKeys)]
        : [body["key"]!.GetValue<string>()];

    private sealed class Leave(PartnerBook book, (string Host, int Port) place) : IDisposable
    {
        public void Dispose()
        {
            lock (book.guard)
                if (--book.guests[place] == 0)
                    book.guests.Remove(place);
        }
    }
}
