using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A form for the nameplate of a machine. Names and places may be given in several languages.</summary>
/// <param name="UriOfTheProduct">Names the very machine in the world.</param>
public sealed record NameplateForm(string SubmodelId, string UriOfTheProduct, IReadOnlyList<LangString> ManufacturerName, IReadOnlyList<LangString> ProductDesignation, PostalAddress Address, string OrderCode)
{
    public string? ProductType { get; init; }
    public string? ArticleNumber { get; init; }
    public string? SerialNumber { get; init; }
    public string? YearOfConstruction { get; init; }
    public DateOnly? DateOfManufacture { get; init; }
    public string? HardwareVersion { get; init; }
    public string? FirmwareVersion { get; init; }
    public string? SoftwareVersion { get; init; }

    /// <summary>Two letters (ISO 3166-1).</summary>
    public string? CountryOfOrigin { get; init; }
}

/// <summary>Where a manufacturer is.</summary>
/// <param name="CountryCode">Two letters (ISO 3166-1).</param>
public sealed record PostalAddress(IReadOnlyList<LangString> Street, string ZipCode, IReadOnlyList<LangString> City, string CountryCode);

/// <summary>Digital Nameplate 3.0.1 (IDTA 02006).</summary>
public static class NameplateTemplate
{
    public const string SemanticId = "https://admin-shell.io/idta/nameplate/3/0/Nameplate";

    public static Submodel Fill(NameplateForm form) => Submodel(form.SubmodelId, "Nameplate", Reference.External(SemanticId),
        Text("URIOfTheProduct", UriOfTheProduct, form.UriOfTheProduct, XsdType.AnyUri),
        Texts("ManufacturerName", "0112/2///61987#ABA565#009", form.ManufacturerName),
        Texts("ManufacturerProductDesignation", "0112/2///61987#ABA567#009", form.ProductDesignation),
        Group("AddressInformation", "https://admin-shell.io/zvei/nameplate/1/0/ContactInformations/AddressInformation",
            Texts("Street", "0173-1#02-AAO128#002", form.Address.Street),
            English("Zipcode", "0173-1#02-AAO129#002", form.Address.ZipCode),
            Texts("CityTown", "0173-1#02-AAO132#002", form.Address.City),
            English("NationalCode", "0173-1#02-AAO134#002", form.Address.CountryCode)),
        Text("ManufacturerProductType", "0112/2///61987#ABA300#008", form.ProductType),
        Text("OrderCodeOfManufacturer", "0112/2///61987#ABA950#008", form.OrderCode),
        Text("ProductArticleNumberOfManufacturer", "0112/2///61987#ABA581#007", form.ArticleNumber),
        Text("SerialNumber", "0112/2///61987#ABA951#009", form.SerialNumber),
        Text("YearOfConstruction", "0112/2///61987#ABP000#002", form.YearOfConstruction),
        Text("DateOfManufacture", "0112/2///61987#ABB757#007", form.DateOfManufacture?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), XsdType.Date),
        Text("HardwareVersion", "0112/2///61987#ABA926#008", form.HardwareVersion),
        Text("FirmwareVersion", "0112/2///61987#ABA302#006", form.FirmwareVersion),
        Text("SoftwareVersion", "0112/2///61987#ABA601#008", form.SoftwareVersion),
        Text("CountryOfOrigin", "0112/2///61987#ABP462#001", form.CountryOfOrigin));
}

/// <summary>A form for technical data: who made it, and properties with their units by area.</summary>
public sealed record TechnicalDataForm(string SubmodelId, string ManufacturerName, IReadOnlyList<LangString> ProductDesignation, string ArticleNumber, string OrderCode, DateOnly ValidDate,
    IReadOnlyList<TechnicalArea> Areas);

/// <param name="Properties">Name, value as a literal, its type, and the semantic id where one is known.</param>
public sealed record TechnicalArea(string Name, IReadOnlyList<(string Name, string Value, XsdType Type, string? SemanticId)> Properties);

/// <summary>Technical Data 2.0.1 (IDTA 02003).</summary>
public static class TechnicalDataTemplate
{
    public const string SemanticId = "0173-1#01-AHX837#002";
    private const string Area = "0173-1#02-ABL358#002/0173-1#01-AHX773#002";
    private const string Arbitrary = "https://admin-shell.io/SMT/General/Arbitrary";

    public static Submodel Fill(TechnicalDataForm form) => Submodel(form.SubmodelId, "TechnicalData", Reference.Model(KeyKind.Submodel, SemanticId),
        Group("GeneralInformation", "0173-1#02-ABK161#002/0173-1#01-AHX838#002",
            Text("ManufacturerName", "0173-1#02-AAO677#004", form.ManufacturerName),
            Texts("ManufacturerProductDesignation", "0173-1#02-AAW338#003", form.ProductDesignation),
            Text("ManufacturerArticleNumber", "0173-1#02-AAO676#005", form.ArticleNumber),
            Text("ManufacturerOrderCode", "0173-1#02-AAO227#004", form.OrderCode)),
        form.Areas.Count == 0 ? null : new SubmodelElementList
        {
            IdShort = "TechnicalPropertyAreas", SemanticId = Reference.External("0173-1#02-ABK163#002"), SemanticIdListElement = Reference.External(Area),
            TypeValueListElement = ElementKind.SubmodelElementCollection, Value = [.. form.Areas.Select(AreaOf)],
        },
        Group("FurtherInformation", "0173-1#02-ABK164#002", Text("ValidDate", "0173-1#02-ABL775#001", form.ValidDate.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), XsdType.Date)));

    private static SubmodelElementCollection AreaOf(TechnicalArea area) => new()
    {
        SemanticId = Reference.External(Area),
        DisplayName = LangString.English(area.Name),
        Value = area.Properties.Count == 0 ? null : [.. Named(area.Properties, property => property.Name).Select(property => new Property
        {
            IdShort = property.IdShort, SemanticId = Reference.External(property.Item.SemanticId ?? Arbitrary), ValueType = property.Item.Type, Value = property.Item.Value,
        })],
    };
}
