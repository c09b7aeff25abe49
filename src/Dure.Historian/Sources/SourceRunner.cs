using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>
/// Runs every enabled source beside the others, and holds the desks of all, those of the node's own doors too. One that fails is started
/// again with growing waits; what it throws reaches nobody else.
/// </summary>
public sealed class SourceRunner : IAsyncDisposable
{
    private const int MostTrialsAtOnce = 4;
    private static readonly TimeSpan ShortestTrial = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestTrial = TimeSpan.FromSeconds(60);

    private readonly PlantHistorian historian;
    private readonly SourceBook book;
    private readonly TimeProvider time;
    private readonly Dictionary<string, ISourceKind> kinds;
    private readonly Lock guard = new();
    private readonly SortedDictionary<string, SourceDesk> desks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> doors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RunningSource> running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim changing = new(1, 1);
    private readonly SemaphoreSlim trials = new(MostTrialsAtOnce, MostTrialsAtOnce);
    private bool isStarted;
    private int disposed;

    public SourceRunner(PlantHistorian historian, SourceBook book, IEnumerable<ISourceKind> kinds, TimeProvider time)
    {
        (this.historian, this.book, this.time) = (historian, book, time);
        this.kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
    }

    /// <summary>The kinds of source that can be added, by name.</summary>
    public IReadOnlyList<ISourceKind> Kinds => [.. kinds.Values.OrderBy(kind => kind.Name, StringComparer.Ordinal)];

    /// <summary>All sources and doors, doors first.</summary>
    public IReadOnlyList<SourceStatus> Sources
    {
        get
        {
            List<SourceStatus> list;
            lock (guard)
                list = [.. doors.Select(door => DescribeDoor(door.Key, door.Value, desks[door.Key]))];
            return [.. list.OrderBy(door => door.Name, StringComparer.Ordinal), .. book.Definitions.Select(Describe)];
        }
    }

    /// <summary>Starts the enabled sources. Call once, when the node is ready to take samples.</summary>
    public async Task Start(CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        isStarted = true;
        foreach (var definition in book.Definitions)
            Launch(definition);
    }

    /// <summary>The desk of a part of the node that takes samples itself, such as its MQTT server: known from then on, shown with the sources.</summary>
    /// <param name="title">What it takes, in one line.</param>
    public SourceDesk DeskOf(string door, string title)
    {
        if (book.Find(door) is not null)
            throw new ProblemException("urn:dure:sources:name-conflict", "A source has the name of a door of the node.", $"source '{door}'", "Remove the source and add it under another name.");
        lock (guard)
        {
            doors[door] = title;
            if (!desks.TryGetValue(door, out var desk))
            {
                desks[door] = desk = new SourceDesk(door, historian, book, time, rule: null, keepsUntilAccepted: false);
                desk.Report(SourceState.Connected);
            }
            return desk;
        }
    }

    /// <summary>The desk of a source or door.</summary>
    /// <exception cref="ProblemException">There is none of this name.</exception>
    public SourceDesk Desk(string name)
    {
        lock (guard)
        {
            if (desks.TryGetValue(name, out var desk))
                return desk;
        }
        return DeskFor(book.Get(name));
    }

    public SourceStatus Status(string name) => Sources.FirstOrDefault(source => source.Name == name)
        ?? throw new ProblemException("urn:dure:sources:no-such-source", "There is no such source.", $"source '{(name.Length <= 60 ? name : name[..60] + "…")}'", "List them with 'dure sources list'.");

    /// <summary>A source's definition; null for a door of the node.</summary>
    public SourceDefinition? Definition(string name) => book.Find(name);

    /// <summary>The names of the secret settings a source has.</summary>
    public IReadOnlyList<string> SecretsOf(string name) => book.SecretsOf(name);

    /// <summary>Adds a source and starts it.</summary>
    /// <exception cref="ProblemException">The name, the kind or a setting does not work.</exception>
    public async Task Add(string name, string kind, JsonObject settings, bool isEnabled, AcceptRule? rule, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        lock (guard)
        {
            if (doors.ContainsKey(name))
                throw new ProblemException("urn:dure:sources:name-conflict", "This is the name of a door of the node.", $"source '{name}'", "Choose another name.");
        }
        CheckRule(rule);
        var found = Kind(kind);
        found.Create((JsonObject)settings.DeepClone(), time); // refuses settings that cannot work
        var (open, secret) = Split(found, settings);
        var definition = new SourceDefinition(name, kind, open, isEnabled, rule);
        await book.Add(definition, secret, actor, cancel);
        Launch(definition);
    }

