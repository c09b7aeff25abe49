using Dure.Tests.Historian.Modbus;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A source added as an engineer adds it: fill the form, try, correct what arrives, accept.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class SourcesPageTests(ServedDemo demo)
{
    private static readonly string Pictures = Path.Combine(Checkout.Root, "artifacts", "screenshots");

    [Theory]
    [InlineData(1280)]
    [InlineData(390)]
    public async Task A_device_is_tried_added_and_its_values_accepted_by_the_form(int width)
    {
        await using var device = new TestModbusDevice();
        device.SetFloat(0, 21.5f);
        device.SetFloat(2, 4.25f);
        var name = $"press-{width}";
        await using var watched = await demo.OpenSignedIn(width);
        var page = watched.Page;
        await page.GotoAsync("/sources?kind=modbus");
        await Picture(page, $"sources-empty-{width}");
        await page.FillAsync("#source-name", name);
        await page.FillAsync("#setting-host", "127.0.0.1");
        await page.FillAsync("#setting-port", $"{device.Port}");
        await page.FillAsync("#setting-period", "0.2");
        await page.FillAsync("#setting-registers", "Oil_temperature holding:0 float32 degC\nPressure holding:2 float32");
        await page.ClickAsync("[data-try]");

        var rows = page.Locator("[data-arrived] tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await Assertions.Expect(rows.Nth(0).Locator("[data-value]")).ToHaveTextAsync("21.5");
        await Assertions.Expect(rows.Nth(0).Locator("[data-unit]")).ToHaveValueAsync("°C");
        await Assertions.Expect(rows.Nth(0).Locator("[data-path]")).ToHaveValueAsync($"{name}/Oil_temperature");
        await Assertions.Expect(rows.Nth(1).Locator("[data-tick]")).Not.ToBeCheckedAsync();
        await Picture(page, $"sources-tried-{width}");

        await rows.Nth(1).Locator("[data-tick]").CheckAsync();
        await rows.Nth(1).Locator("[data-path]").FillAsync($"plant/{name}/Pressure");
        await rows.Nth(1).Locator("[data-unit]").FillAsync("bar");
        await page.ClickAsync("[data-go]");

        await page.WaitForURLAsync($"**/sources/{name}");
        await Assertions.Expect(page.Locator("[data-items] tbody tr").First.Locator(".mark-good")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("[data-count=accepted]")).Not.ToHaveTextAsync("0");
        await Picture(page, $"sources-one-{width}");
        var signals = await demo.Api.GetStringAsync("api/v1/signals", TestContext.Current.CancellationToken);
        Assert.Contains($"plant/{name}/Pressure", signals, StringComparison.Ordinal);

        await page.GotoAsync("/sources");
        await Assertions.Expect(page.Locator($"[data-source='{name}'] .mark-good")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("[data-live]")).ToHaveAttributeAsync("data-state", "on");
        await Picture(page, $"sources-list-{width}");
        await AssertFits(page);
        await demo.Api.DeleteAsync($"api/v1/sources/{name}", TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(390)]
    public async Task A_device_that_does_not_answer_is_told_with_what_to_do(int width)
    {
        await using var watched = await demo.OpenSignedIn(width);
        var page = watched.Page;
        await page.GotoAsync("/sources?kind=modbus");
        await page.FillAsync("#setting-host", "127.0.0.1");
        await page.FillAsync("#setting-port", "1");
        await page.FillAsync("#setting-registers", "Pressure holding:0 float32 bar");
        await page.ClickAsync("[data-try]");
        var notice = page.Locator("form [data-problem]");
        await Assertions.Expect(notice).ToBeVisibleAsync();
        await Assertions.Expect(notice.Locator("[data-where]")).ToContainTextAsync("127.0.0.1:1");
        Assert.NotEmpty((await notice.Locator("[data-mend]").TextContentAsync())!);
        await Picture(page, $"sources-refused-{width}");
        await AssertFits(page);
    }

    [Fact]
    public async Task The_page_speaks_Korean()
    {
        await using var watched = await demo.OpenSignedIn();
        await watched.Page.GotoAsync("/sources?kind=modbus&lang=ko");
        await Assertions.Expect(watched.Page.Locator("h1")).ToHaveTextAsync("수집원");
        await Assertions.Expect(watched.Page.Locator("label[for=setting-registers]")).ToContainTextAsync("레지스터");
        await Picture(watched.Page, "sources-ko-1280");
    }

    private static async Task AssertFits(IPage page) =>
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "the page is wider than the screen");

    private static Task<byte[]> Picture(IPage page, string name) => page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, name + ".png"), FullPage = true });
}
