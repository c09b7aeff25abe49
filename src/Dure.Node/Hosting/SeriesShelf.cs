using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Exchange.Handover.Live;
using Dure.Historian;
using Dure.Historian.Queries;
using Dure.Kernel;

namespace Dure.Node.Hosting;

/// <summary>Joins the exchange to this node's series: what is offered flows from here, what is received is kept here.</summary>
internal sealed class SeriesShelf(PlantHistorian historian, Journal journal, ReceivedBook received) : ISeriesShelf, ISeriesLanding
{
    public ISeriesReader Open(SeriesSelection selection, long agreed, DateTimeOffset agreedAt) =>
        new Reader(historian.Follow(signal => IsOffered(selection, signal.Id.Path), selection.Since ?? agreedAt), selection.Since is null ? new FeedCursor(agreed) : FeedCursor.FromTheBeginning(agreed + 1));

    /// <summary>Whether a selection takes a signal in. What came from partners as series is never handed on as series: its rules could not go with it.</summary>
    public bool IsOffered(SeriesSelection selection, string path) => selection.Includes(path) && received.OriginsOfSignal(path).Count == 0;

    public bool Knows(string path) => historian.Knows(path);

    public async Task<LandedRows> Land(IReadOnlyList<(string Path, SeriesRows Rows)> rows, string source, string provider, IReadOnlyList<EntryRef> restsOn, CancellationToken cancel)
    {
        var news = rows.Where(each => !historian.Knows(each.Path)).Select(Definition).ToList();
        if (news.Count > 0)
            await historian.Register(news, provider, cancel);
        var batch = new SampleBatch(source) { RestsOn = Lineage.Of(restsOn) };
        foreach (var (path, each) in rows)
            batch.Blocks.Add(Block(path, each));
        var receipt = await historian.Append(batch, provider, cancel);
        return new LandedRows(receipt.Entry is { } entry ? EntryRef.To(journal.Entry(entry)) : null, receipt.Accepted, receipt.Rejected);
    }

    private static SignalDefinition Definition((string Path, SeriesRows Rows) each) => Unit.TryParse(each.Rows.Unit, out var unit, out var why)
        ? new SignalDefinition(SignalId.Parse(each.Path), unit, each.Rows.Description, each.Rows.IsLabel ? SignalRole.Label : SignalRole.Measurement)
        : throw new ProblemException("urn:dure:exchange:bad-series", $"The unit of '{each.Rows.Path}' is none: {why}", $"signal {each.Path}", "Tell the provider: units are UCUM codes.");

    private static SignalBlock Block(string path, SeriesRows rows)
    {
        var block = new SignalBlock(path, rows.Unit);
        for (var i = 0; i < rows.TimesMicros.Length; i++)
            block.Add(rows.TimesMicros.Span[i], rows.Values.Span[i], rows.Qualities.Span[i]);
        return block;
    }

    private sealed class Reader(SeriesFeed feed, FeedCursor first) : ISeriesReader
    {
        public SeriesPage Next(string? after, CancellationToken cancel)
        {
            var page = feed.Next(CursorOf(after), cancel);
            return new SeriesPage([.. page.Rows.Select(rows => new SeriesRows(rows.Signal.Id.Path, rows.Signal.Unit.Code, rows.Signal.Description, rows.Signal.Role == SignalRole.Label, rows.TimesMicros, rows.Values, rows.Qualities))],
                page.Next.ToString(), page.HasMore);
        }

        public Task News(string after) => feed.News(CursorOf(after));

        public void Dispose() => feed.Dispose();

        /// <summary>A consumer's word on where it is, which must not lead before where this agreement begins.</summary>
        private FeedCursor CursorOf(string? after)
        {
            if (after is null)
                return first;
            return FeedCursor.TryParse(after, out var cursor) && (cursor.Entry >= Math.Max(first.Entry, 0) || (first.IsReading && cursor.Entry == first.Entry && cursor.Until == first.Until)) ? cursor
                : throw new ProblemException(SeriesDoor.BadPlace, "This is no place that this agreement's series came to.", "after", "Go on from what the newest piece says under 'next', or leave it out to begin anew.");
        }
    }
}
