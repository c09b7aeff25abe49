using System.Globalization;
using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A form for technical data: who made it, and properties with their units by area.</summary>
public sealed record TechnicalDataForm(string SubmodelId, string ManufacturerName, IReadOnlyList<LangString> ProductDesignation, string ArticleNumber, string OrderCode, DateOnly ValidDate,
    IReadOnlyList<TechnicalArea> Areas);

/// <summary>Properties that belong together.</summary>
/// <param name="Name">In one or more languages; one of them English.</param>
public sealed record TechnicalArea(IReadOnlyList<LangString> Name, IReadOnlyList<TechnicalProperty> Properties);

/// <summary>One property.</summary>
/// <param name="Name">In one or more languages; one of them English.</param>
/// <param name="Value">A literal of its type.</param>
/// <param name="SemanticId">Where one is known.</param>
public sealed record TechnicalProperty(IReadOnlyList<LangString> Name, string Value, XsdType Type = XsdType.String, string? Unit = null, string? SemanticId = null);

/// <summary>Technical Data 2.0.1 (IDTA 02003).</summary>
public static class TechnicalDataTemplate
{
    public const string SemanticId = "0173-1#01-AHX837#002";
    internal const string AreasName = "TechnicalPropertyAreas";
    private const string Area = "0173-1#02-ABL358#002/0173-1#01-AHX773#002";
    private const string Arbitrary = "https://admin-shell.io/SMT/General/Arbitrary";
    private const string Iec61360 = "https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3/0";

    public static Submodel Fill(TechnicalDataForm form) => Submodel(form.SubmodelId, "TechnicalData", Reference.Model(KeyKind.Submodel, SemanticId),
        Group("GeneralInformation", "0173-1#02-ABK161#002/0173-1#01-AHX838#002",
            Text("ManufacturerName", "0173-1#02-AAO677#004", form.ManufacturerName),
            Texts("ManufacturerProductDesignation", "0173-1#02-AAW338#003", form.ProductDesignation),
            Text("ManufacturerArticleNumber", "0173-1#02-AAO676#005", form.ArticleNumber),
            Text("ManufacturerOrderCode", "0173-1#02-AAO227#004", form.OrderCode)),
        form.Areas.Count == 0 ? null : new SubmodelElementList
        {
            IdShort = AreasName, SemanticId = Reference.External("0173-1#02-ABK163#002"), SemanticIdListElement = Reference.External(Area),
            TypeValueListElement = ElementKind.SubmodelElementCollection, Value = [.. form.Areas.Select(AreaOf)],
        },
        Group("FurtherInformation", "0173-1#02-ABK164#002", Text("ValidDate", "0173-1#02-ABL775#001", form.ValidDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), XsdType.Date)));

    private static SubmodelElementCollection AreaOf(TechnicalArea area) => new()
    {
        SemanticId = Reference.External(Area),
        DisplayName = area.Name,
        Value = area.Properties.Count == 0 ? null : [.. Named(area.Properties, property => English(property.Name)).Select(property => PropertyOf(property.IdShort, property.Item))],
    };

    private static Property PropertyOf(string idShort, TechnicalProperty property) => new()
    {
        IdShort = idShort,
        DisplayName = property.Name,
        SemanticId = Reference.External(property.SemanticId ?? Arbitrary),
        ValueType = property.Type,
        Value = property.Value,
        EmbeddedDataSpecifications = property.Unit is not { } unit ? null :
        [
            new()
            {
                DataSpecification = Reference.External(Iec61360),
                DataSpecificationContent = new() { PreferredName = property.Name, Unit = unit, DataType = property.Type == XsdType.Double ? Iec61360Type.RealMeasure : Iec61360Type.String },
            },
        ],
    };

    private static string English(IReadOnlyList<LangString> name) => name.FirstOrDefault(text => text.Language == "en")?.Text ?? name[0].Text;
}
