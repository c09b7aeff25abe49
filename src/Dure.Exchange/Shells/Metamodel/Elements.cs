namespace Dure.Exchange.Shells;

/// <summary>What a submodel is made of; there are fourteen kinds.</summary>
public abstract record SubmodelElement : Referable
{
    [Part] public Reference? SemanticId { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
    [Parts("qualifier")] public IReadOnlyList<Qualifier>? Qualifiers { get; set; }
    [Parts("embeddedDataSpecification")] public IReadOnlyList<EmbeddedDataSpecification>? EmbeddedDataSpecifications { get; set; }
}

/// <summary>An element that has no elements below it.</summary>
public abstract record DataElement : SubmodelElement;

[ModelType("Property")]
public sealed record Property : DataElement
{
    [Choice(IsRequired = true)] public XsdType ValueType { get; set; } = XsdType.String;
    [Text(Min = 0, IsValue = true)] public string? Value { get; set; }
    [Part(IsValue = true)] public Reference? ValueId { get; set; }
}

[ModelType("MultiLanguageProperty")]
public sealed record MultiLanguageProperty : DataElement
{
    [Parts("langStringTextType", IsValue = true, MaxText = 1023)] public IReadOnlyList<LangString>? Value { get; set; }
    [Part(IsValue = true)] public Reference? ValueId { get; set; }
}

/// <summary>From a least to a greatest value; one that is absent is infinite.</summary>
[ModelType("Range")]
public sealed record RangeElement : DataElement
{
    [Choice(IsRequired = true)] public XsdType ValueType { get; set; } = XsdType.Double;
    [Text(Min = 0, IsValue = true)] public string? Min { get; set; }
    [Text(Min = 0, IsValue = true)] public string? Max { get; set; }
}

/// <summary>A path to a file: beside the shell, or anywhere by its address.</summary>
[ModelType("File")]
public sealed record FileElement : DataElement
{
    [Text(Max = 2048, Pattern = TextPattern.Path, IsValue = true)] public string? Value { get; set; }
    [Text(Max = 128, Pattern = TextPattern.ContentType, IsValue = true)] public string? ContentType { get; set; }
}

/// <summary>Bytes within the shell, in base64.</summary>
[ModelType("Blob")]
public sealed record BlobElement : DataElement
{
    [Text(Min = 0, Pattern = TextPattern.Base64, IsValue = true)] public string? Value { get; set; }
    [Text(Max = 128, Pattern = TextPattern.ContentType, IsValue = true)] public string? ContentType { get; set; }
}

[ModelType("ReferenceElement")]
public sealed record ReferenceElement : DataElement
{
    [Part(IsValue = true)] public Reference? Value { get; set; }
}

/// <summary>Says that one thing stands in relation to another.</summary>
[ModelType("RelationshipElement")]
public record RelationshipElement : SubmodelElement
{
    [Part(IsValue = true)] public Reference? First { get; set; }
    [Part(IsValue = true)] public Reference? Second { get; set; }
}

[ModelType("AnnotatedRelationshipElement")]
public sealed record AnnotatedRelationshipElement : RelationshipElement
{
    [Parts(IsValue = true)] public IReadOnlyList<DataElement>? Annotations { get; set; }
}

/// <summary>Elements by their idShort.</summary>
[ModelType("SubmodelElementCollection")]
public sealed record SubmodelElementCollection : SubmodelElement
{
    [Parts(IsValue = true)] public IReadOnlyList<SubmodelElement>? Value { get; set; }
}

/// <summary>Elements of one kind by their place.</summary>
[ModelType("SubmodelElementList")]
public sealed record SubmodelElementList : SubmodelElement
{
    [Flag] public bool? OrderRelevant { get; set; }
    [Part] public Reference? SemanticIdListElement { get; set; }
    [Choice(IsRequired = true)] public ElementKind TypeValueListElement { get; set; }
    [Choice] public XsdType? ValueTypeListElement { get; set; }
    [Parts(IsValue = true)] public IReadOnlyList<SubmodelElement>? Value { get; set; }
}

[ModelType("Entity")]
public sealed record Entity : SubmodelElement
{
    [Parts(IsValue = true)] public IReadOnlyList<SubmodelElement>? Statements { get; set; }
    [Choice(IsValue = true)] public EntityKind? EntityType { get; set; }
    [Text(Max = 2048, IsValue = true)] public string? GlobalAssetId { get; set; }
    [Parts("specificAssetId", IsValue = true)] public IReadOnlyList<SpecificAssetId>? SpecificAssetIds { get; set; }
}

[ModelType("BasicEventElement")]
public sealed record BasicEventElement : SubmodelElement
{
    [Part(IsRequired = true, IsValue = true)] public Reference Observed { get; set; } = new();
    [Choice(IsRequired = true)] public EventDirection Direction { get; set; }
    [Choice(IsRequired = true)] public EventState State { get; set; }
    [Text(Max = 255)] public string? MessageTopic { get; set; }
    [Part] public Reference? MessageBroker { get; set; }
    [Text(Min = 0, Pattern = TextPattern.UtcDateTime)] public string? LastUpdate { get; set; }
    [Text(Min = 0, Pattern = TextPattern.Duration)] public string? MinInterval { get; set; }
    [Text(Min = 0, Pattern = TextPattern.Duration)] public string? MaxInterval { get; set; }
}

[ModelType("Operation")]
public sealed record Operation : SubmodelElement
{
    [Parts("operationVariable", IsValue = true)] public IReadOnlyList<OperationVariable>? InputVariables { get; set; }
    [Parts("operationVariable", IsValue = true)] public IReadOnlyList<OperationVariable>? OutputVariables { get; set; }
    [Parts("operationVariable", IsValue = true)] public IReadOnlyList<OperationVariable>? InoutputVariables { get; set; }
}

/// <summary>Something the asset can do.</summary>
[ModelType("Capability")]
public sealed record Capability : SubmodelElement;
