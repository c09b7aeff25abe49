using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>How fresh the knowledge must be that a credential was not revoked.</summary>
/// <param name="MaxAge">Older lists are asked for anew.</param>
/// <param name="Grace">For how long an older list does when the issuer does not answer. Then the credential counts as revoked.</param>
public readonly record struct StatusFreshness(TimeSpan MaxAge, TimeSpan Grace)
{
    /// <summary>For messages: half a minute, and ten when the issuer is away.</summary>
    public static StatusFreshness Message { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));

    /// <summary>For data that flow: half a second, and no grace, so that a revocation ends them within a second.</summary>
    public static StatusFreshness Stream { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.Zero);
}

/// <summary>What an issuer's list says of a credential.</summary>
public enum StatusAnswer
{
    Holds,
    Revoked,

    /// <summary>The list cannot be had or cannot be used; to be treated as revoked.</summary>
    Unknown,
}

/// <summary>A list as it was fetched, or the news that it has not changed.</summary>
/// <param name="Body">The signed list; null when it is the one with the tag that was sent.</param>
/// <param name="Tag">The server's name for this version.</param>
public sealed record FetchedList(byte[]? Body, string? Tag);

/// <summary>Keeps the lists of issuers and asks for them again when they are too old for a question; many questions share one request.</summary>
/// <param name="fetch">Gets a list, given the tag of the version at hand.</param>
/// <param name="ownList">Answers for this node's own list without a request: null when the address is not its.</param>
public sealed class StatusLists(
    IssuerKeys keys, Func<Uri, string?, CancellationToken, Task<FetchedList>> fetch, Func<Uri, int, bool?> ownList, TimeProvider time)
{
    /// <summary>How long a signed list may be; a hundred thousand members fit.</summary>
    public const int MaxBytes = Jws.MaxLength;

    private const int MostLists = 200;
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = time;
    private readonly Func<Uri, string?, CancellationToken, Task<FetchedList>> fetch = fetch;
    private readonly ConcurrentDictionary<(Uri Address, Did Issuer), Kept> lists = new();

    /// <summary>Whether a credential of <paramref name="issuer"/> still holds.</summary>
    public async ValueTask<StatusAnswer> Ask(Did issuer, CredentialStatus status, StatusFreshness freshness, CancellationToken cancel)
    {
        if (ownList(status.List, status.Index) is { } own)
            return own ? StatusAnswer.Revoked : StatusAnswer.Holds;
        var kept = KeptFor(status.List, issuer);
        if (kept is null)
            return StatusAnswer.Unknown;
        var list = kept.Fresh(freshness.MaxAge, time.GetUtcNow()) ?? await kept.Refresh(freshness, cancel);
        return list is null || list.Purpose != status.Purpose ? StatusAnswer.Unknown : list.Bits[status.Index] switch
        {
            false => StatusAnswer.Holds,
            true => StatusAnswer.Revoked,
            null => StatusAnswer.Unknown,
        };
    }

    private Kept? KeptFor(Uri address, Did issuer)
    {
        if (lists.TryGetValue((address, issuer), out var kept))
            return kept;
        if (lists.Count >= MostLists)
        {
            var now = time.GetUtcNow();
            foreach (var (key, old) in lists)
                if (old.Fresh(StatusFreshness.Message.Grace, now) is null)
                    lists.TryRemove(key, out _);
            if (lists.Count >= MostLists)
                return null;
        }
        return lists.GetOrAdd((address, issuer), _ => new Kept(this, address, issuer));
    }

    /// <summary>The list in a signed text, or why it is not one.</summary>
    private async ValueTask<(Known? List, string Refusal)> Read(byte[] body, Did issuer, DateTimeOffset now, CancellationToken cancel)
    {
        if (!Credential.TryParse(Encoding.UTF8.GetString(body).Trim(), out var credential, out var refusal))
            return (null, refusal);
        if (credential.Issuer != issuer)
            return (null, "The list is of another issuer than the credential.");
        if (!credential.Types.Contains(StatusList.CredentialType) && !credential.Types.Contains("StatusList2021Credential"))
            return (null, "It is not a list of states.");
        if (credential.ValidFrom > now + TokenVerifier.Leeway || credential.ValidUntil < now - TokenVerifier.Leeway)
            return (null, "The list is not valid at this time.");
        if (StatusList.Decode(credential.Subject.Text("encodedList")) is not { } bits || credential.Subject.Text("statusPurpose") is not { } purpose)
            return (null, "The list is broken.");
        return await keys.Check(credential.Jws, issuer, KeyPurposes.Assertion, cancel) is { } unsigned
            ? (null, unsigned.Reason)
            : (new Known(bits, purpose, now, credential.ValidUntil), "");
    }

    private sealed record Known(StatusList Bits, string Purpose, DateTimeOffset At, DateTimeOffset? ValidUntil);

    /// <summary>One list, and whoever fetches it now.</summary>
    private sealed class Kept(StatusLists owner, Uri address, Did issuer)
    {
        private readonly Lock guard = new();
        private Known? known;
        private string? tag;
        private Task<bool>? running;

        public Known? Fresh(TimeSpan maxAge, DateTimeOffset now)
        {
            lock (guard)
                return known is { } list && now - list.At <= maxAge && !(list.ValidUntil < now - TokenVerifier.Leeway) ? list : null;
        }

        public async ValueTask<Known?> Refresh(StatusFreshness freshness, CancellationToken cancel)
        {
            Task<bool> mine;
            lock (guard)
                mine = running ??= Task.Run(Fetch, CancellationToken.None);
            var isNew = false;
            try
            {
                // Where there is no grace, data flow while this waits.
                isNew = await mine.WaitAsync(freshness.Grace == TimeSpan.Zero ? StreamPatience : FetchTimeout, cancel);
            }
            catch (TimeoutException)
            {
                // Nothing new is known: the grace decides.
            }
            return Fresh(isNew ? TimeSpan.MaxValue : freshness.Grace, owner.time.GetUtcNow());
        }

        private async Task<bool> Fetch()
        {
            // What is learned is as old as the question, not as the answer.
            var asked = owner.time.GetUtcNow();
            try
            {
                using var limit = new CancellationTokenSource(FetchTimeout);
                var fetched = await owner.fetch(address, tag, limit.Token);
                var (list, _) = fetched.Body is { } body ? await owner.Read(body, issuer, asked, limit.Token) : (known is { } same ? same with { At = asked } : null, "");
                lock (guard)
                {
                    if (list is null)
                        return false;
                    (known, tag) = (list, fetched.Tag);
                    return true;
                }
            }
            catch (Exception away) when (away is ProblemException or OperationCanceledException)
            {
                return false;
            }
            finally
            {
                lock (guard)
                    running = null;
            }
        }
    }

    /// <summary>A name for a version of a list, for servers that keep one.</summary>
    internal static string TagOf(string text) => $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12))}\"";
}
