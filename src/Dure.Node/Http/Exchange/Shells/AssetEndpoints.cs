using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>The machines and their shells: the forms that people fill, everything of one machine as a package, and packages from elsewhere taken in.</summary>
internal static class AssetEndpoints
{
    public static void MapAssets(this IEndpointRouteBuilder app)
    {
        var assets = app.MapGroup("/api/v1/assets").WithTags("Assets");
        assets.MapGet("/", All).Needs(Permission.Read).WithSummary("The machines, and the ids of their shells.");
        assets.MapGet("/aasx", Package).Needs(Permission.Read).WithSummary("A machine's shell with all its submodels as a package (AASX).");
        assets.MapPost("/nameplate", SaveNameplate).Needs(Permission.Curate).WithSummary("Fill a machine's nameplate (IDTA 02006).");
        assets.MapPost("/technical-data", SaveTechnicalData).Needs(Permission.Curate).WithSummary("Fill a machine's technical data (IDTA 02003).");
        app.MapPost("/api/v1/shells/import", Import).Needs(Permission.Curate).WithTags("Assets").WithSummary("Take in a package (AASX) or an environment (JSON, XML): all of it or nothing.");
    }

    private static JsonObject All(ShellStore store, Dure.Node.Shells.PlantDirectory directory) => new()
    {
        ["assets"] = new JsonArray([.. directory.Now.ShellIds.OrderBy(pair => pair.Value, StringComparer.Ordinal).Select(pair => new JsonObject { ["asset"] = pair.Value, ["shell"] = pair.Key })]),
    };

    private static IResult Package(string asset, ShellStore store, PlantIds ids)
    {
        var shell = ShellOf(asset, store, ids);
        var submodels = store.Shells.Load<AssetAdministrationShell>(shell).Submodels?.Select(reference => store.Submodels.TryFind(reference.Keys[0].Value)).OfType<StoredDocument>().ToList() ?? [];
        var stream = new MemoryStream();
        ShellBundle.Of(store, [shell], submodels, withConcepts: true).Write(stream, AasxForm.Xml);
        stream.Position = 0;
        return Results.File(stream, ShellPackageEndpoints.PackageType + "+xml", $"{asset.Replace('/', '_')}.aasx");
    }

    private static async Task<JsonObject> SaveNameplate(JsonObject request, ShellStore store, PlantIds ids, HttpContext context)
    {
        var path = PathOf(request, store, ids);
        return await Save(ids.Nameplate(path), NameplateTemplate.Fill(new NameplateForm(ids.Nameplate(path),
            Requests.TextOr(request, "uriOfTheProduct", ids.Asset(path)),
            Words(request, "manufacturerName"), Words(request, "productDesignation"),
            new PostalAddress(Words(request, "street"), Requests.Text(request, "zipCode"), Words(request, "city"), Country(request, "countryCode") ?? throw Bad("countryCode", "The field is missing.", "Send two letters, such as KR.")),
            Requests.Text(request, "orderCode"))
        {
            ProductType = Optional(request, "productType"),
            ArticleNumber = Optional(request, "articleNumber"),
            SerialNumber = Optional(request, "serialNumber"),
            YearOfConstruction = Optional(request, "yearOfConstruction") is not { } year ? null : year.Length == 4 && year.All(char.IsAsciiDigit) ? year : throw Bad("yearOfConstruction", $"'{year}' is not a year.", "Send four digits."),
            DateOfManufacture = Date(request, "dateOfManufacture"),
            HardwareVersion = Optional(request, "hardwareVersion"),
            FirmwareVersion = Optional(request, "firmwareVersion"),
            SoftwareVersion = Optional(request, "softwareVersion"),
            CountryOfOrigin = Country(request, "countryOfOrigin"),
        }), store, context);
    }

