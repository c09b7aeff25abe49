namespace Dure.Exchange.Shells;

/// <summary>Shells, submodels and concept descriptions together, as a file carries them (IDTA 01001, Environment).</summary>
public sealed record ShellEnvironment
{
    [Parts("assetAdministrationShell")] public IReadOnlyList<AssetAdministrationShell>? AssetAdministrationShells { get; set; }
    [Parts("submodel")] public IReadOnlyList<Submodel>? Submodels { get; set; }
    [Parts("conceptDescription")] public IReadOnlyList<ConceptDescription>? ConceptDescriptions { get; set; }
}

/// <summary>Anything that can be named within a shell.</summary>
public abstract record Referable
{
    [Parts("extension")] public IReadOnlyList<Extension>? Extensions { get; set; }
    [Text(Max = 128)] public string? Category { get; set; }
    [Text(Max = 128, Pattern = TextPattern.IdShort)] public string? IdShort { get; set; }
    [Parts("langStringNameType", MaxText = 128)] public IReadOnlyList<LangString>? DisplayName { get; set; }
    [Parts("langStringTextType", MaxText = 1023)] public IReadOnlyList<LangString>? Description { get; set; }
}

/// <summary>Has an identifier that is unique in the world.</summary>
public abstract record Identifiable : Referable
{
    [Part] public AdministrativeInformation? Administration { get; set; }
    [Text(IsRequired = true, Max = 2048)] public string Id { get; set; } = "";
}

/// <summary>The digital face of one asset.</summary>
[ModelType("AssetAdministrationShell")]
public sealed record AssetAdministrationShell : Identifiable
{
    [Parts("embeddedDataSpecification")] public IReadOnlyList<EmbeddedDataSpecification>? EmbeddedDataSpecifications { get; set; }
    [Part] public Reference? DerivedFrom { get; set; }
    [Part(IsRequired = true)] public AssetInformation AssetInformation { get; set; } = new();
    [Parts("reference")] public IReadOnlyList<Reference>? Submodels { get; set; }
}

/// <summary>One topic of an asset: its nameplate, its documents, its time series.</summary>
[ModelType("Submodel")]
public sealed record Submodel : Identifiable
{
    [Choice] public ModellingKind? Kind { get; set; }
    [Part] public Reference? SemanticId { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
    [Parts("qualifier")] public IReadOnlyList<Qualifier>? Qualifiers { get; set; }
    [Parts("embeddedDataSpecification")] public IReadOnlyList<EmbeddedDataSpecification>? EmbeddedDataSpecifications { get; set; }
    [Parts(IsValue = true)] public IReadOnlyList<SubmodelElement>? SubmodelElements { get; set; }
}

/// <summary>What a term means, for semantic ids to point at.</summary>
[ModelType("ConceptDescription")]
public sealed record ConceptDescription : Identifiable
{
    [Parts("embeddedDataSpecification")] public IReadOnlyList<EmbeddedDataSpecification>? EmbeddedDataSpecifications { get; set; }
    [Parts("reference")] public IReadOnlyList<Reference>? IsCaseOf { get; set; }
}
