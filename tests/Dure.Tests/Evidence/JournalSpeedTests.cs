using System.Diagnostics;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Xunit;

namespace Dure.Tests.Evidence;

/// <summary>Measures, run by name only: how many small entries many callers get onto the disk, and what a million of them cost to open, prove and verify.</summary>
public sealed class JournalSpeedTests : IDisposable
{
    private const int Callers = 4096;
    private const int Entries = 1_000_000;
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TempFolder folder = new();
    private readonly NodeKey key;

    public JournalSpeedTests() => key = NodeKey.LoadOrCreate(folder.Sub("keys"));

    public void Dispose()
    {
        key.Dispose();
        folder.Dispose();
    }

    [Fact(Explicit = true)]
    public async Task A_million_small_entries_are_appended_opened_proved_and_verified_quickly()
    {
        var watch = Stopwatch.StartNew();
        await using (var journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel))
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
            {
                for (var i = caller; i < Entries; i += Callers)
                    await journal.Append("ingested", "skab/valve1/0", new JsonObject { ["number"] = i, ["samples"] = 5000 }, "gateway", Cancel);
            })));
            Report($"append: {Entries / watch.Elapsed.TotalSeconds:N0} entries/s by {Callers} callers");
        }

        watch.Restart();
        await using var again = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
        Report($"open: {watch.Elapsed.TotalSeconds:N2} s ({again.Recovery})");

        watch.Restart();
        var head = again.Head();
        for (var i = 0; i < 1000; i++)
            Assert.True(again.Prove((long)i * 997 % Entries, Entries).Proves(head.Root));
        Report($"prove and check: {watch.Elapsed.TotalMilliseconds / 1000:N3} ms each");

        watch.Restart();
        Assert.True(again.Verify(null, Cancel).IsIntact);
        Report($"verify all: {watch.Elapsed.TotalSeconds:N2} s");
        Report($"memory held: {GC.GetTotalMemory(forceFullCollection: true) / 1e6:N1} MB");
    }

    private static void Report(string line) => TestContext.Current.SendDiagnosticMessage("{0}", line);
}
