using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Historian;
using Dure.Node.Hosting;

namespace Dure.Node.Shells;

/// <summary>
/// A machine's signals as the submodel Time Series Data (IDTA 02008): each series as it lies here now behind its query, and the stretches
/// that were cut into dataset versions as Parquet files.
/// </summary>
internal static class SeriesSubmodel
{
    private const string Query = "/api/v1/signals/export";

    public static Submodel Of(string id, string path, Holding holding, PlantHistorian historian, NodeAddress address)
    {
        var signals = holding.Signals.Select(historian.Find).ToList();
        return TimeSeriesTemplate.Fill(new TimeSeriesFacts(id, path, $"The signals of {path}, each with its samples as they were taken in. Times in queries are microseconds since 1970 (UTC).",
            [.. signals.Select(signal => new SeriesVariable(signal.Id.Name, null, signal.Definition.Unit.Code))],
            [
                .. signals.Select(signal => new SeriesSegment(signal.Id.Name, signal.Samples, signal.First, signal.Latest?.Time, null, false, signal.Latest?.Time,
                    new SegmentPlace.Linked(address.At(Query).AbsoluteUri, $"signal={Uri.EscapeDataString(signal.Id.Path)}"))),
                .. holding.Datasets.Select(version => (version, part: version.Parts.First(part => part.Asset.Path == path))).Select(cut => new SeriesSegment(
                    $"{cut.version.Name}_{cut.version.Number}", cut.part.Rows, cut.part.First, cut.part.Last, null, true, cut.version.At,
                    new SegmentPlace.External(new FileAddress(address.At($"/api/v1/datasets/{cut.version.Id.Hex}/parquet").AbsoluteUri, "application/vnd.apache.parquet", cut.version.Parquet.Hex)))),
            ]));
    }
}