    /// <summary>Changes a source and starts it anew. Settings replace the old ones as a whole; secrets that are left out stay while the address does.</summary>
    /// <param name="settings">Null leaves them as they are, and so do the other parts.</param>
    public async Task Change(string name, JsonObject? settings, bool? isEnabled, (bool IsSet, AcceptRule? Rule) rule, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        var old = book.Get(name);
        var kind = Kind(old.Kind);
        var whole = book.SettingsOf(old);
        if (settings is not null)
        {
            var changed = (JsonObject)settings.DeepClone();
            FillSecrets(kind, name, changed, whole);
            whole = changed;
            kind.Create((JsonObject)whole.DeepClone(), time);
        }
        if (rule.IsSet)
            CheckRule(rule.Rule);
        var (open, secret) = Split(kind, whole);
        var definition = new SourceDefinition(name, old.Kind, open, isEnabled ?? old.IsEnabled, rule.IsSet ? rule.Rule : old.Rule);
        await book.Change(definition, secret, actor, cancel);
        await Halt(name);
        DeskFor(definition).SetRule(definition.Rule);
        Launch(definition);
    }

    /// <summary>Starts a source anew, for one that failed and was mended outside.</summary>
    public async Task Restart(string name, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        var definition = book.Get(name);
        await Halt(name);
        Launch(definition);
    }

    /// <summary>Stops and forgets a source, its secrets and what its items are kept as; the signals and their samples stay.</summary>
    public async Task Remove(string name, string actor, CancellationToken cancel)
    {
        using var turn = await Turn(cancel);
        book.Get(name);
        await Halt(name);
        await book.Remove(name, actor, cancel);
        lock (guard)
            desks.Remove(name);
    }

    /// <summary>Runs a source that is not added for a short time, and says what arrives or what is wrong. Nothing is kept.</summary>
    /// <param name="existing">The name of an added source whose secrets fill those left out; null for a new one.</param>
    /// <exception cref="ProblemException">There is no such kind, or too many sources are being tried. A setting that does not work is a result.</exception>
    public async Task<TrialResult> Try(string kind, string name, string? existing, JsonObject settings, TimeSpan longest, CancellationToken cancel)
    {
        var found = Kind(kind);
        var whole = (JsonObject)settings.DeepClone();
        var old = existing is null ? null : book.Get(existing);
        if (longest < ShortestTrial || longest > LongestTrial)
            throw new ProblemException("urn:dure:sources:bad-seconds", $"A source cannot be tried for {longest.TotalSeconds} s.", "field 'seconds'", $"Choose {ShortestTrial.TotalSeconds} to {LongestTrial.TotalSeconds}.");
        ISource source;
        try
        {
            if (old?.Kind == kind)
                FillSecrets(found, old.Name, whole, book.SettingsOf(old));
            source = found.Create(whole, time);
        }
        catch (ProblemException refused)
        {
            return new TrialResult(SourceState.Failed, refused.Problem, [], 0, [], TimeSpan.Zero);
        }
        if (!await trials.WaitAsync(TimeSpan.Zero, cancel))
            throw new ProblemException("urn:dure:sources:busy", $"{MostTrialsAtOnce} sources are being tried already.", "trial", "Wait a few seconds and try again.");
        try
        {
            return await SourceTrial.Run(source, name, found.KeepsUntilAccepted, longest, time, cancel);
        }
        finally
        {
            trials.Release();
        }
    }

