using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>
/// Which sources exist and which of their items are kept as which signals: a fold of the journal's <c>source-…</c> entries. Secret settings
/// lie beside it in a file of their own.
/// </summary>
public sealed class SourceBook : IDisposable
{
    public const string Added = "source-added";
    public const string Changed = "source-changed";
    public const string Removed = "source-removed";
    public const string Mapped = "source-mapped";
    private const int MostSources = 200;
    private const int MostMappings = 200_000;
    private const int MappingsPerEntry = 500;
    private const int LongestName = 40;

    private readonly Journal journal;
    private readonly SourceSecrets secrets;
    private readonly Lock guard = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly SortedDictionary<string, SourceDefinition> definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourceItems> items = new(StringComparer.Ordinal);

    private SourceBook(Journal journal, SourceSecrets secrets) => (this.journal, this.secrets) = (journal, secrets);

    public IReadOnlyList<SourceDefinition> Definitions
    {
        get
        {
            lock (guard)
                return [.. definitions.Values];
        }
    }

    /// <param name="secretsFile">Where secret settings are kept; made when the first comes.</param>
    public static SourceBook Open(Journal journal, string secretsFile)
    {
        var book = new SourceBook(journal, new SourceSecrets(secretsFile));
        foreach (var entry in journal.Read())
            book.Apply(entry);
        return book;
    }

    public SourceDefinition? Find(string name)
    {
        lock (guard)
            return definitions.GetValueOrDefault(name);
    }

    /// <exception cref="ProblemException">There is none of this name.</exception>
    public SourceDefinition Get(string name) => Find(name)
        ?? throw new ProblemException("urn:dure:sources:no-such-source", "There is no such source.", $"source '{Shown(name)}'", "List them with 'dure sources list'.");

    /// <summary>The names of the secret settings a source has.</summary>
    public IReadOnlyList<string> SecretsOf(string name)
    {
        lock (guard)
            return [.. secrets.Of(name).Select(secret => secret.Key)];
    }

    /// <summary>All settings of a source with its secrets: for the source alone, never for an answer.</summary>
    internal JsonObject SettingsOf(SourceDefinition definition)
    {
        lock (guard)
        {
            var whole = (JsonObject)definition.Settings.DeepClone();
            foreach (var (name, value) in secrets.Of(definition.Name))
                whole[name] = value?.DeepClone();
            return whole;
        }
    }

    internal (IReadOnlyCollection<ItemMapping> Mappings, IReadOnlyCollection<string> Ignored, IReadOnlyCollection<string> Withdrawn) ItemsOf(string name)
    {
        lock (guard)
            return items.TryGetValue(name, out var known) ? ([.. known.Mappings.Values], [.. known.Ignored], [.. known.Withdrawn]) : ([], [], []);
    }

    /// <summary>Adds a source; it is in the journal when this returns.</summary>
    /// <exception cref="ProblemException">The name is taken or cannot be one.</exception>
    internal async Task Add(SourceDefinition definition, JsonObject secretSettings, string actor, CancellationToken cancel)
    {
        CheckName(definition.Name);
        using var turn = await Turn(cancel);
        if (Find(definition.Name) is not null)
            throw new ProblemException("urn:dure:sources:name-conflict", "A source of this name exists.", $"source '{definition.Name}'", "Choose another name, or change that source.");
        if (Definitions.Count >= MostSources)
            throw new ProblemException("urn:dure:sources:too-many", $"{MostSources} sources are the most a node runs.", $"source '{definition.Name}'", "Remove one, or use a second node.");
        await Write(Added, definition, secretSettings, actor);
    }

    internal async Task Change(SourceDefinition definition, JsonObject secretSettings, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        Get(definition.Name);
        await Write(Changed, definition, secretSettings, actor);
    }

    internal async Task Remove(string name, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        Get(name);
        Apply(await journal.Append(Removed, name, [], actor, CancellationToken.None));
        lock (guard)
            secrets.Set(name, []);
    }

    /// <summary>Keeps what a person or a rule decided about items, of a source or of a door of the node.</summary>
    /// <param name="withdrawn">Items that wait again.</param>
    internal async Task Map(string name, IReadOnlyList<ItemMapping> mappings, IReadOnlyList<string> ignored, IReadOnlyList<string> withdrawn, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        if (ItemsOf(name).Mappings.Count + mappings.Count > MostMappings)
            throw new ProblemException("urn:dure:sources:too-many-items", $"{MostMappings:N0} items are the most a source may bring.", $"source '{name}'", "Split the source in two.");
        foreach (var some in mappings.Chunk(MappingsPerEntry))
            await Append(new JsonObject { ["mapped"] = new JsonArray([.. some.Select(ToJson)]) });
        foreach (var some in ignored.Chunk(MappingsPerEntry))
            await Append(new JsonObject { ["ignored"] = Texts(some) });
        foreach (var some in withdrawn.Chunk(MappingsPerEntry))
            await Append(new JsonObject { ["withdrawn"] = Texts(some) });

        async Task Append(JsonObject body) => Apply(await journal.Append(Mapped, name, body, actor, CancellationToken.None));
    }

