using System.Globalization;
using Dure.Datasets;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Hosting;

namespace Dure.Node.Shells;

/// <summary>A model version as the submodel AI Model Nameplate (IDTA 02060), made from its manifest like its card.</summary>
internal static class ModelSubmodel
{
    public static Submodel Of(ModelVersion model, DatasetCatalog datasets, NodeAddress address)
    {
        var manifest = model.Manifest;
        var dataset = ContentHash.Parse(manifest.DatasetId);
        return AiModelTemplate.Fill(new AiModelFacts(
            new AiHead(PlantIds.ModelSubmodel(model.Version.Hex), PlantIds.Model(model.Version.Hex), model.Number.ToString(CultureInfo.InvariantCulture), Reference.External(address.Did.Value)),
            address.At($"/api/v1/models/{model.Version.Hex}").AbsoluteUri,
            "Unsupervised: each machine's own first rows are taken as healthy, and its limit is commissioned on them. Labels, where there are any, only judge the result.",
            $"{manifest.Title} ({manifest.Detector})",
            "One row of a machine's signals at a time, in the order of time",
            InputsOf(manifest, datasets.TryFind(dataset)),
            "Score: the row's statistic divided by the machine's limit; above 1 the machine no longer runs as when it was commissioned.",
            [.. ResultsOf(manifest)],
            [
                .. manifest.Parameters.Select(parameter => new Named(parameter.Name, $"{Number(parameter.Value)}: {parameter.Reason}")),
                new Named("LimitMultiplier", Number(manifest.LimitMultiplier)),
                new Named("Seed", manifest.Seed.ToString(CultureInfo.InvariantCulture)),
            ],
            [(Reference.Model(KeyKind.Submodel, PlantIds.DatasetSubmodel(dataset.Hex)), manifest.Machines.Min(machine => machine.From), manifest.Machines.Max(machine => machine.To))],
            "onnx", "ONNX", "C#", [.. OriginOf(model, datasets)]));
    }

    /// <summary>All signals that any machine's fit reads, with the unit that the dataset gives them.</summary>
    internal static IReadOnlyList<Named> InputsOf(ModelManifest manifest, DatasetVersion? dataset) =>
        [.. manifest.Machines.SelectMany(machine => machine.Signals).Distinct(StringComparer.Ordinal).Select(signal => new Named(signal, UnitOf(dataset, signal)))];

    private static string UnitOf(DatasetVersion? dataset, string signal) => dataset?.Columns.FirstOrDefault(column => column.Name == signal) is { } column
        ? $"unit {column.Unit} (UCUM)" + (column.Description.Length > 0 ? $"; {column.Description}" : "")
        : "unit unknown: the dataset is not here";

    private static IEnumerable<Named> ResultsOf(ModelManifest manifest)
    {
        yield return new Named("BalancedAccuracyOnInjectedFaults", Number(manifest.Chosen.BalancedAccuracy));
        if (manifest.Chosen.HeldOut is not { } rates)
        {
            yield return new Named("HeldOutRows", "The dataset has no labels: nothing can be said about detection or false alarms.");
            yield break;
        }
        yield return new Named("F1", Shown(rates.F1, ""));
        yield return new Named("FalseAlarmRate", Shown(rates.FalseAlarmPercent, " %"));
        yield return new Named("MissedAlarmRate", Shown(rates.MissedAlarmPercent, " %"));
        if (manifest.Chosen is { DetectedEvents: { } met, Events: { } all })
            yield return new Named("FaultsMet", $"{met} of {all}");
    }

    /// <summary>What names the model and its data beyond doubt, and under which licence the data came.</summary>
    private static IEnumerable<Named> OriginOf(ModelVersion model, DatasetCatalog datasets)
    {
        yield return new Named("sha256", model.Version.Hex);
        yield return new Named("datasetSha256", ContentHash.Parse(model.Manifest.DatasetId).Hex);
        if (datasets.TryFind(ContentHash.Parse(model.Manifest.DatasetId)) is { } dataset)
        {
            yield return new Named("parquetSha256", dataset.Parquet.Hex);
            yield return new Named("licenceOfData", datasets.Card(dataset).Licence);
        }
        yield return new Named("journalEntry", model.Entry.Hash.Hex);
    }

    private static string Shown(ManifestFigure figure, string unit) => figure switch
    {
        { Value: { } value, Low: { } low, High: { } high } => $"{Number(value)}{unit} (95 % interval {Number(low)} to {Number(high)}{unit})",
        { Value: { } value } => $"{Number(value)}{unit}",
        _ => "unknown",
    };

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
