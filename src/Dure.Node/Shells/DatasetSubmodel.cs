using System.Globalization;
using Dure.Datasets;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Shells;

/// <summary>A dataset version as an Asset Administration Shell submodel (IDTA 02058, AI Dataset), made from its manifest like card and catalogue entry.</summary>
internal static class DatasetSubmodel
{
    public static Submodel Of(DatasetVersion version, QualityReport quality, NodeAddress address) => AiDatasetTemplate.Fill(new AiDatasetFacts(
        new AiHead(PlantIds.DatasetSubmodel(version.Id.Hex), PlantIds.Dataset(version.Id.Hex), version.Number.ToString(CultureInfo.InvariantCulture), Reference.External($"{address.Did}")),
        address.At($"/api/v1/datasets/{version.Id}/parquet").AbsoluteUri,
        version.Rows,
        version.Parts.Sum(part => part.HeldOutRows),
        version.HasLabels ? [("fault", version.Parts.Sum(part => part.Labelled)), ("healthy", version.Rows - version.Parts.Sum(part => part.Labelled))] : [],
        ["parquet", "csv"],
        [
            new Named("Title", version.Title),
            new Named("Sha256", version.Parquet.Hex),
            .. RangeOf(version) is { } range ? [new Named("From", Utc(range.Start)), new Named("To", Utc(range.End))] : Array.Empty<Named>(),
            .. version.Columns.Select(column => new Named($"{(version.Table is null ? "Signal" : "Column")}_{column.Name}", $"{column.Description} [{column.Unit}]".Trim())),
        ],
        [
            new Named("QualityScore", version.QualityScore.ToString("0.###", CultureInfo.InvariantCulture)),
            .. quality.ByKind().Select(kind => new Named($"{(version.Table is null ? "Signals" : "Columns")}With_{kind.Key}", kind.Signals.ToString(CultureInfo.InvariantCulture))),
        ],
        [.. version.Parts.Select(part => new Named($"Machine_{part.Asset.Path}", $"{part.Rows} rows"))]));

    /// <summary>The first and last time of its rows; null of a table that has none.</summary>
    private static TimeRange? RangeOf(DatasetVersion version) => version.Table is { } table
        ? table.Columns.FirstOrDefault(column => column.Role == TableRole.Time)?.Times
        : new TimeRange(version.Parts.Min(part => part.First), version.Parts.Max(part => part.Last));

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