    public void Dispose() => writing.Dispose();

    private async Task Write(string kind, SourceDefinition definition, JsonObject secretSettings, string actor)
    {
        // The secrets first: a crash between the two leaves a secret without a source, never a source that lost its secret.
        lock (guard)
            secrets.Set(definition.Name, secretSettings);
        var body = new JsonObject { ["kind"] = definition.Kind, ["settings"] = definition.Settings.DeepClone(), ["enabled"] = definition.IsEnabled };
        if (definition.Rule is { } rule)
            body["rule"] = new JsonObject { ["items"] = rule.Items, ["under"] = rule.Under };
        Apply(await journal.Append(kind, definition.Name, body, actor, CancellationToken.None));
    }

    private void Apply(JournalEntry entry)
    {
        lock (guard)
        {
            switch (entry.Kind)
            {
                case Added or Changed:
                    definitions[entry.Subject] = new SourceDefinition(entry.Subject, entry.Body["kind"]!.GetValue<string>(), entry.Body["settings"]!.AsObject(),
                        entry.Body["enabled"]!.GetValue<bool>(), entry.Body["rule"] is JsonObject rule ? new AcceptRule(rule["items"]!.GetValue<string>(), rule["under"]!.GetValue<string>()) : null);
                    break;
                case Removed:
                    definitions.Remove(entry.Subject);
                    items.Remove(entry.Subject);
                    break;
                case Mapped:
                    if (!items.TryGetValue(entry.Subject, out var known))
                        items[entry.Subject] = known = new SourceItems();
                    known.Apply(entry.Body);
                    break;
            }
        }
    }

    private async Task<IDisposable> Turn(CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        return new Release(writing);
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > LongestName || name[0] == '-' || name[^1] == '-' || !name.All(character => character is >= 'a' and <= 'z' or >= '0' and <= '9' or '-'))
            throw new ProblemException("urn:dure:sources:bad-name", $"'{Shown(name)}' cannot be a source's name.", "field 'name'", $"Use 1 to {LongestName} lower-case letters a to z, digits and '-', such as press-line-2.");
    }

    private static JsonArray Texts(IEnumerable<string> names) => new([.. names.Select(name => JsonValue.Create(name))]);

    private static JsonObject ToJson(ItemMapping mapping)
    {
        var body = new JsonObject { ["item"] = mapping.Item, ["signal"] = mapping.Signal.Path, ["unit"] = mapping.Unit.Code };
        if (mapping.SourceUnit is { } unit)
            body["sourceUnit"] = unit;
        if (mapping.ChangesValues)
            (body["scale"], body["offset"]) = (mapping.Scale, mapping.Offset);
        return body;
    }

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    /// <summary>What was decided about one source's items.</summary>
    private sealed class SourceItems
    {
        public Dictionary<string, ItemMapping> Mappings { get; } = new(StringComparer.Ordinal);
        public HashSet<string> Ignored { get; } = new(StringComparer.Ordinal);
        public HashSet<string> Withdrawn { get; } = new(StringComparer.Ordinal);

        public void Apply(JsonObject body)
        {
            foreach (var mapped in body["mapped"] as JsonArray ?? [])
            {
                var mapping = FromJson(mapped!.AsObject());
                Mappings[mapping.Item] = mapping;
                Ignored.Remove(mapping.Item);
                Withdrawn.Remove(mapping.Item);
            }
            foreach (var name in (body["ignored"] as JsonArray ?? []).Select(node => node!.GetValue<string>()))
            {
                Mappings.Remove(name);
                Ignored.Add(name);
                Withdrawn.Remove(name);
            }
            foreach (var name in (body["withdrawn"] as JsonArray ?? []).Select(node => node!.GetValue<string>()))
            {
                Mappings.Remove(name);
                Ignored.Remove(name);
                Withdrawn.Add(name);
            }
        }

        private static ItemMapping FromJson(JsonObject body) => new(
            body["item"]!.GetValue<string>(), SignalId.Parse(body["signal"]!.GetValue<string>()), Unit.Parse(body["unit"]!.GetValue<string>()),
            body["sourceUnit"]?.GetValue<string>(), body["scale"]?.GetValue<double>() ?? 1, body["offset"]?.GetValue<double>() ?? 0);
    }

    private sealed class Release(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
