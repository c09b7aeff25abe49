using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A model version as the template wants it.</summary>
/// <param name="KindOfLearning">For example <c>unsupervised</c>.</param>
/// <param name="ModelType">What it is, in words: an autoencoder, a forest.</param>
/// <param name="KindOfInput">For example <c>time series of one machine</c>.</param>
/// <param name="Inputs">Each input with its unit and range.</param>
/// <param name="OutputMeaning">What its output says.</param>
/// <param name="Results">Measured on the test part: the measure and its value.</param>
/// <param name="Hyperparameters">What was set or found before training.</param>
/// <param name="Datasets">What it was trained on: the dataset's submodel, and from when to when.</param>
/// <param name="Origin">What the template has no place for and stands beside it as extensions: hashes, the licence of the data.</param>
public sealed record AiModelFacts(AiHead Head, string Storage, string KindOfLearning, string ModelType, string KindOfInput, IReadOnlyList<Named> Inputs, string OutputMeaning,
    IReadOnlyList<Named> Results, IReadOnlyList<Named> Hyperparameters, IReadOnlyList<(Reference Dataset, DateTimeOffset From, DateTimeOffset To)> Datasets,
    string FileExtension, string Framework, string ProgramLanguage, IReadOnlyList<Named> Origin);

/// <summary>AI Model Nameplate 1.0.1 (IDTA 02060).</summary>
public static class AiModelTemplate
{
    public const string SemanticId = "https://admin-shell.io/idta/SubmodelTemplate/AIModelNameplate/1/0";
    private const string Base = "https://admin-shell.io/idta/AIModelNameplate/";
    private const string OfType = Base + "AITypeSpecificInformation/";

    /// <summary>The template refers to itself by a model reference.</summary>
    public static Submodel Fill(AiModelFacts facts) => Body(facts) with
    {
        Extensions = facts.Origin.Count == 0 ? null : [.. facts.Origin.Select(origin => Said(origin.Name, origin.Value))],
    };

    private static Submodel Body(AiModelFacts facts) => Submodel(facts.Head.SubmodelId, "AIModelNameplate", Reference.Model(KeyKind.Submodel, SemanticId),
        [
            Text("URIOfTheProduct", UriOfTheProduct, facts.Head.Uri),
            Text("Version", TemplateParts.Version, facts.Head.Version),
            Link("ContactInformation", Base + "Contactinformation/1/0", facts.Head.Contact),
            Text("Storage", Base + "Storage/1/0", facts.Storage),
            English("KindOfLearning", Base + "KindOfLearning/1/0", facts.KindOfLearning),
            Group("Inputs", Base + "Inputs/1/0", [Text("KindOfInput", Base + "Inputs/KindOfInput/1/0", facts.KindOfInput), .. Named(facts.Inputs, input => "Dimension_" + input.Name).Select(Input)]),
            Group("Outputs", Base + "Outputs/1/0", Group("Dimension1", Base + "Outputs/DimensionN/1/0",
                Text("Size", Base + "Outputs/DimensionN/Size/1/0", "1"), English("Result", Base + "Outputs/DimensionN/Result/1/0", facts.OutputMeaning))),
            Group("TrainingResults", Base + "TrainingResults/1/0", AiDatasetTemplate.Texts(facts.Results, Base + "TrainingResults/Result/1/0")),
            Group("Details", Base + "Details/1/0",
                Text("FileExtension", Base + "Details/DataEnding/1/0", facts.FileExtension),
                Text("AIFramework", Base + "Details/AIFramework/1/0", facts.Framework),
                Text("ProgramLanguage", Base + "Details/ProgramLanguage/1/0", facts.ProgramLanguage)),
            .. facts.Datasets.Select((dataset, at) => Dataset(dataset, at)),
            Group("AITypeSpecificInformation", OfType + "1/0",
                Group("Hyperparameter", OfType + "Hyperparameter/1/0", AiDatasetTemplate.Texts(facts.Hyperparameters, OfType + "Hyperparameter/LearningRate/1/0")),
                English("Type", OfType + "Type/1/0", facts.ModelType)),
        ]);

    private static SubmodelElement? Input((string IdShort, Named Item) input) => Group(input.IdShort, Base + "Inputs/DimensionN/1/0",
        Text("Size", Base + "Inputs/DimensionN/Size/1/0", "1"), Text("Information", Base + "Inputs/DimensionN/Information/1/0", $"{input.Item.Name}: {input.Item.Value}"));

    private static SubmodelElement? Dataset((Reference Dataset, DateTimeOffset From, DateTimeOffset To) used, int at) => Group(at == 0 ? "AIDataset" : $"AIDataset{at + 1}", Base + "AIDataset/1/0",
        Link("AIDatasetReference", Base + "AIDataset/DatasetReference/1/0", used.Dataset),
        new RangeElement { IdShort = "TimeStamp", SemanticId = Reference.External(Base + "AIDataset/TimeStamp/1/0"), ValueType = XsdType.DateTime, Min = Utc(used.From), Max = Utc(used.To) });
}
