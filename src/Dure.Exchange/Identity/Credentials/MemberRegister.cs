using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dure.Evidence;
using Dure.Exchange.Partners;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>A member of the alliance that this node keeps.</summary>
/// <param name="Claims">What the alliance says of the member: region, partner number, groups.</param>
/// <param name="Index">The place of its credential in the list of revocations.</param>
public sealed record Member(Did Did, string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Claims, int Index, DateTimeOffset Since, DateTimeOffset? RevokedAt, string? Reason)
{
    public bool IsActive => RevokedAt is null;
}

/// <summary>
/// Who belongs to the alliance that this node keeps: a fold of the journal. It signs the members' credentials and the list of those that hold
/// no more. Saying something else of a member revokes the credential that said the old.
/// </summary>
public sealed partial class MemberRegister : IDisposable
{
    public const string Admitted = "member-admitted";
    public const string Revoked = "member-revoked";
    public const string Issued = "credential-issued";

    /// <summary>Where the list of revocations lies, below the public address.</summary>
    public const string ListPath = "exchange/status/1";

    /// <summary>How long a credential is valid; keys that signed it can be checked longer.</summary>
    public static readonly TimeSpan CredentialLife = TimeSpan.FromDays(365);

    /// <summary>The member of an entry that admits someone, wherever it stands.</summary>
    internal const string MembershipMember = "membership";

    private const int MostMembers = 10_000;
    private const int MostClaims = 16;
    private const int MostClaimBytes = 1500;
    private static readonly TimeSpan ListLife = TimeSpan.FromDays(1);
    private static readonly TimeSpan ListRenewal = TimeSpan.FromHours(1);

    private readonly Journal journal;
    private readonly OwnIdentity own;
    private readonly TimeProvider time;
    private readonly Lock guard = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Dictionary<Did, Member> members = [];
    private readonly HashSet<int> used = [];
    private readonly HashSet<int> revoked = [];
    private (string Text, string Tag, DateTimeOffset At, string KeyId)? signedList;

    internal MemberRegister(Journal journal, OwnIdentity own, TimeProvider time) => (this.journal, this.own, this.time) = (journal, own, time);