    private static async Task<JsonObject> SaveTechnicalData(JsonObject request, ShellStore store, PlantIds ids, TimeProvider time, HttpContext context)
    {
        var path = PathOf(request, store, ids);
        return await Save(ids.TechnicalData(path), TechnicalDataTemplate.Fill(new TechnicalDataForm(ids.TechnicalData(path), Requests.Text(request, "manufacturerName"), Words(request, "productDesignation"),
            Requests.Text(request, "articleNumber"), Requests.Text(request, "orderCode"), Date(request, "validDate") ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            TechnicalLines.Read(Requests.TextOr(request, "properties", "")))), store, context);
    }

    private static async Task<JsonObject> Save(string id, Submodel submodel, ShellStore store, HttpContext context)
    {
        await store.Submodels.Put(id, submodel, Putting.Either, context.Actor(), context.RequestAborted);
        return new JsonObject { ["id"] = id };
    }

    private static async Task<JsonObject> Import(ShellStore store, HttpContext context, bool replace = false, string? package = null)
    {
        var read = package is not null ? Kept(store, package) : await Sent(context);
        var outcome = await store.Import(read.Environment, read.Files, replace, context.Actor(), context.RequestAborted);
        return new JsonObject
        {
            ["added"] = new JsonArray([.. outcome.Added.Select(id => JsonValue.Create(id))]),
            ["replaced"] = new JsonArray([.. outcome.Replaced.Select(id => JsonValue.Create(id))]),
            ["unchanged"] = outcome.Unchanged,
            ["files"] = outcome.Files,
            ["filesLeftOut"] = new JsonArray([.. outcome.FilesLeftOut.Select(path => JsonValue.Create(path))]),
            ["entry"] = outcome.Entry,
        };
    }

    /// <summary>A package of the file server.</summary>
    private static AasxPackage Kept(ShellStore store, string id)
    {
        using var content = store.Blobs.OpenRead(store.Packages.Find(id).Files[0].Content); // a package is kept with its file
        return AasxPackage.Read(content);
    }

    private static async Task<AasxPackage> Sent(HttpContext context)
    {
        using var body = await RequestBody.Read(context);
        return AasxPackage.ReadAny(body.Bytes);
    }

    private static StoredDocument ShellOf(string asset, ShellStore store, PlantIds ids) => store.Shells.TryFind(ids.Shell(AssetId.Parse(asset).Path))
        ?? throw new ProblemException("urn:dure:exchange:unknown-asset", $"This node keeps no signals of '{asset}'.", "asset", "List the machines at /api/v1/assets.");

    private static string PathOf(JsonObject request, ShellStore store, PlantIds ids)
    {
        var path = Requests.Text(request, "asset");
        ShellOf(path, store, ids);
        return path;
    }

    /// <summary>The same in English and Korean, as an object; one of the two is enough.</summary>
    private static IReadOnlyList<LangString> Words(JsonObject request, string field)
    {
        if (request[field] is not JsonObject given)
            throw Bad(field, "The field is missing.", """Send it as {"en": "…", "ko": "…"}; one of the two is enough.""");
        LangString[] words = [.. ((string[])["en", "ko"]).Select(language => new LangString { Language = language, Text = Requests.TextOr(given, language, "").Trim() }).Where(text => text.Text.Length > 0)];
        return words.Length > 0 ? words : throw Bad(field, "The field is empty.", "Write it in English, in Korean, or both.");
    }

    private static string? Optional(JsonObject request, string field) => Requests.TextOr(request, field, "").Trim() is { Length: > 0 } text ? text : null;

    private static string? Country(JsonObject request, string field) => Optional(request, field) is not { } code ? null
        : code.Length == 2 && code.All(char.IsAsciiLetter) ? code.ToUpperInvariant() : throw Bad(field, $"'{code}' is not a country.", "Send the two letters of ISO 3166-1, such as KR.");

    private static DateOnly? Date(JsonObject request, string field) => Optional(request, field) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw Bad(field, $"'{text}' is not a date.", "Send it as 2026-03-31.");

    private static ProblemException Bad(string field, string what, string mend) => new("urn:dure:http:bad-field", what, $"field '{field}'", mend);
}
