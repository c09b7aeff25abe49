using System.Globalization;
using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A dataset version as the template wants it.</summary>
/// <param name="Storage">Where it can be had.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="TestRows">How many of them are held out.</param>
/// <param name="Labels">The labels' names and how many rows carry each; empty when nothing is labelled.</param>
/// <param name="FileTypes">In which forms it can be had.</param>
/// <param name="Information">Further particulars: times, signals, units.</param>
/// <param name="Metrics">What the quality report measured.</param>
/// <param name="Conditions">Under which it was recorded.</param>
public sealed record AiDatasetFacts(AiHead Head, string Storage, long Rows, long? TestRows, IReadOnlyList<(string Label, long Rows)> Labels, IReadOnlyList<string> FileTypes,
    IReadOnlyList<Named> Information, IReadOnlyList<Named> Metrics, IReadOnlyList<Named> Conditions);

/// <summary>AI Dataset 1.0.1 (IDTA 02058).</summary>
public static class AiDatasetTemplate
{
    public const string SemanticId = "https://admin-shell.io/idta/SubmodelTemplate/AIDataset/1/0";
    private const string Base = "https://admin-shell.io/idta/AIDataset/";
    private const string Labelled = Base + "labeled/Classification/";

    public static Submodel Fill(AiDatasetFacts facts) => Submodel(facts.Head.SubmodelId, "AIDataset", Reference.External(SemanticId),
        Text("URIOfTheProduct", UriOfTheProduct, facts.Head.Uri),
        Text("Version", TemplateParts.Version, facts.Head.Version),
        Link("ContactInformation", Base + "ContactInformation/1/0", facts.Head.Contact),
        Text("Storage", Base + "Storage/1/0", facts.Storage),
        Group("Labeled", Base + "labeled/1/0", Classification(facts)),
        Size(facts),
        Group("MetaData", Base + "MetaData/1/0",
            [.. Named(facts.FileTypes, type => "FileType_" + type).Select((type, at) => Text(at == 0 ? "FileType" : type.IdShort, Base + "MetaData/FileType/1/0", type.Item)),
            Group("AdditionalInformation", Base + "MetaData/AdditionalInformation/1/0", Texts(facts.Information, Base + "MetaData/AdditionalInformation/Info/1/0"))]),
        Group("Metrics", Base + "Metrics/1/0", Texts(facts.Metrics, Base + "MetaData/Metrics/Metric/1/0")),
        Group("BoundaryConditions", Base + "BoundaryConditions/1/0",
            Group("EnviromentConditions", Base + "BoundaryConditions/EnviromentConditions/1/0", Texts(facts.Conditions, Base + "BoundaryConditions/EnviromentConditions/Condition/1/0"))));

    internal static IEnumerable<SubmodelElement?> Texts(IReadOnlyList<Named> pairs, string semanticId) => Named(pairs, pair => pair.Name).Select(pair => Text(pair.IdShort, semanticId, pair.Item.Value));

    /// <summary>The names are the template's own, its spelling included.</summary>
    private static SubmodelElement? Classification(AiDatasetFacts facts) => facts.Labels.Count == 0 ? null : Group("Classification", Base + "Labeled/Classification/1/0",
        Number("NumberLables", Labelled + "NumberLabels/1/0", facts.Labels.Count),
        Group("Labels", Labelled + "Labels/1/0", Named(facts.Labels, label => label.Label).Select(label => Group(label.IdShort, Labelled + "Labels/Label/1/0",
            Text("ClassName", Labelled + "Labels/Label/ClassName/1/0", label.Item.Label),
            Number("NumberOfSamples", Labelled + "Labels/Label/NumberOfSamples/1/0", label.Item.Rows)))));

    private static SubmodelElement? Size(AiDatasetFacts facts) => Group("SizeInformation", Base + "SizeInformation/1/0",
        Number("CompleteSize", Base + "/SizeInformation/CompleteSize/1/0", facts.Rows), // with the two slashes that the template has
        Number("TrainSize", Base + "SizeInformation/TrainSize/1/0", facts.Rows - facts.TestRows),
        Number("TestSize", Base + "SizeInformation/TestSize/1/0", facts.TestRows),
        Text("SplitRatio", Base + "SizeInformation/SplitRatio/1/0", facts is { TestRows: { } test, Rows: > 0 } ? string.Create(CultureInfo.InvariantCulture, $"{(double)(facts.Rows - test) / facts.Rows:0.###}/{(double)test / facts.Rows:0.###}") : null));
}
