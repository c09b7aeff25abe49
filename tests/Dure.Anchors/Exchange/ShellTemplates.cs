using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Tests.Exchange.Shells;
using Xunit;

namespace Dure.Anchors.Exchange;

/// <summary>Submodels that Dure fills, beside the templates that IDTA publishes.</summary>
public sealed class ShellTemplates
{
    private static readonly Reference contact = Reference.Model(KeyKind.Submodel, "urn:plant:contact");
    private static readonly DateTimeOffset start = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_dataset_version_fits_AI_Dataset() => Fits("IDTA-02058-1-0-1_AIDataset", AiDatasetTemplate.Fill(new(new("urn:ds", "urn:plant:dataset:press", "3", contact), "https://plant.example/api/v1/datasets/press", 1200, 300,
        [("normal", 1100), ("leak", 100)], ["parquet", "csv"], [new("plant/press2/temp", "°C"), new("plant/press2/temp", "again")], [new("completeness", "0.998")], [new("line speed", "12 m/min")])));

    [Fact]
    public void A_dataset_version_without_labels_or_split_fits_too() =>
        Fits("IDTA-02058-1-0-1_AIDataset", AiDatasetTemplate.Fill(new(new("urn:ds", "urn:plant:dataset:press", "3", contact), "https://plant.example", 1200, null, [], ["parquet"], [], [], [])));

    [Fact]
    public void A_model_version_fits_AI_Model_Nameplate() => Fits("IDTA-02060-1-0-1_AIModelNameplate", AiModelTemplate.Fill(new(new("urn:m", "urn:plant:model:leak", "2", contact), "https://plant.example/api/v1/models/leak@2",
        "unsupervised", "autoencoder", "rows of one machine", [new("temp", "°C, 10 to 90")], "above 1: beyond the limit", [new("F1", "0.93"), new("FAR", "1.2 %")], [new("window", "60")],
        [(Reference.Model(KeyKind.Submodel, "urn:ds"), start, start.AddDays(10))], "onnx", "ONNX", "C#", [new("sha256", "00ff")])));

    [Fact]
    public void A_deployed_model_fits_AI_Deployment() => Fits("IDTA-02059-1-0-1_AIDeployment", AiDeploymentTemplate.Fill(new(new("urn:d", "urn:plant:device:1", "1", contact), Reference.Model(KeyKind.Submodel, "urn:m"), "ONNX",
        new("/aasx/files/leak.durepkg", "application/octet-stream"), [new("temp", "°C")], [new("score", "above 1: beyond the limit")], "40 µs for one row", ("2 cores", "256 MiB"),
        new("12 days", "3 %", null, "0.1", null, null))));

    [Fact]
    public void Series_of_the_historian_fit_Time_Series_Data() => Fits("IDTA-02008-1-1-1_TimeSeriesData", TimeSeriesTemplate.Fill(new("urn:ts", "Press 2", "What the press says of itself", [new("temp", null, "Cel"), new("running", "urn:running", null, XsdType.Boolean)],
    [
        new("All", 1_000_000, start, start.AddDays(2), TimeSpan.FromMilliseconds(200), false, start.AddDays(2), new SegmentPlace.Linked("https://plant.example/api/v1/query", "signal=plant/press2/temp")),
        new("March", 500, start, start.AddHours(1), null, true, null, new SegmentPlace.External(new("/aasx/files/march.parquet", "application/vnd.apache.parquet", "00ff"))),
        new("Moment", 2, start, start.AddSeconds(1), TimeSpan.FromSeconds(1), true, null, new SegmentPlace.Internal([(start, ["21.5", "true"]), (start.AddSeconds(1), ["21.6", null])])),
    ])));

    [Fact]
    public void A_form_fits_Digital_Nameplate() => Fits("IDTA-02006-3-0-1_DigitalNameplate", NameplateTemplate.Fill(new("urn:np", "https://maker.example/press/4711", Both("Maker", "메이커"), Both("Press", "프레스"),
        new(Both("Port Road 1", "항구로 1"), "44776", Both("Ulsan", "울산"), "KR"), "P-200")
    { SerialNumber = "4711", YearOfConstruction = "2024", DateOfManufacture = new DateOnly(2024, 5, 2), CountryOfOrigin = "KR" }));

    [Fact]
    public void A_form_fits_Technical_Data() => Fits("IDTA-02003-2-0-1_TechnicalData", TechnicalDataTemplate.Fill(new("urn:td", "Maker", Both("Press", "프레스"), "P-200-11", "P-200", new DateOnly(2026, 1, 1),
        TechnicalLines.Read("Colour = green\n# Force | 힘\nMaximum force | 최대 힘 = 2000 [kN]\nStroke = 120.5 [mm]"))));

    private static IReadOnlyList<LangString> Both(string english, string korean) => [new() { Language = "en", Text = english }, new() { Language = "ko", Text = korean }];

    private static void Fits(string file, Submodel filled) => TemplateFit.Check(File.ReadAllBytes(Shared.Path($"spec/aas/submodel-templates/{file}.json")), filled);
}
