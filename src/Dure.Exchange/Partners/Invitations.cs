using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Kernel;

namespace Dure.Exchange.Partners;

/// <summary>An invitation as the node that made it knows it. Its secret is kept nowhere.</summary>
/// <param name="For">Whom it is meant for, in the inviter's words.</param>
/// <param name="Claims">What the alliance will say of a new member.</param>
public sealed record Invitation(
    string Id, string For, InvitationKind Kind, IReadOnlyDictionary<string, IReadOnlyList<string>> Claims, ContentHash SecretHash, DateTimeOffset Made, DateTimeOffset Expires)
{
    public Did? AcceptedBy { get; init; }
    public DateTimeOffset? AcceptedAt { get; init; }
    public bool IsRevoked { get; init; }

    /// <summary>Whether someone may still accept it.</summary>
    public bool IsOpen(DateTimeOffset now) => AcceptedBy is null && !IsRevoked && now < Expires;
}

/// <summary>The invitations this node made: a fold of the journal. Only the hash of a secret is kept, and compared in constant time.</summary>
public sealed class Invitations
{
    public const string Made = "invitation-made";
    public const string Withdrawn = "invitation-revoked";
    public static readonly TimeSpan DefaultLife = TimeSpan.FromDays(7);
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(90);

    /// <summary>The member of an entry that says which invitation was accepted, wherever it stands.</summary>
    internal const string InvitationMember = "invitation";

    private const int MostOpen = 500;
    private const int MostKept = 5000;
    private const int MostWrongSecrets = 10;

    private readonly Journal journal;
    private readonly OwnIdentity own;
    private readonly TimeProvider time;
    private readonly Lock guard = new();
    private readonly Dictionary<string, Invitation> invitations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> wrongSecrets = new(StringComparer.Ordinal);

    internal Invitations(Journal journal, OwnIdentity own, TimeProvider time) => (this.journal, this.own, this.time) = (journal, own, time);

    /// <summary>All of them, newest first.</summary>
    public IReadOnlyList<Invitation> All
    {
        get
        {
            lock (guard)
                return [.. invitations.Values.OrderByDescending(invitation => invitation.Made)];
        }
    }

    /// <summary>Makes an invitation; the code is returned this once and cannot be had again.</summary>
    /// <param name="organisation">This node's name, as the other side will see it.</param>
    public async Task<(Invitation Invitation, InvitationCode Code)> Make(
        string organisation, string meantFor, InvitationKind kind, IReadOnlyDictionary<string, IReadOnlyList<string>> claims, TimeSpan life, string actor, CancellationToken cancel)
    {
        PartnerBook.CheckName(meantFor);
        MemberRegister.Check(meantFor, claims);
        if (kind == InvitationKind.Partner && claims.Count > 0)
            throw new ProblemException("urn:dure:exchange:bad-claims", "Claims are said of members only.", "field 'claims'", "Make it an invitation of a member, or leave the claims out.");
        if (life < TimeSpan.FromMinutes(1) || life > LongestLife)
            throw new ProblemException("urn:dure:exchange:bad-expiry", $"An invitation cannot be good for {life}.", "field 'hours'", $"Choose a minute to {LongestLife.TotalDays} days; the default is {DefaultLife.TotalDays}.");
        var now = time.GetUtcNow();
        lock (guard)
            if (invitations.Values.Count(each => each.IsOpen(now)) >= MostOpen)
                throw new ProblemException("urn:dure:exchange:too-many-invitations", $"{MostOpen} invitations are open.", "invitations", "Revoke some that are no longer needed.");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var code = new InvitationCode(id, own.Did, organisation, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), [own.Keys.Current.Id], now + life, kind);
        var said = new JsonObject();
        foreach (var (claim, values) in claims)
            said[claim] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        await journal.Append(Made, id, new JsonObject
        {
            ["for"] = meantFor,
            ["kind"] = kind.ToString(),
            ["claims"] = said,
            ["secretHash"] = HashOf(code.Secret).ToString(),
            ["expires"] = code.Expires.ToUnixTimeSeconds(),
        }, actor, cancel);
        return (Get(id), code);
    }

    /// <exception cref="ProblemException">There is no such invitation.</exception>
    public Invitation Get(string id)
    {
        lock (guard)
            return invitations.GetValueOrDefault(id) ?? throw new ProblemException("urn:dure:exchange:no-such-invitation", "There is no such invitation.", $"invitation '{PartnerBook.Shown(id)}'", "List them with 'dure exchange invitations'.");
    }

    /// <summary>Ends an invitation that nobody accepted yet.</summary>
    public async Task Revoke(string id, string actor, CancellationToken cancel)
    {
        Get(id);
        await journal.Append(Withdrawn, id, [], actor, cancel);
    }

    /// <summary>The invitation whose secret this is; null when there is none. Ten wrong secrets end it.</summary>
    internal async ValueTask<Invitation?> Match(string id, string secret, CancellationToken cancel)
    {
        bool isRight, isEnough;
        Invitation? invitation;
        lock (guard)
        {
            if (!invitations.TryGetValue(id, out invitation) || invitation.IsRevoked)
                return null;
            isRight = CryptographicOperations.FixedTimeEquals(HashOf(secret).ToArray(), invitation.SecretHash.ToArray());
            isEnough = !isRight && (wrongSecrets[id] = wrongSecrets.GetValueOrDefault(id) + 1) == MostWrongSecrets;
        }
        if (isEnough && invitation.AcceptedBy is null)
            await journal.Append(Withdrawn, id, new JsonObject { ["reason"] = $"{MostWrongSecrets} wrong secrets" }, "node", cancel);
        return isRight ? invitation : null;
    }

    internal void Apply(JournalEntry entry)
    {
        lock (guard)
        {
            if (entry.Kind == Made)
            {
                var claims = entry.Body["claims"]!.AsObject().ToDictionary(claim => claim.Key, claim => (IReadOnlyList<string>)[.. claim.Value!.AsArray().Select(value => value!.GetValue<string>())], StringComparer.Ordinal);
                invitations[entry.Subject] = new Invitation(entry.Subject, entry.Body["for"]!.GetValue<string>(), Enum.Parse<InvitationKind>(entry.Body["kind"]!.GetValue<string>()), claims,
                    ContentHash.Parse(entry.Body["secretHash"]!.GetValue<string>()), entry.Time, DateTimeOffset.FromUnixTimeSeconds(entry.Body["expires"]!.GetValue<long>()));
                if (invitations.Count > MostKept)
                    invitations.Remove(invitations.Values.Where(each => !each.IsOpen(entry.Time)).OrderBy(each => each.Made).First().Id);
            }
            else if (entry.Kind == Withdrawn && invitations.TryGetValue(entry.Subject, out var withdrawn))
            {
                invitations[entry.Subject] = withdrawn with { IsRevoked = true };
            }
            else if (entry.Kind == PartnerBook.Added && entry.Body.Text(InvitationMember) is { } id && invitations.TryGetValue(id, out var accepted))
            {
                invitations[id] = accepted with { AcceptedBy = Did.Parse(entry.Subject), AcceptedAt = entry.Time };
            }
        }
    }

    private static ContentHash HashOf(string secret) => ContentHash.Of(Encoding.UTF8.GetBytes(secret));
}
