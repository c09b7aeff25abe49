using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Node.Access;

/// <summary>A token as the node knows it: who holds it and what it allows. The secret itself is kept nowhere.</summary>
public sealed record TokenHolder(string Id, string Name, IReadOnlyList<string> Permissions, ContentHash SecretHash, DateTimeOffset IssuedAt);

/// <summary>
/// Who may call the node: a fold of the journal's <c>token-issued</c> and <c>token-revoked</c> entries. A token is
/// <c>dure_ID_SECRET</c> with 256 random bits; only the SHA-256 of the secret is stored, and compared in constant time.
/// </summary>
public sealed class TokenBook
{
    public const string Issued = "token-issued";
    public const string Revoked = "token-revoked";
    private const string Prefix = "dure";
    private const int SecretBytes = 32;
    private const int MaxTokens = 10_000;

    private readonly Journal journal;
    private readonly ConcurrentDictionary<string, TokenHolder> holders = new(StringComparer.Ordinal);

    public TokenBook(Journal journal)
    {
        this.journal = journal;
        foreach (var entry in journal.ReadKinds(Issued, Revoked))
            Apply(entry);
    }

    public IReadOnlyCollection<TokenHolder> Holders => [.. holders.Values.OrderBy(holder => holder.IssuedAt)];

    /// <summary>Makes a token; its text is returned this once and cannot be had again.</summary>
    public async Task<(TokenHolder Holder, string Token)> Issue(string name, IReadOnlyList<string> permissions, string actor, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100)
            throw new ProblemException("urn:dure:access:bad-name", "A token needs a name of 1 to 100 characters.", "field 'name'", "Name the machine or person that will hold it.");
        var unknown = permissions.Except(Permission.All).ToArray();
        if (unknown.Length > 0 || permissions.Count == 0)
            throw new ProblemException("urn:dure:access:bad-permission", unknown.Length > 0 ? $"'{unknown[0]}' is not a permission." : "No permission was named.",
                "field 'permissions'", $"Use one or more of: {string.Join(", ", Permission.All)}.");
        if (holders.Count >= MaxTokens)
            throw new ProblemException("urn:dure:access:too-many-tokens", $"There are {MaxTokens} tokens already.", "token book", "Revoke tokens that are no longer used.");

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var body = new JsonObject
        {
            ["name"] = name,
            ["permissions"] = new JsonArray([.. permissions.Select(permission => JsonValue.Create(permission))]),
            ["secretHash"] = HashOf(secret).ToString(),
        };
        Apply(await journal.Append(Issued, id, body, actor, cancel));
        return (holders[id], $"{Prefix}_{id}_{secret}");
    }

    public async Task<bool> Revoke(string id, string actor, CancellationToken cancel)
    {
        if (!holders.ContainsKey(id))
            return false;
        Apply(await journal.Append(Revoked, id, [], actor, cancel));
        return true;
    }

    /// <summary>The holder of a token's text, or null when it is malformed, unknown, revoked or wrong.</summary>
    public TokenHolder? Find(string? token)
    {
        if (token is null || token.Length > 200)
            return null;
        var parts = token.Split('_', 3);
        if (parts.Length != 3 || parts[0] != Prefix || !holders.TryGetValue(parts[1], out var holder))
            return null;
        return CryptographicOperations.FixedTimeEquals(HashOf(parts[2]).ToArray(), holder.SecretHash.ToArray()) ? holder : null;
    }

    /// <summary>Whether a token is neither revoked nor unknown.</summary>
    public bool Holds(string id) => holders.ContainsKey(id);

    private void Apply(JournalEntry entry)
    {
        if (entry.Kind == Issued)
        {
            var permissions = entry.Body["permissions"]!.AsArray().Select(node => node!.GetValue<string>()).ToArray();
            // Whoever may administer may give themselves any permission, also those that came with a later version.
            holders[entry.Subject] = new TokenHolder(entry.Subject, entry.Body["name"]!.GetValue<string>(), permissions.Contains(Permission.Administer) ? Permission.All : permissions,
                ContentHash.Parse(entry.Body["secretHash"]!.GetValue<string>()), entry.Time);
        }
        else if (entry.Kind == Revoked)
        {
            holders.TryRemove(entry.Subject, out _);
        }
    }

    private static ContentHash HashOf(string secret) => ContentHash.Of(Encoding.UTF8.GetBytes(secret));
}
