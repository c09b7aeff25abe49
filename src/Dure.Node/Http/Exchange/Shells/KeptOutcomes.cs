using System.Collections.Concurrent;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>What became of the last requests that are asked about later, by handle. Only the newest, and only until the node ends: a handle is for whoever just asked.</summary>
internal sealed class KeptOutcomes<T>
{
    private const int Most = 1000;

    private readonly ConcurrentDictionary<string, T> outcomes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> handles = new();

    /// <returns>The handle, fit for a path.</returns>
    public string Keep(T outcome)
    {
        var handle = ShellCall.Encoded(Guid.NewGuid().ToString("N"));
        outcomes[handle] = outcome;
        handles.Enqueue(handle);
        while (handles.Count > Most && handles.TryDequeue(out var oldest))
            outcomes.TryRemove(oldest, out _);
        return handle;
    }

    public bool TryFind(string handle, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T outcome) => outcomes.TryGetValue(handle, out outcome);
}
