using Dure.Historian;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Tests.Historian.Sources;

/// <summary>A desk that keeps what a source hands in, and lets tests wait for it.</summary>
internal sealed class TestDesk : ISourceDesk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Lock gate = new();
    private readonly List<(string Name, long Time, double Value, Quality Quality)> samples = [];
    private readonly List<(SourceState State, Problem? Problem)> reports = [];
    private readonly List<RejectedSample> rejections = [];

    public IReadOnlyList<SourceItem> Items { get; private set; } = [];

    /// <summary>Told of each batch before it is kept; throws to refuse it.</summary>
    public Action<SampleBatch> OnDeliver { get; set; } = _ => { };

    public IReadOnlyList<(string Name, long Time, double Value, Quality Quality)> Samples
    {
        get
        {
            lock (gate)
                return [.. samples];
        }
    }

    public IReadOnlyList<(SourceState State, Problem? Problem)> Reports
    {
        get
        {
            lock (gate)
                return [.. reports];
        }
    }

    public IReadOnlyList<RejectedSample> Rejections
    {
        get
        {
            lock (gate)
                return [.. rejections];
        }
    }

    public void Announce(IReadOnlyList<SourceItem> items) => Items = items;

    public ValueTask<BatchReceipt> Deliver(SampleBatch batch, CancellationToken cancel)
    {
        OnDeliver(batch);
        var taken = 0L;
        lock (gate)
        {
            foreach (var block in batch.Blocks)
            {
                for (var i = 0; i < block.Count; i++)
                    samples.Add((block.Signal, block.TimesMicros[i], block.Values[i], block.Qualities[i]));
                taken += block.Count;
            }
            rejections.AddRange(batch.Rejections);
        }
        return ValueTask.FromResult(new BatchReceipt(null, null, taken, 0, 0, 0, 0, batch.RejectedCount, batch.Rejections));
    }

    public void Report(SourceState state, Problem? problem = null)
    {
        lock (gate)
            reports.Add((state, problem));
    }

    /// <summary>Runs a source until the condition holds, then stops it.</summary>
    public async Task RunUntil(ISource source, Func<TestDesk, bool> condition)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Xunit.TestContext.Current.CancellationToken);
        var running = source.Run(this, stop.Token);
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition(this) && !running.IsCompleted)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                throw new TimeoutException($"It did not come to it; reports: {string.Join("; ", Reports.TakeLast(5))}; {Samples.Count} samples");
            await Task.Delay(2, stop.Token);
        }
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }
}
