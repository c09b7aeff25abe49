using System.Text.Json.Nodes;
using Dure.Historian.Sources;

namespace Dure.Tests.Historian.Sources;

/// <summary>A kind of source that does what a test says.</summary>
internal sealed class ScriptedKind(Func<JsonObject, ISourceDesk, CancellationToken, Task> run, bool keepsUntilAccepted = false) : ISourceKind
{
    private int runs;

    public string Name => "scripted";
    public string Title => "A source for tests";
    public bool KeepsUntilAccepted => keepsUntilAccepted;

    public IReadOnlyList<SourceSetting> Settings { get; } =
    [
        new("host", "Host", SettingType.Text, "Any text.", IsRequired: true),
        new("password", "Password", SettingType.Secret, "A secret."),
    ];

    /// <summary>How often a source of this kind was started.</summary>
    public int Runs => Volatile.Read(ref runs);

    public ISource Create(JsonObject settings, TimeProvider time)
    {
        new SettingReader(this, settings).Text("host");
        return new Scripted(this, settings);
    }

    private sealed class Scripted(ScriptedKind kind, JsonObject settings) : ISource
    {
        public Task Run(ISourceDesk desk, CancellationToken cancel)
        {
            Interlocked.Increment(ref kind.runs);
            return kind.Go(settings, desk, cancel);
        }
    }

    private Task Go(JsonObject settings, ISourceDesk desk, CancellationToken cancel) => run(settings, desk, cancel);
}
