using Dure.Exchange.Shells;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Each constraint by an environment that breaks it and nothing else.</summary>
public sealed class ShellAuditTests
{
    private static readonly Reference externalId = Reference.External("urn:x");

    [Fact]
    public void An_environment_with_every_kind_of_element_is_valid() => Assert.Empty(ShellAudit.Check(MadeShells.Environment()));

    [Fact]
    public void A_finding_says_where_what_and_how_to_mend_it()
    {
        var finding = Assert.Single(ShellAudit.Check(MadeShells.With(new SubmodelElementCollection { IdShort = "Tool", Value = [new Capability()] })));
        Assert.Equal("AASd-117", finding.Rule);
        Assert.Equal("submodels[0].submodelElements[0].value[0]", finding.Path);
        Assert.NotEmpty(finding.Mend);
    }

    public static TheoryData<string, ShellEnvironment> Broken => new()
    {
        { "AASd-002", MadeShells.With(new Capability { IdShort = "ends-" }) },
        { "AASd-005", new() { Submodels = [new() { Id = "urn:s", Administration = new() { Revision = "1" } }] } },
        { "AASd-014", MadeShells.With(new Entity { IdShort = "Hall", EntityType = EntityKind.SelfManagedEntity }) },
        { "AASd-014", MadeShells.With(new Entity { IdShort = "Hall", EntityType = EntityKind.CoManagedEntity, GlobalAssetId = "urn:a" }) },
        { "AASd-020", new() { Submodels = [new() { Id = "urn:s", Qualifiers = [new() { Type = "Weight", ValueType = XsdType.Byte, Value = "128" }] }] } },
        { "AASd-021", new() { Submodels = [new() { Id = "urn:s", Qualifiers = [new() { Type = "Same", ValueType = XsdType.Int }, new() { Type = "Same", ValueType = XsdType.String }] }] } },
        { "AASd-022", MadeShells.With(new SubmodelElementCollection { IdShort = "Tool", Value = [new Capability { IdShort = "same" }, new Property { IdShort = "same" }] }) },
        { "AASd-077", MadeShells.With(new Capability { IdShort = "one", Extensions = [new() { Name = "a" }, new() { Name = "a" }] }) },
        { "AASd-107", MadeShells.With(new SubmodelElementList { IdShort = "list", TypeValueListElement = ElementKind.Capability, SemanticIdListElement = externalId, Value = [new Capability { SemanticId = Reference.External("urn:y") }] }) },
        { "AASd-108", MadeShells.With(new SubmodelElementList { IdShort = "list", TypeValueListElement = ElementKind.Capability, Value = [new Property()] }) },
        { "AASd-109", MadeShells.With(new SubmodelElementList { IdShort = "list", TypeValueListElement = ElementKind.Property }) },
        { "AASd-114", MadeShells.With(new SubmodelElementList { IdShort = "list", TypeValueListElement = ElementKind.Capability, Value = [new Capability { SemanticId = externalId }, new Capability { SemanticId = Reference.External("urn:y") }] }) },
        { "AASd-116", Asset(new() { GlobalAssetId = "urn:a", SpecificAssetIds = [new() { Name = "globalAssetId", Value = "urn:b" }] }) },
        { "AASd-118", MadeShells.With(new Capability { IdShort = "one", SupplementalSemanticIds = [externalId] }) },
        { "AASd-119", new() { Submodels = [new() { Id = "urn:s", Qualifiers = [new() { Type = "Cardinality", Kind = QualifierKind.TemplateQualifier, ValueType = XsdType.String }] }] } },
        { "AASd-121", Referring(ReferenceKind.ModelReference, (KeyKind.Property, "p")) },
        { "AASd-122", Referring(ReferenceKind.ExternalReference, (KeyKind.Submodel, "urn:s")) },
        { "AASd-123", Referring(ReferenceKind.ModelReference, (KeyKind.GlobalReference, "urn:s")) },
        { "AASd-124", Referring(ReferenceKind.ExternalReference, (KeyKind.GlobalReference, "urn:s"), (KeyKind.Property, "p")) },
        { "AASd-125", Referring(ReferenceKind.ModelReference, (KeyKind.Submodel, "urn:s"), (KeyKind.Submodel, "urn:t")) },
        { "AASd-126", Referring(ReferenceKind.ModelReference, (KeyKind.Submodel, "urn:s"), (KeyKind.File, "f"), (KeyKind.FragmentReference, "#1"), (KeyKind.Property, "p")) },
        { "AASd-127", Referring(ReferenceKind.ModelReference, (KeyKind.Submodel, "urn:s"), (KeyKind.Property, "p"), (KeyKind.FragmentReference, "#1")) },
        { "AASd-128", Referring(ReferenceKind.ModelReference, (KeyKind.Submodel, "urn:s"), (KeyKind.SubmodelElementList, "l"), (KeyKind.Property, "first")) },
        { "AASd-129", MadeShells.With(new Capability { IdShort = "one", Qualifiers = [new() { Type = "Cardinality", Kind = QualifierKind.TemplateQualifier, ValueType = XsdType.String }] }) },
        { "AASd-130", MadeShells.With(new Property { IdShort = "one", Value = "\u0001" }) },
        { "AASd-131", Asset(new()) },
        { "AASd-133", Asset(new() { SpecificAssetIds = [new() { Name = "n", Value = "v", ExternalSubjectId = Reference.Model(KeyKind.Submodel, "urn:s") }] }) },
        { "AASd-134", MadeShells.With(new Operation { IdShort = "run", InputVariables = [Variable("same")], OutputVariables = [Variable("same")] }) },
        { "AASc-3a-002", Concept(new() { PreferredName = [new() { Language = "ko", Text = "온도" }] }) },
        { "AASc-3a-004", Concept(new() { PreferredName = LangString.English("name"), DataType = Iec61360Type.Blob }, "PROPERTY") },
        { "AASc-3a-005", Concept(new() { PreferredName = LangString.English("name"), DataType = Iec61360Type.Blob }, "REFERENCE") },
        { "AASc-3a-006", Concept(new() { PreferredName = LangString.English("name"), DataType = Iec61360Type.String }, "DOCUMENT") },
        { "AASc-3a-007", Concept(new() { PreferredName = LangString.English("name") }, "QUALIFIER_TYPE") },
        { "AASc-3a-008", Concept(new() { PreferredName = LangString.English("name"), Definition = [new() { Language = "ko", Text = "뜻" }] }) },
        { "AASc-3a-009", Concept(new() { PreferredName = LangString.English("name"), DataType = Iec61360Type.RealMeasure }) },
        { "AASc-3a-010", Concept(new() { PreferredName = LangString.English("name"), Value = "v", ValueList = new() { ValueReferencePairs = [new() { Value = "v" }] } }) },
        { FormRule.ValueType, MadeShells.With(new RangeElement { IdShort = "one", ValueType = XsdType.Int, Min = "low" }) },
        { FormRule.MinLength, new() { Submodels = [] } },
        { FormRule.MaxLength, MadeShells.With(new Capability { IdShort = "one", DisplayName = LangString.English(new string('x', 129)) }) },
        { FormRule.Pattern, MadeShells.With(new FileElement { IdShort = "one", ContentType = "pdf" }) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Every_constraint_is_told_by_its_name(string rule, ShellEnvironment broken) => Assert.Contains(rule, ShellAudit.Check(broken).Select(finding => finding.Rule));

    [Fact]
    public void Characters_beyond_the_first_plane_count_as_one() =>
        Assert.Empty(ShellAudit.Check(MadeShells.With(new Capability { IdShort = "one", DisplayName = LangString.English(string.Concat(Enumerable.Repeat("🏭", 128))) })));

    [Fact]
    public void A_hundred_findings_are_enough()
    {
        var elements = Enumerable.Range(0, 500).Select(_ => new Capability()).ToArray<SubmodelElement>();
        Assert.Equal(100, ShellAudit.Check(new() { Submodels = [new() { Id = "urn:s", SubmodelElements = elements }] }).Count);
    }

    private static OperationVariable Variable(string name) => new() { Value = new Property { IdShort = name } };

    private static ShellEnvironment Asset(AssetInformation asset) => new() { AssetAdministrationShells = [new() { Id = "urn:a", AssetInformation = asset }] };

    private static ShellEnvironment Referring(ReferenceKind kind, params (KeyKind Kind, string Value)[] keys) => MadeShells.With(new ReferenceElement
    {
        IdShort = "one",
        Value = new() { Type = kind, Keys = [.. keys.Select(key => new Key { Type = key.Kind, Value = key.Value })] },
    });

    private static ShellEnvironment Concept(DataSpecificationIec61360 content, string? category = null) => new()
    {
        ConceptDescriptions = [new() { Id = "urn:c", Category = category, EmbeddedDataSpecifications = [new() { DataSpecification = externalId, DataSpecificationContent = content }] }],
    };
}
