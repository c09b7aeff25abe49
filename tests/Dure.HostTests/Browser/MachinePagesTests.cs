using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.HostTests.Exchange;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>The shells that follow from a whole demonstration, by their interface and on their pages.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class MachinePagesTests(ServedDemo demo)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_derived_submodel_is_valid_and_fits_its_published_template()
    {
        Assert.SkipWhen(demo.Api.BaseAddress is null, "the demonstration needs a browser");
        var fitted = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in JsonNode.Parse(await demo.Api.GetStringAsync("api/v3/submodels?limit=1000", Cancel))!["result"]!.AsArray())
        {
            var submodel = ShellJson.Read<Submodel>(System.Text.Encoding.UTF8.GetBytes(item!.ToJsonString())).OrThrow();
            var template = submodel.IdShort switch
            {
                "AIDataset" => "IDTA-02058-1-0-1_AIDataset",
                "AIModelNameplate" => "IDTA-02060-1-0-1_AIModelNameplate",
                "AIDeployment" => "IDTA-02059-1-0-1_AIDeployment",
                "TimeSeries" => "IDTA-02008-1-1-1_TimeSeriesData",
                _ => null,
            };
            if (template is null)
                continue;
            AssetShellTests.Fits(template, submodel);
            fitted[submodel.IdShort!] = fitted.GetValueOrDefault(submodel.IdShort!) + 1; // the switch has seen a name
        }
        Assert.Equal(["AIDataset", "AIDeployment", "AIModelNameplate", "TimeSeries"], fitted.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_person_fills_the_nameplate_and_the_page_shows_it_in_her_language()
    {
        await using var page = await demo.OpenSignedIn();
        await page.Page.GotoAsync($"/machines/{ServedDemo.Machine}");
        await page.Page.Locator("section[aria-labelledby=nameplate] summary").ClickAsync();
        foreach (var (field, text) in (List<(string, string)>)
            [("#np-manufacturerName-en", "Hanbit Pump Works"), ("#np-manufacturerName-ko", "한빛펌프"), ("#np-productDesignation-en", "Circulation pump"), ("#np-productDesignation-ko", "순환 펌프"), ("#np-street-en", "Teheran-ro 12"),
             ("#np-city-en", "Seoul"), ("#np-zipCode", "06236"), ("#np-countryCode", "KR"), ("#np-orderCode", "CP-200")])
            await page.Page.FillAsync(field, text);
        await page.Page.ClickAsync("section[aria-labelledby=nameplate] button.primary");
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("Circulation pump");

        await page.Page.Locator("section[aria-labelledby=technical] summary").ClickAsync();
        await page.Page.FillAsync("#td-article", "1");
        await page.Page.FillAsync("#td-properties", "# Drive | 구동\nRated power | 정격 출력 = 2.2 [kW]");
        await page.Page.ClickAsync("section[aria-labelledby=technical] button.primary");
        await Assertions.Expect(page.Page.Locator("section[aria-labelledby=technical]")).ToContainTextAsync("2.2 kW");

        await page.Page.GotoAsync($"/machines/{ServedDemo.Machine}?lang=ko");
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("순환 펌프");
        await Assertions.Expect(page.Page.Locator("section[aria-labelledby=technical]")).ToContainTextAsync("정격 출력");
        await page.Page.GotoAsync("/machines?lang=en");
    }

    [Fact]
    public async Task A_package_is_taken_in_on_the_page()
    {
        await using var page = await demo.OpenSignedIn();
        await page.Page.GotoAsync("/machines");
        await page.Page.SetInputFilesAsync("#package", new FilePayload { Name = "press.aasx", MimeType = "application/octet-stream", Buffer = ShellNode.Package("urn:page:press") });
        await page.Page.ClickAsync("form[data-import] button.primary");
        await Assertions.Expect(page.Page.Locator("[data-says]")).ToContainTextAsync("1 new");
        await Assertions.Expect(page.Page.Locator("th a[href^='/api/v3/shells/']")).ToHaveTextAsync("urn:page:press");
    }
}
