using System.Collections.Concurrent;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// Finds participants' documents and keeps them for two minutes. A key that a fresh enough document does not show makes it ask once more, since
/// the partner may just have changed keys; not more often than every five seconds, since anyone can name an unknown key.
/// </summary>
/// <param name="fetch">Gets what lies at an address, at most <see cref="DidDocument.MaxBytes"/>.</param>
public sealed class DidResolver(OwnIdentity own, Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time) : IDisposable
{
    private const int MostDocuments = 2000;
    private const int MostFetches = 16;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefreshPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Fetched> documents = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim fetching = new(MostFetches, MostFetches);

    /// <summary>The participant's document, from memory when it is fresh.</summary>
    /// <exception cref="ProblemException">It cannot be reached or cannot be used.</exception>
    public async ValueTask<DidDocument> Resolve(Did did, CancellationToken cancel)
    {
        if (own.IsKnown && did == own.Did)
            return own.Document();
        var now = time.GetUtcNow();
        var kept = documents.GetValueOrDefault(did.Value);
        if (kept is null || now - kept.At > (kept.Document.IsFaulted ? FailureLifetime : Lifetime))
            kept = Fetch(did, kept, now);
        return kept.Document.IsCompletedSuccessfully ? kept.Document.Result : await kept.Document.WaitAsync(cancel);
    }

    /// <summary>The key a participant shows under a name and for a purpose; null when it shows none, even in a fresh document.</summary>
    /// <exception cref="ProblemException">The document cannot be reached or cannot be used.</exception>
    public async ValueTask<VerificationMethod?> FindKey(Did did, string? keyId, KeyPurposes purpose, CancellationToken cancel) =>
        (await FindKeyAndDocument(did, keyId, purpose, cancel)).Method;

    internal async ValueTask<(VerificationMethod? Method, DidDocument Document)> FindKeyAndDocument(Did did, string? keyId, KeyPurposes purpose, CancellationToken cancel)
    {
        var document = await Resolve(did, cancel);
        if (Fitting(document, keyId, purpose) is { } known)
            return (known, document);
        if (documents.GetValueOrDefault(did.Value) is { } kept && time.GetUtcNow() - kept.At > RefreshPause)
            document = await Fetch(did, kept, time.GetUtcNow()).Document.WaitAsync(cancel);
        return (Fitting(document, keyId, purpose), document);
    }

    /// <summary>Forgets a document, so that the next question is asked anew.</summary>
    public void Forget(Did did) => documents.TryRemove(did.Value, out _);

    public void Dispose() => fetching.Dispose();

    private static VerificationMethod? Fitting(DidDocument document, string? keyId, KeyPurposes purpose) =>
        document.Find(keyId) is { } method && method.Purposes.HasFlag(purpose) ? method : null;

    /// <summary>Asks once for all who wait for the same document.</summary>
    private Fetched Fetch(Did did, Fetched? known, DateTimeOffset now)
    {
        if (known is null && documents.Count >= MostDocuments)
            MakeRoom(now);
        // Lazy: whoever loses the race below must not have asked.
        var asked = new Lazy<Task<DidDocument>>(() => Ask(did));
        var mine = new Fetched(asked, now);
        var kept = known is null ? documents.GetOrAdd(did.Value, mine) : documents.TryUpdate(did.Value, mine, known) ? mine : documents.GetOrAdd(did.Value, mine);
        _ = kept.Document;
        return kept;
    }

    private async Task<DidDocument> Ask(Did did)
    {
        using var limit = new CancellationTokenSource(FetchTimeout, time);
        try
        {
            await fetching.WaitAsync(limit.Token);
            try
            {
                return DidDocument.Parse(await fetch(did.DocumentAddress, limit.Token), did);
            }
            finally
            {
                fetching.Release();
            }
        }
        catch (OperationCanceledException slow)
        {
            throw new ProblemException("urn:dure:exchange:partner-unreachable", $"The document of {did} did not come in time.", did.DocumentAddress.ToString(),
                "Check that the partner's node runs.", slow);
        }
    }

    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (name, kept) in documents.OrderBy(pair => pair.Value.At).Take(MostDocuments / 10).ToArray())
            documents.TryRemove(KeyValuePair.Create(name, kept));
        foreach (var (name, kept) in documents)
            if (now - kept.At > Lifetime)
                documents.TryRemove(KeyValuePair.Create(name, kept));
    }

    private sealed class Fetched(Lazy<Task<DidDocument>> asked, DateTimeOffset at)
    {
        public DateTimeOffset At { get; } = at;
        public Task<DidDocument> Document => asked.Value;
    }
}