    /// <summary>All who were ever admitted, by name.</summary>
    public IReadOnlyList<Member> Members
    {
        get
        {
            lock (guard)
                return [.. members.Values.OrderBy(member => member.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether this node keeps an alliance.</summary>
    public bool IsAlliance
    {
        get
        {
            lock (guard)
                return members.Count > 0;
        }
    }

    public Uri ListAddress => new(own.PublicAddress, ListPath);

    public Member? Find(Did did)
    {
        lock (guard)
            return members.GetValueOrDefault(did);
    }

    /// <summary>Admits a participant, or changes what is said of it.</summary>
    /// <exception cref="ProblemException">The claims cannot be made, or there are too many members.</exception>
    public async Task<Member> Admit(Did did, string name, IReadOnlyDictionary<string, IReadOnlyList<string>> claims, string actor, CancellationToken cancel)
    {
        await Admitting(did, name, claims, membership => journal.Append(Admitted, did.Value, new JsonObject { [MembershipMember] = membership }, actor, CancellationToken.None).AsTask(), cancel);
        return Find(did)!; // the entry was applied before the append returned
    }

    /// <summary>Revokes a membership; the list says so from now on.</summary>
    public async Task<bool> Revoke(Did did, string reason, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        if (Find(did) is not { IsActive: true })
            return false;
        await journal.Append(Revoked, did.Value, new JsonObject { ["reason"] = reason.Length > 500 ? reason[..500] : reason }, actor, CancellationToken.None);
        return true;
    }

    /// <summary>Signs a credential for a member, valid from now on.</summary>
    /// <exception cref="ProblemException">There is no such active member.</exception>
    public async Task<string> Issue(Did did, string actor, CancellationToken cancel)
    {
        var member = Find(did);
        if (member is not { IsActive: true })
            throw new ProblemException("urn:dure:exchange:no-such-member", $"{did} is not an active member.", "members", "Admit it first.");
        var now = time.GetUtcNow();
        var id = $"urn:uuid:{Guid.NewGuid()}";
        var text = Jws.Sign(CredentialFor(member, id, now), Credential.TokenType, own.KeyId, own.Keys);
        await journal.Append(Issued, did.Value, new JsonObject { ["id"] = id, ["index"] = member.Index, ["hash"] = ContentHash.Of(System.Text.Encoding.ASCII.GetBytes(text)).ToString(), ["until"] = Stamp(now + CredentialLife) }, actor, cancel);
        return text;
    }

    /// <summary>Whether a place of this node's own list is revoked; null when the address is another list's.</summary>
    public bool? IsRevoked(Uri list, int index)
    {
        if (!own.IsKnown || list != ListAddress)
            return null;
        lock (guard)
            return revoked.Contains(index) || !used.Contains(index);
    }

    /// <summary>The list of revocations, signed, with the name of its version.</summary>
    public (string Text, string Tag) SignedList()
    {
        lock (guard)
        {
            var now = time.GetUtcNow();
            if (signedList is not { } kept || now - kept.At > ListRenewal || kept.KeyId != own.KeyId)
            {
                var text = Jws.Sign(StatusList.Of(revoked).ToCredential(own.Did, ListAddress, now, now + ListLife), Credential.TokenType, own.KeyId, own.Keys);
                signedList = kept = (text, StatusLists.TagOf(text), now, own.KeyId);
            }
            return (kept.Text, kept.Tag);
        }
    }

    public void Dispose() => writing.Dispose();

    /// <summary>Lets <paramref name="append"/> write an entry that admits someone, with a free place of the list in it.</summary>
    internal async Task Admitting(Did did, string name, IReadOnlyDictionary<string, IReadOnlyList<string>> claims, Func<JsonObject, Task> append, CancellationToken cancel)
    {
        Check(name, claims);
        using var turn = await Turn(cancel);
        int index;
        lock (guard)
        {
            if (members.Count >= MostMembers && !members.ContainsKey(did))
                throw new ProblemException("urn:dure:exchange:too-many-members", $"An alliance has at most {MostMembers} members.", "members", "Begin a second alliance on another node.");
            // By chance, so that the place tells nothing about when a member came.
            do
                index = RandomNumberGenerator.GetInt32(StatusList.Bits);
            while (used.Contains(index));
        }
        var said = new JsonObject();
        foreach (var (claim, values) in claims.OrderBy(claim => claim.Key, StringComparer.Ordinal))
            said[claim] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        await append(new JsonObject { ["name"] = name, ["claims"] = said, ["index"] = index });
    }

    /// <summary>Refuses claims that no credential should carry.</summary>
    internal static void Check(string name, IReadOnlyDictionary<string, IReadOnlyList<string>> claims)
    {
        PartnerBook.CheckName(name);
        foreach (var (claim, values) in claims)
        {
            if (!ClaimName().IsMatch(claim) || claim is "id" or "type" or "name" or CredentialVerifier.MembershipClaim or "memberOf")
                throw Bad($"'{PartnerBook.Shown(claim)}' cannot be the name of a claim.", "Use letters and digits, as in region or BusinessPartnerNumber; Membership is said by the credential itself.");
            if (values.Count is 0 || values.Any(value => string.IsNullOrWhiteSpace(value) || value.Any(char.IsControl)))
                throw Bad($"The claim '{claim}' has no value, or a blank one.", "Give it at least one value.");
        }
        if (claims.Count > MostClaims || claims.Sum(claim => claim.Key.Length + claim.Value.Sum(value => System.Text.Encoding.UTF8.GetByteCount(value) + 4)) > MostClaimBytes)
            throw Bad($"There are more than {MostClaims} claims or {MostClaimBytes} bytes of them.", "Say less: the credential travels with each message.");

        static ProblemException Bad(string what, string mend) => new("urn:dure:exchange:bad-claims", what, "field 'claims'", mend);
    }

    private JsonObject CredentialFor(Member member, string id, DateTimeOffset now)
    {
        var subject = new JsonObject { ["id"] = member.Did.Value, ["name"] = member.Name, ["memberOf"] = own.Did.Value };
        foreach (var (claim, values) in member.Claims)
            subject[claim] = values is [var one] ? JsonValue.Create(one) : new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        return new JsonObject
        {
            ["@context"] = new JsonArray("https://www.w3.org/ns/credentials/v2"),
            ["id"] = id,
            ["type"] = new JsonArray("VerifiableCredential", Credential.Membership),
            ["issuer"] = own.Did.Value,
            ["validFrom"] = Stamp(now),
            ["validUntil"] = Stamp(now + CredentialLife),
            ["credentialSubject"] = subject,
            ["credentialStatus"] = new JsonObject
            {
                ["id"] = $"{ListAddress}#{member.Index}",
                ["type"] = "BitstringStatusListEntry",
                ["statusPurpose"] = "revocation",
                ["statusListIndex"] = member.Index.ToString(),
                ["statusListCredential"] = ListAddress.ToString(),
            },
        };
    }

    internal void Apply(JournalEntry entry)
    {
        if (entry.Kind is not (Admitted or Revoked or PartnerBook.Added) || !Did.TryParse(entry.Subject, out var did))
            return;
        lock (guard)
        {
            var before = members.GetValueOrDefault(did);
            if (entry.Kind == Revoked && before is { IsActive: true })
            {
                revoked.Add(before.Index);
                members[did] = before with { RevokedAt = entry.Time, Reason = entry.Body.Text("reason") };
            }
            else if (entry.Body[MembershipMember] is JsonObject membership)
            {
                if (before is not null)
                    revoked.Add(before.Index);
                var claims = membership["claims"]!.AsObject().ToDictionary(claim => claim.Key, claim => (IReadOnlyList<string>)[.. claim.Value!.AsArray().Select(value => value!.GetValue<string>())], StringComparer.Ordinal);
                members[did] = new Member(did, membership["name"]!.GetValue<string>(), claims, membership["index"]!.GetValue<int>(), entry.Time, null, null);
                used.Add(members[did].Index);
            }
            signedList = null;
        }
    }

    private async Task<IDisposable> Turn(CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        return new Release(writing);
    }

    private static string Stamp(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_.-]{0,63}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex ClaimName();

    private sealed class Release(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
