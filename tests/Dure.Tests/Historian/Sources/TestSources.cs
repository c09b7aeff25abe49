using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Sources;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Sources;

/// <summary>A historian with a runner of sources on it, that can be closed and opened again.</summary>
internal sealed class TestSources : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TestHistorian historian;
    private readonly ISourceKind[] kinds;
    private SourceBook? book;
    private SourceRunner? runner;

    private TestSources(TestHistorian historian, ISourceKind[] kinds) => (this.historian, this.kinds) = (historian, kinds);

    public TestHistorian Stores => historian;
    public SourceRunner Runner => runner!; // open between Create and DisposeAsync
    public string SecretsFile => Path.Combine(historian.Folder, "secrets", "sources.json");

    public static async Task<TestSources> Create(params ISourceKind[] kinds)
    {
        var sources = new TestSources(await TestHistorian.Create(), kinds);
        await sources.Open();
        return sources;
    }

    public async Task Reopen()
    {
        await Close();
        await historian.Reopen();
        await Open();
    }

    public Task Add(string name, AcceptRule? rule = null, string? password = null) => Runner.Add(name, "scripted",
        password is null ? new JsonObject { ["host"] = "device" } : new JsonObject { ["host"] = "device", ["password"] = password }, true, rule, "tester", CancellationToken.None);

    /// <summary>A desk that no source feeds but the test.</summary>
    public SourceDesk Desk(string name = "door") => Runner.DeskOf(name, "A door for tests");

    /// <summary>A desk with a clock of the test's, beside those of the runner.</summary>
    public SourceDesk Desk(TimeProvider time, AcceptRule? rule = null, bool keepsUntilAccepted = false) => new("timed", historian.Historian, book!, time, rule, keepsUntilAccepted);

    public static SampleBatch Batch(string item, string? unit, params (long Time, double Value)[] samples)
    {
        var block = new SignalBlock(item, unit);
        foreach (var (time, value) in samples)
            block.Add(time, value);
        var batch = new SampleBatch("test");
        batch.Blocks.Add(block);
        return batch;
    }

    public async Task<(long, double)[]> Kept(string signal) => [.. (await historian.Read(SignalId.Parse(signal))).Select(sample => (sample.Time, sample.Value))];

    public static async Task Until(Func<bool> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "it did not come to it");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        await historian.DisposeAsync();
    }

    private async Task Open()
    {
        book = SourceBook.Open(historian.Journal, SecretsFile);
        runner = new SourceRunner(historian.Historian, book, kinds, TimeProvider.System);
        await runner.Start(CancellationToken.None);
    }

    private async Task Close()
    {
        if (runner is not null)
            await runner.DisposeAsync();
        book?.Dispose();
    }
}
