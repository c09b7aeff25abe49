using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian.Signals;

/// <summary>All known signals, a fold of the journal's <c>signal-registered</c> entries; a signal's number is its place among them.</summary>
internal sealed class SignalBook : IDisposable
{
    public const string Registered = "signal-registered";
    private const int MaxSignals = 1_000_000;

    private readonly Lock guard = new();
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<SignalDefinition> definitions = [];
    private readonly SemaphoreSlim registering = new(1, 1);

    public int Count
    {
        get
        {
            lock (guard)
                return definitions.Count;
        }
    }

    public bool TryFind(SignalId id, out int number) => TryFind(id.Path, out number);

    /// <summary>By the path as text, which need not be one that a signal can have.</summary>
    public bool TryFind(string path, out int number)
    {
        lock (guard)
            return numbers.TryGetValue(path, out number);
    }

    public SignalDefinition this[int number]
    {
        get
        {
            lock (guard)
                return definitions[number];
        }
    }

    public void Apply(JournalEntry entry)
    {
        if (entry.Kind == Registered)
            Add(FromJson(entry));
    }

    /// <summary>Makes signals known; those known already with the same words are left as they are.</summary>
    /// <returns>How many are new.</returns>
    /// <exception cref="ProblemException">A signal is known with another unit or role.</exception>
    public async Task<int> Register(IReadOnlyList<SignalDefinition> wanted, Journal journal, string actor, CancellationToken cancel)
    {
        await registering.WaitAsync(cancel);
        try
        {
            var news = wanted.DistinctBy(definition => definition.Id).Where(IsNew).ToArray();
            if (Count + news.Length > MaxSignals)
                throw new ProblemException("urn:dure:historian:too-many-signals", $"{MaxSignals:N0} signals are the most a node keeps.", "signal register", "Use a second node for the rest.");
            // Appended together, so that many signals cost one flush; numbered in the journal's order.
            var appends = news.Select(definition => journal.Append(Registered, definition.Id.Path, ToJson(definition), actor, CancellationToken.None).AsTask()).ToArray();
            foreach (var entry in (await Task.WhenAll(appends)).OrderBy(entry => entry.Index))
                Apply(entry);
            return news.Length;
        }
        finally
        {
            registering.Release();
        }
    }

    public void Dispose() => registering.Dispose();

    private bool IsNew(SignalDefinition wanted)
    {
        if (!TryFind(wanted.Id, out var number))
            return true;
        var known = this[number];
        if (known.Unit.Code != wanted.Unit.Code)
            throw new ProblemException("urn:dure:historian:unit-conflict", $"It is known in '{known.Unit.Code}' and cannot become '{wanted.Unit.Code}'.", $"signal {wanted.Id}",
                "Samples in another unit of the same dimension are converted: send them with their unit, and leave the registration as it is.");
        if (known.Role != wanted.Role)
            throw new ProblemException("urn:dure:historian:role-conflict", $"It is known as {known.Role} and cannot become {wanted.Role}.", $"signal {wanted.Id}", "Register it under another name.");
        return false;
    }

    private void Add(SignalDefinition definition)
    {
        lock (guard)
        {
            if (numbers.TryAdd(definition.Id.Path, definitions.Count))
                definitions.Add(definition);
        }
    }

    private static JsonObject ToJson(SignalDefinition definition)
    {
        var body = new JsonObject { ["unit"] = definition.Unit.Code, ["description"] = definition.Description, ["role"] = definition.Role.ToString() };
        if (definition.Low is { } low)
            body["low"] = low;
        if (definition.High is { } high)
            body["high"] = high;
        return body;
    }

    private static SignalDefinition FromJson(JournalEntry entry) => new(
        SignalId.Parse(entry.Subject), Unit.Parse(entry.Body["unit"]!.GetValue<string>()), entry.Body["description"]!.GetValue<string>(),
        Enum.Parse<SignalRole>(entry.Body["role"]!.GetValue<string>()), entry.Body["low"]?.GetValue<double>(), entry.Body["high"]?.GetValue<double>());
}
