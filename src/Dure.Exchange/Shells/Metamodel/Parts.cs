namespace Dure.Exchange.Shells;

/// <summary>Text in one language; which of the five kinds it is depends on where it stands.</summary>
public sealed record LangString
{
    [Text(IsRequired = true, Min = 0, Pattern = TextPattern.Language)] public string Language { get; set; } = "";
    [Text(IsRequired = true)] public string Text { get; set; } = "";

    public static IReadOnlyList<LangString> English(string text) => [new() { Language = "en", Text = text }];
}

public sealed record Key
{
    [Choice(IsRequired = true)] public KeyKind Type { get; set; }
    [Text(IsRequired = true, Max = 2048)] public string Value { get; set; } = "";
}

/// <summary>Points at something in a shell (<see cref="ReferenceKind.ModelReference"/>) or anywhere else.</summary>
public sealed record Reference
{
    [Choice(IsRequired = true)] public ReferenceKind Type { get; set; }
    [Part] public Reference? ReferredSemanticId { get; set; }
    [Parts("key", IsRequired = true)] public IReadOnlyList<Key> Keys { get; set; } = [];

    /// <summary>An external reference of one key, as most semantic ids are.</summary>
    public static Reference External(string value) => new() { Type = ReferenceKind.ExternalReference, Keys = [new() { Type = KeyKind.GlobalReference, Value = value }] };

    /// <summary>A reference to a whole submodel, shell or concept description.</summary>
    public static Reference Model(KeyKind kind, string id) => new() { Type = ReferenceKind.ModelReference, Keys = [new() { Type = kind, Value = id }] };

    /// <summary>Whether both point at the same by the same keys; the kind of reference and what it refers to semantically do not matter here.</summary>
    public bool HasSameKeys(Reference other) => Keys.SequenceEqual(other.Keys);
}

public sealed record Extension
{
    [Part] public Reference? SemanticId { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
    [Text(IsRequired = true, Max = 128)] public string Name { get; set; } = "";
    [Choice] public XsdType? ValueType { get; set; }
    [Text(Min = 0)] public string? Value { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? RefersTo { get; set; }
}

public sealed record Qualifier
{
    [Part] public Reference? SemanticId { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
    [Choice] public QualifierKind? Kind { get; set; }
    [Text(IsRequired = true, Max = 128)] public string Type { get; set; } = "";
    [Choice(IsRequired = true)] public XsdType ValueType { get; set; }
    [Text(Min = 0)] public string? Value { get; set; }
    [Part] public Reference? ValueId { get; set; }
}

public sealed record AdministrativeInformation
{
    [Parts("embeddedDataSpecification")] public IReadOnlyList<EmbeddedDataSpecification>? EmbeddedDataSpecifications { get; set; }
    [Text(Max = 4, Pattern = TextPattern.Version)] public string? Version { get; set; }
    [Text(Max = 4, Pattern = TextPattern.Version)] public string? Revision { get; set; }
    [Part] public Reference? Creator { get; set; }
    [Text(Max = 2048)] public string? TemplateId { get; set; }
}

public sealed record Resource
{
    [Text(IsRequired = true, Max = 2048, Pattern = TextPattern.Path)] public string Path { get; set; } = "";
    [Text(Max = 128, Pattern = TextPattern.ContentType)] public string? ContentType { get; set; }
}

public sealed record SpecificAssetId
{
    [Part] public Reference? SemanticId { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
    [Text(IsRequired = true, Max = 64)] public string Name { get; set; } = "";
    [Text(IsRequired = true, Max = 2048)] public string Value { get; set; } = "";
    [Part] public Reference? ExternalSubjectId { get; set; }
}

public sealed record AssetInformation
{
    [Choice(IsRequired = true)] public AssetKind AssetKind { get; set; }
    [Text(Max = 2048)] public string? GlobalAssetId { get; set; }
    [Parts("specificAssetId")] public IReadOnlyList<SpecificAssetId>? SpecificAssetIds { get; set; }
    [Text(Max = 2048)] public string? AssetType { get; set; }
    [Part] public Resource? DefaultThumbnail { get; set; }
}

public sealed record EmbeddedDataSpecification
{
    [Part(IsRequired = true)] public Reference DataSpecification { get; set; } = new();
    [Part(IsRequired = true)] public DataSpecificationIec61360 DataSpecificationContent { get; set; } = new();
}

/// <summary>What a term means, by IEC 61360.</summary>
[ModelType("DataSpecificationIec61360")]
public sealed record DataSpecificationIec61360
{
    [Parts("langStringPreferredNameTypeIec61360", IsRequired = true, MaxText = 255)] public IReadOnlyList<LangString> PreferredName { get; set; } = [];
    [Parts("langStringShortNameTypeIec61360", MaxText = 18)] public IReadOnlyList<LangString>? ShortName { get; set; }
    [Text] public string? Unit { get; set; }
    [Part] public Reference? UnitId { get; set; }
    [Text] public string? SourceOfDefinition { get; set; }
    [Text] public string? Symbol { get; set; }
    [Choice] public Iec61360Type? DataType { get; set; }
    [Parts("langStringDefinitionTypeIec61360", MaxText = 1023)] public IReadOnlyList<LangString>? Definition { get; set; }
    [Text] public string? ValueFormat { get; set; }
    [Part] public ValueList? ValueList { get; set; }
    [Text(Max = 2048)] public string? Value { get; set; }
    [Part] public LevelType? LevelType { get; set; }
}

public sealed record ValueList
{
    [Parts("valueReferencePair", IsRequired = true)] public IReadOnlyList<ValueReferencePair> ValueReferencePairs { get; set; } = [];
}

public sealed record ValueReferencePair
{
    [Text(IsRequired = true, Max = 2048)] public string Value { get; set; } = "";
    [Part] public Reference? ValueId { get; set; }
}

public sealed record LevelType
{
    [Flag(IsRequired = true)] public bool Min { get; set; }
    [Flag(IsRequired = true)] public bool Nom { get; set; }
    [Flag(IsRequired = true)] public bool Typ { get; set; }
    [Flag(IsRequired = true)] public bool Max { get; set; }
}

public sealed record OperationVariable
{
    [Part(IsRequired = true)] public SubmodelElement Value { get; set; } = new Capability();
}
