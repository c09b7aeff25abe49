using Dure.Exchange.Shells;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Valid objects for tests to change one thing about.</summary>
internal static class MadeShells
{
    public const string ShellId = "urn:made:press2";
    public const string SubmodelId = "urn:made:press2:operation";

    public static ShellEnvironment Environment() => new()
    {
        AssetAdministrationShells = [Shell()],
        Submodels = [Submodel()],
        ConceptDescriptions = [new() { Id = "urn:made:concept", IdShort = "concept", EmbeddedDataSpecifications = [Specification()] }],
    };

    public static AssetAdministrationShell Shell(string id = ShellId) => new()
    {
        Id = id,
        IdShort = "press2",
        AssetInformation = new() { AssetKind = AssetKind.Instance, GlobalAssetId = id + ":asset", SpecificAssetIds = [new() { Name = "serialNumber", Value = "P-4711" }] },
        Submodels = [Reference.Model(KeyKind.Submodel, SubmodelId)],
    };

    public static Submodel Submodel(string id = SubmodelId) => new()
    {
        Id = id,
        IdShort = "Operation",
        Kind = ModellingKind.Instance,
        SemanticId = Reference.External("urn:made:semantics:operation"),
        SubmodelElements =
        [
            new Property { IdShort = "Temperature", ValueType = XsdType.Double, Value = "21.5" },
            new Property { IdShort = "IsRunning", ValueType = XsdType.Boolean, Value = "true" },
            new MultiLanguageProperty { IdShort = "Name", Value = [new() { Language = "en", Text = "Press" }, new() { Language = "ko", Text = "프레스" }] },
            new RangeElement { IdShort = "Limits", ValueType = XsdType.Int, Min = "10", Max = "90" },
            new FileElement { IdShort = "Manual", Value = "/aasx/files/manual.pdf", ContentType = "application/pdf" },
            new BlobElement { IdShort = "Picture", Value = "AAECAw==", ContentType = "image/png" },
            new ReferenceElement { IdShort = "Twin", Value = Reference.External("urn:elsewhere") },
            new RelationshipElement { IdShort = "Drives", First = Reference.External("urn:motor"), Second = Reference.External("urn:pump") },
            new AnnotatedRelationshipElement { IdShort = "Feeds", First = Reference.External("urn:a"), Second = Reference.External("urn:b"), Annotations = [new Property { IdShort = "Rate", ValueType = XsdType.Int, Value = "3" }] },
            new SubmodelElementCollection
            {
                IdShort = "Tool",
                Value =
                [
                    new Property { IdShort = "Strokes", ValueType = XsdType.UnsignedLong, Value = "18446744073709551615" },
                    new SubmodelElementCollection { IdShort = "Maker", Value = [new Property { IdShort = "Town", Value = "Ulsan" }] },
                ],
            },
            new SubmodelElementList
            {
                IdShort = "Readings", TypeValueListElement = ElementKind.Property, ValueTypeListElement = XsdType.Double,
                Value = [new Property { ValueType = XsdType.Double, Value = "1" }, new Property { ValueType = XsdType.Double, Value = "2.50" }],
            },
            new Entity { IdShort = "Hall", EntityType = EntityKind.SelfManagedEntity, GlobalAssetId = "urn:hall", SpecificAssetIds = [new() { Name = "number", Value = "7" }], Statements = [new Property { IdShort = "Area", ValueType = XsdType.Decimal, Value = "120.5" }] },
            new BasicEventElement { IdShort = "Alarmed", Observed = Reference.Model(KeyKind.Submodel, SubmodelId), Direction = EventDirection.Output, State = EventState.On, LastUpdate = "2026-01-01T00:00:00Z", MaxInterval = "PT1M" },
            new Operation { IdShort = "Reset", InputVariables = [new() { Value = new Property { IdShort = "Force", ValueType = XsdType.Boolean } }] },
            new Capability { IdShort = "Pressing" },
        ],
    };

    public static EmbeddedDataSpecification Specification() => new()
    {
        DataSpecification = Reference.External("https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3"),
        DataSpecificationContent = new()
        {
            PreferredName = LangString.English("temperature"),
            DataType = Iec61360Type.RealMeasure,
            Unit = "°C",
            Definition = LangString.English("How warm the tool is."),
            LevelType = new() { Nom = true },
        },
    };

    /// <summary>A submodel of one element.</summary>
    public static ShellEnvironment With(SubmodelElement element, ModellingKind kind = ModellingKind.Instance) =>
        new() { Submodels = [new() { Id = SubmodelId, Kind = kind, SubmodelElements = [element] }] };
}
