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
