using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;

namespace Dure.Tests.Historian;

/// <summary>A historian with its journal on a folder of its own, that can be closed, damaged and opened again.</summary>
internal sealed class TestHistorian : IAsyncDisposable
{
    public static readonly SignalId Pressure = SignalId.Parse("plant/pump1/Pressure");
    public static readonly SignalId Current = SignalId.Parse("plant/pump1/Current");
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly int memorySamples;
    private readonly int bulkSamples;
    private NodeKey? key;
    private Journal? journal;
    private PlantHistorian? historian;

    private readonly JournalOptions journalOptions;

    private TestHistorian(string folder, int memorySamples, int bulkSamples, JournalOptions journalOptions) =>
        (Folder, this.memorySamples, this.bulkSamples, this.journalOptions) = (folder, memorySamples, bulkSamples, journalOptions);

    public string Folder { get; }
    public string Series => Path.Combine(Folder, "series");
    public PlantHistorian Historian => historian!; // open between Open and Close
    public Journal Journal => journal!;

    public static async Task<TestHistorian> Create(int memorySamples = 2_000_000, int bulkSamples = 500_000, JournalOptions? journalOptions = null)
    {
        var test = new TestHistorian(Directory.CreateTempSubdirectory("dure-historian-").FullName, memorySamples, bulkSamples, journalOptions ?? new JournalOptions());
        await test.Open();
        await test.Historian.Register([new SignalDefinition(Pressure, Unit.Parse("bar"), Low: 0, High: 10), new SignalDefinition(Current, Unit.Parse("A"))], "tester", CancellationToken.None);
        return test;
    }

    public async Task Open()
    {
        key = NodeKey.LoadOrCreate(Path.Combine(Folder, "keys"));
        journal = await Journal.Open(Path.Combine(Folder, "journal"), key, TimeProvider.System, journalOptions, CancellationToken.None);
        historian = await PlantHistorian.Open(new HistorianOptions { DataPath = Series, MemorySamples = memorySamples, BulkSamples = bulkSamples }, journal, new FixedClock(Now), CancellationToken.None);
    }

    public async Task Close()
    {
        if (historian is not null)
            await historian.DisposeAsync();
        if (journal is not null)
            await journal.DisposeAsync();
        key?.Dispose();
        (historian, journal, key) = (null, null, null);
    }

    public async Task Reopen()
    {
        await Close();
        await Open();
    }

    /// <summary>Numbers of the batches that have an entry, in the journal's order.</summary>
    public long[] Entered => [.. Journal.Read().Where(entry => entry.Kind == PlantHistorian.Ingested).Select(entry => entry.Body["sequence"]!.GetValue<long>())];

    public string[] Segments => [.. Directory.GetFiles(Series, "*.segment").Order(StringComparer.Ordinal)];

    /// <summary>Log files that hold batches.</summary>
    public string[] Logs => [.. Directory.GetFiles(Series, "*.wal").Where(path => new FileInfo(path).Length > 0).Order(StringComparer.Ordinal)];

    public async Task<List<Problem>> VerifySegments()
    {
        var problems = new List<Problem>();
        await foreach (var problem in Historian.VerifySegments(CancellationToken.None))
            problems.Add(problem);
        return problems;
    }

    /// <summary>Closes it, lets the journal be what it was when <see cref="CopyJournal"/> was called, and opens it: as after a crash that kept later entries from it.</summary>
    public async Task ReopenWithJournal(string copy)
    {
        await Close();
        Directory.Delete(Path.Combine(Folder, "journal"), recursive: true);
        CopyFiles(copy, Path.Combine(Folder, "journal"));
        await Open();
    }

    /// <summary>Closes it for a moment and copies the journal.</summary>
    public async Task<string> CopyJournal()
    {
        var copy = Path.Combine(Folder, $"journal-{Guid.NewGuid():N}");
        await Close();
        CopyFiles(Path.Combine(Folder, "journal"), copy);
        await Open();
        return copy;
    }

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    public async Task<BatchReceipt> Send(SignalId signal, params (long Time, double Value)[] samples)
    {
        var block = new SignalBlock(signal.Path, null);
        foreach (var (time, value) in samples)
            block.Add(time, value);
        return await Send(block);
    }

    /// <summary>Sends a batch; again when the disk of a busy machine does not keep up, as a gateway would.</summary>
    public async ValueTask<BatchReceipt> Send(params SignalBlock[] blocks)
    {
        for (var patience = 400; ; patience--)
        {
            var batch = new SampleBatch("tester");
            batch.Blocks.AddRange(blocks);
            try
            {
                return await Historian.Append(batch, "tester", CancellationToken.None);
            }
            catch (ProblemException refused) when (refused.Problem.Type == "urn:dure:historian:too-busy" && patience > 0)
            {
                await Task.Delay(25);
            }
        }
    }

    public async Task<List<(long Time, double Value, Quality Quality)>> Read(SignalId signal, TimeRange? range = null)
    {
        var samples = new List<(long, double, Quality)>();
        await foreach (var block in Historian.Read(signal, range ?? TimeRange.All, CancellationToken.None))
        {
            for (var i = 0; i < block.Count; i++)
                samples.Add((block.TimesMicros.Span[i], block.Values.Span[i], block.Qualities.Span[i]));
        }
        return samples;
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
