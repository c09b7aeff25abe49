using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>Where a gateway's source hands in: names become signals, streams are thinned where that is asked for, and the rest is spooled.</summary>
internal sealed class GatewayDesk(GatewaySource source, Spool spool, Action<string, SourceState, Problem?> tell) : ISourceDesk, IDisposable
{
    private const int MaxNames = 100_000;
    private readonly Dictionary<string, Stream> streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> unitOf = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>What is known of one value: where it goes, and how it is thinned.</summary>
    private sealed record Stream(string Signal, string? Unit, StreamCompression? Thin)
    {
        public StreamCompression? Thin { get; set; } = Thin;
    }

    public void Announce(IReadOnlyList<SourceItem> items)
    {
        lock (unitOf)
        {
            foreach (var item in items.Take(MaxNames - unitOf.Count))
                unitOf[item.Name] = item.Unit;
        }
    }

    /// <summary>On return the samples are on the gateway's disk, but for those that thinning keeps back.</summary>
    /// <exception cref="ProblemException">The spool is full or its disk failed.</exception>
    public async ValueTask<BatchReceipt> Deliver(SampleBatch batch, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            var accepted = 0L;
            var kept = new List<SignalBlock>(batch.Blocks.Count);
            var before = new Dictionary<Stream, StreamCompression>(ReferenceEqualityComparer.Instance);
            foreach (var block in batch.Blocks)
            {
                if (block.Count == 0 || Find(block, batch) is not { } stream)
                    continue;
                accepted += block.Count;
                if (stream.Thin is { } thin)
                    before.TryAdd(stream, thin.Copy());
                kept.Add(Thinned(block, stream));
            }
            try
            {
                await Keep(kept, source.Kind.KeepsUntilAccepted ? full => tell(source.Name, SourceState.Retrying, full) : null, cancel);
            }
            catch
            {
                // What was not kept was not sent: the next samples are measured by the last that was.
                foreach (var (stream, thin) in before)
                    stream.Thin = thin;
                throw;
            }
            return new BatchReceipt(null, null, accepted, 0, 0, 0, 0, batch.RejectedCount, batch.Rejections);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Report(SourceState state, Problem? problem = null) => tell(source.Name, state, problem);

    public void Dispose() => oneAtATime.Dispose();

    /// <summary>Spools what thinning still keeps back; the source has ended.</summary>
    public async Task Flush(CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            var last = new List<SignalBlock>();
            foreach (var stream in streams.Values.Where(stream => stream.Thin is not null))
            {
                var block = new SignalBlock(stream.Signal, stream.Unit);
                stream.Thin!.Flush(block);
                last.Add(block);
            }
            await Keep(last, null, cancel);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private static SignalBlock Thinned(SignalBlock block, Stream stream)
    {
        var target = new SignalBlock(stream.Signal, UnitOf(block.Unit, stream.Unit));
        for (var i = 0; i < block.Count; i++)
        {
            var (time, value, quality) = (block.TimesMicros[i], block.Values[i], block.Qualities[i]);
            if (stream.Thin is null)
                target.Add(time, value, quality);
            else
                stream.Thin.Offer(time, value, quality, target);
        }
        return target;
    }

    /// <summary>
    /// The unit for the node, which knows only UCUM: the source's own where it is certain, else what the settings say. One that nobody understands
    /// goes as it is, so that the node refuses it in words.
    /// </summary>
    private static string? UnitOf(string? written, string? said) => written is null ? said
        : UnitSpelling.TryUnderstand(written, out var unit) && unit.IsCertain ? unit.Unit.Code : said ?? written;

    /// <summary>Spools blocks in batches of a bounded size, in order.</summary>
    private async Task Keep(List<SignalBlock> blocks, Action<Problem>? whileFull, CancellationToken cancel)
    {
        var (together, samples) = (new List<SignalBlock>(), 0);
        foreach (var part in blocks.Where(block => block.Count > 0).SelectMany(Parts))
        {
            if (samples + part.Count > BatchJson.MaxSamples && samples > 0)
            {
                await spool.Append(BatchJson.Blocks(together), samples, cancel, whileFull);
                (together, samples) = ([], 0);
            }
            together.Add(part);
            samples += part.Count;
        }
        if (samples > 0)
            await spool.Append(BatchJson.Blocks(together), samples, cancel, whileFull);
    }

    private static IEnumerable<SignalBlock> Parts(SignalBlock block)
    {
        if (block.Count <= BatchJson.MaxSamples)
        {
            yield return block;
            yield break;
        }
        for (var start = 0; start < block.Count; start += BatchJson.MaxSamples)
        {
            var part = new SignalBlock(block.Signal, block.Unit);
            for (var i = start; i < Math.Min(start + BatchJson.MaxSamples, block.Count); i++)
                part.Add(block.TimesMicros[i], block.Values[i], block.Qualities[i]);
            yield return part;
        }
    }

    private Stream? Find(SignalBlock block, SampleBatch batch)
    {
        if (streams.TryGetValue(block.Signal, out var known))
            return known;
        var item = source.Items.GetValueOrDefault(block.Signal);
        // A source whose values have whole paths, such as a folder, needs no template.
        var path = item?.Signal ?? (block.Signal.Contains('/', StringComparison.Ordinal) && source.Template is null ? block.Signal
            : source.Template?.Replace(GatewaySettings.NamePlace, block.Signal, StringComparison.Ordinal));
        if (path is null)
            batch.Reject($"source {source.Name}, '{block.Signal}'", "Nothing says which signal this value is.", "Add a template to the source, or the value to its items.", block.Count);
        else if (!SignalId.TryParse(path, out _, out var why))
            batch.Reject($"source {source.Name}, '{block.Signal}'", why, "Name the signal in the source's items.", block.Count);
        else if (streams.Count >= MaxNames)
            batch.Reject($"source {source.Name}, '{block.Signal}'", $"The source has more than {MaxNames:N0} values.", "Divide it into several sources.", block.Count);
        else
            return streams[block.Signal] = new Stream(path, item?.Unit ?? UnitOf(Announced(block.Signal), null), item?.Thin?.Invoke());
        return null;
    }

    private string? Announced(string name)
    {
        lock (unitOf)
            return unitOf.GetValueOrDefault(name);
    }
}
