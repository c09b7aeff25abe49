using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Partners;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>A credential that this node holds.</summary>
public sealed record HeldCredential(Credential Credential, DateTimeOffset Since);

/// <summary>
/// The credentials that issuers gave this node: a fold of the journal. A credential is no secret, since it serves only whom it is about; of one
/// issuer and type the newest is kept.
/// </summary>
public sealed class CredentialShelf
{
    public const string Received = "credential-received";
    public const string Removed = "credential-removed";

    /// <summary>The member of an entry that brings a credential, wherever it stands.</summary>
    internal const string CredentialMember = "credential";
    private const int MostCredentials = 100;

    private readonly Journal journal;
    private readonly TimeProvider time;
    private readonly Lock guard = new();
    private readonly Dictionary<string, HeldCredential> held = new(StringComparer.Ordinal);
    private IReadOnlyList<HeldCredential> snapshot = [];

    internal CredentialShelf(Journal journal, TimeProvider time) => (this.journal, this.time) = (journal, time);

    /// <summary>All of them, newest first.</summary>
    public IReadOnlyList<HeldCredential> All => Volatile.Read(ref snapshot);

    /// <summary>The texts of those that are valid now, to be shown to partners.</summary>
    public IReadOnlyList<string> Valid
    {
        get
        {
            var now = time.GetUtcNow();
            return [.. All.Where(item => item.Credential.ValidUntil is not { } until || until > now).Select(item => item.Credential.Text)];
        }
    }

    /// <summary>Keeps a credential that was checked.</summary>
    /// <exception cref="ProblemException">There are too many.</exception>
    public async Task Keep(Credential credential, string actor, CancellationToken cancel)
    {
        if (All.Count >= MostCredentials && !All.Any(item => KeyOf(item.Credential) == KeyOf(credential)))
            throw new ProblemException("urn:dure:exchange:too-many-credentials", $"The node holds {MostCredentials} credentials already.", "credentials", "Remove some that are no longer needed.");
        await journal.Append(Received, credential.Issuer.Value, new JsonObject { [CredentialMember] = credential.Text }, actor, cancel);
    }

    /// <summary>Removes the credentials of an issuer.</summary>
    public async Task<bool> Remove(Did issuer, string actor, CancellationToken cancel)
    {
        if (!All.Any(item => item.Credential.Issuer == issuer))
            return false;
        await journal.Append(Removed, issuer.Value, [], actor, cancel);
        return true;
    }

    internal void Apply(JournalEntry entry)
    {
        if (entry.Kind is not (Received or Removed or PartnerBook.Added))
            return;
        lock (guard)
        {
            if (entry.Kind == Removed)
            {
                foreach (var key in held.Where(item => item.Value.Credential.Issuer.Value == entry.Subject).Select(item => item.Key).ToArray())
                    held.Remove(key);
            }
            else if (entry.Body.Text(CredentialMember) is { } text && Credential.TryParse(text, out var credential, out _))
            {
                held[KeyOf(credential)] = new HeldCredential(credential, entry.Time);
            }
            Volatile.Write(ref snapshot, [.. held.Values.OrderByDescending(item => item.Since)]);
        }
    }

    private static string KeyOf(Credential credential) => $"{credential.Issuer} {string.Join(' ', credential.Types.Order(StringComparer.Ordinal))}";
}