    /// <exception cref="ProblemException">There is no such kind.</exception>
    public ISourceKind Kind(string kind) => kinds.GetValueOrDefault(kind)
        ?? throw new ProblemException("urn:dure:sources:unknown-kind", $"'{(kind.Length <= 40 ? kind : kind[..40] + "…")}' is not a kind of source.", "field 'kind'", $"Use one of: {string.Join(", ", Kinds.Select(known => known.Name))}.");

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        await changing.WaitAsync();
        await Task.WhenAll(running.Values.Select(source => source.DisposeAsync().AsTask()));
        running.Clear();
        changing.Dispose();
        trials.Dispose();
    }

    private void Launch(SourceDefinition definition)
    {
        var desk = DeskFor(definition);
        if (!definition.IsEnabled || !isStarted)
        {
            desk.Report(SourceState.Stopped);
            return;
        }
        if (!kinds.TryGetValue(definition.Kind, out var kind))
        {
            desk.Report(SourceState.Failed, new Problem("urn:dure:sources:unknown-kind", $"This node has no sources of kind '{definition.Kind}'.", $"source '{definition.Name}'", "Run a node that has it, or remove the source."));
            return;
        }
        running[definition.Name] = new RunningSource(definition.Name, () => kind.Create(book.SettingsOf(definition), time), desk, time);
    }

    private async Task Halt(string name)
    {
        if (running.Remove(name, out var source))
            await source.DisposeAsync();
    }

    private SourceDesk DeskFor(SourceDefinition definition)
    {
        lock (guard)
        {
            if (!desks.TryGetValue(definition.Name, out var desk))
                desks[definition.Name] = desk = new SourceDesk(definition.Name, historian, book, time, definition.Rule, kinds.GetValueOrDefault(definition.Kind)?.KeepsUntilAccepted ?? false);
            return desk;
        }
    }

    private SourceStatus Describe(SourceDefinition definition) => Describe(definition.Name, definition.Kind, kinds.GetValueOrDefault(definition.Kind)?.Title ?? "", isDoor: false, definition.IsEnabled, DeskFor(definition));

    private static SourceStatus DescribeDoor(string name, string title, SourceDesk desk) => Describe(name, name, title, isDoor: true, isEnabled: true, desk);

    private static SourceStatus Describe(string name, string kind, string title, bool isDoor, bool isEnabled, SourceDesk desk)
    {
        var (state, problem, since, lastSeen) = desk.State;
        var (accepted, waiting, unseen) = desk.ItemCounts;
        return new SourceStatus(name, kind, title, isDoor, isEnabled, state, problem, since, lastSeen, desk.Counts, accepted, waiting, unseen, desk.Rejections);
    }

    private static void CheckRule(AcceptRule? rule)
    {
        if (rule is null)
            return;
        if (rule.Items.Length > ItemBoard.MostNameLength)
            throw new ProblemException("urn:dure:sources:bad-rule", $"The beginning of names has {rule.Items.Length} characters.", "field 'rule.items'", $"At most {ItemBoard.MostNameLength}.");
        if (rule.Under.Length > 0 && !AssetId.TryParse(rule.Under, out _, out var why))
            throw new ProblemException("urn:dure:sources:bad-rule", why, "field 'rule.under'", "Write the beginning of the paths, such as plant/hall1, or leave it empty.");
    }

    /// <summary>Secrets that are left out are those the source has; but they go nowhere else than where they were given for.</summary>
    /// <exception cref="ProblemException">The address is another, so a secret must be given again.</exception>
    private static void FillSecrets(ISourceKind kind, string source, JsonObject settings, JsonObject old)
    {
        var moved = kind.Settings.FirstOrDefault(setting => setting.SaysWhere && Written(settings, setting) != Written(old, setting));
        foreach (var (secret, value) in Split(kind, old).Secret.Where(secret => settings[secret.Key] is null))
        {
            if (moved is not null)
            {
                throw new ProblemException("urn:dure:sources:secret-needed", $"'{secret}' was given for another '{moved.Name}'; it is not sent to this one.", $"source '{source}', setting '{secret}'",
                    "Give it again, or as an empty text where none is needed there.");
            }
            settings[secret] = value?.DeepClone();
        }
    }

    /// <summary>A setting as text; null where it is left out without a default, or is none.</summary>
    private static string? Written(JsonObject settings, SourceSetting setting)
    {
        try
        {
            return settings[setting.Name]?.ToString().Trim() is { Length: > 0 } text ? text : setting.Default;
        }
        catch (InvalidOperationException)
        {
            return null; // not UTF-8: the kind refuses it by name
        }
    }

    private static (JsonObject Open, JsonObject Secret) Split(ISourceKind kind, JsonObject settings)
    {
        var (open, secret) = (new JsonObject(), new JsonObject());
        foreach (var (name, value) in settings)
        {
            var isSecret = kind.Settings.Any(setting => setting.Name == name && setting.Type == SettingType.Secret);
            if (value is not null)
                (isSecret ? secret : open)[name] = value.DeepClone();
        }
        return (open, secret);
    }

    private async Task<IDisposable> Turn(CancellationToken cancel)
    {
        await changing.WaitAsync(cancel);
        return new Release(changing);
    }

    private sealed class Release(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
