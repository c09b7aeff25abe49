using System.Net.Http.Json;
using Dure.Lab.Virtual;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A person drafts a campaign, agrees, watches, vetoes, pins and reads the report, with nothing but the pages; and stops everything by one press.</summary>
public sealed class LabPagesTests : IAsyncLifetime
{
    private const double Pace = 6_000; // a trial takes a third of a second
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string AskingPlan = VirtualExample.Plan.Replace("\"budget\": 24", "\"budget\": 8, \"askForEachTrial\": true", StringComparison.Ordinal);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-lab-").FullName;
    private OneBrowser? browser;
    private NodeProcess node = null!; // InitializeAsync sets it where there is a browser

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if ((browser = await OneBrowser.TryLaunch(Patience)) is null)
            return;
        node = await NodeProcess.Start(folder, Cancel);
        foreach (var card in VirtualExample.Cards("the test", Pace))
            (await node.Client.PostAsJsonAsync("api/v1/lab/instruments", card, Cancel)).EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
            await node.DisposeAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_campaign_is_drafted_agreed_to_vetoed_in_pinned_and_reported_on_the_pages_alone()
    {
        OneBrowser.Need();
        await using var watched = await browser!.OpenSignedIn(node, "en-US");
        var page = watched.Page;
        await Draft(page, AskingPlan);
        await page.ClickAsync("[data-key=approve]");
        await page.ClickAsync("button[data-key=start]");
        await Assertions.Expect(page.Locator("[data-trial][data-stage=proposed]")).ToHaveCountAsync(2);
        await page.EvaluateAsync("window.isTheSamePage = true");

        var first = page.Locator("[data-trial='1']");
        await first.Locator("[data-veto] summary").ClickAsync();
        await first.Locator("[data-veto] input[name=why]").FillAsync("the vial is cracked");
        await first.Locator("[data-veto] button").ClickAsync();
        await Assertions.Expect(page.Locator("[data-row='1']")).ToContainTextAsync("Void");

        var temperature = page.Locator("[data-factor=temperature]");
        await temperature.Locator("details summary").ClickAsync();
        await temperature.Locator("[name=from]").FillAsync("60");
        await temperature.Locator("[name=to]").FillAsync("350 K");
        await temperature.Locator("[name=why]").FillAsync("the bath is steady there");
        await temperature.Locator("button.primary").ClickAsync();
        await Assertions.Expect(temperature.Locator("[data-now]")).ToContainTextAsync("60 … 76.85 °C");
        Assert.True(await page.EvaluateAsync<bool>("window.isTheSamePage"));

        await page.ClickAsync("summary:has-text('Change the plan')");
        var plan = page.Locator("#plan-now");
        await plan.FillAsync((await plan.InputValueAsync()).Replace("\"askForEachTrial\": true", "\"askForEachTrial\": false", StringComparison.Ordinal));
        await page.FillAsync("#plan-why", "what it tries is harmless");
        await page.ClickAsync("button:has-text('Change the plan')");
        await Assertions.Expect(page.Locator("[data-campaign=done]")).ToBeVisibleAsync();

        await Assertions.Expect(page.Locator("figure[data-map=mean] rect").Nth(100)).ToBeAttachedAsync();
        await page.EvaluateAsync("window.isTheSamePage = true");
        await page.ClickAsync("a[data-view]:has-text('Uncertainty')");
        await Assertions.Expect(page.Locator("figure[data-map=uncertainty]")).ToBeVisibleAsync();
        await page.ClickAsync("[data-row='3'] a[data-view]");
        await Assertions.Expect(page.Locator("[data-made='3']")).ToContainTextAsync("analyser");
        Assert.True(await page.EvaluateAsync<bool>("window.isTheSamePage"));

        var campaign = new Uri(page.Url).AbsolutePath;
        await page.GotoAsync($"{campaign}/report");
        await Assertions.Expect(page.Locator("[data-reality]")).ToContainTextAsync("VIRTUAL");
        await Assertions.Expect(page.Locator("[data-acts]")).ToContainTextAsync("the vial is cracked");
        await Assertions.Expect(page.Locator("[data-acts]")).ToContainTextAsync("60 … 76.85: the bath is steady there");
        await Assertions.Expect(page.Locator("[data-head]")).ToContainTextAsync("sha256:");
        var markdown = await (await page.APIRequest.GetAsync($"{campaign}/report.md?lang=ko")).TextAsync();
        Assert.Contains("누가 무엇을 왜 했나", markdown, StringComparison.Ordinal);
        Assert.Contains("](data:image/svg+xml;base64,", markdown, StringComparison.Ordinal);
        foreach (var width in (int[])[1280, 390])
        {
            await page.SetViewportSizeAsync(width, 900);
            foreach (var path in (string[])["/lab", "/lab/new", "/lab/instruments", campaign, $"{campaign}/report"])
            {
                await page.GotoAsync(path);
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width} px");
            }
        }
    }

    [Fact]
    public async Task A_plan_that_makes_no_sense_is_refused_where_it_is_wrong_and_one_press_stops_the_laboratory()
    {
        OneBrowser.Need();
        await using var watched = await browser!.OpenSignedIn(node, "en-US");
        var page = watched.Page;
        await page.GotoAsync("/lab/new");
        await page.FillAsync("#plan-text", AskingPlan.Replace("\"low\": 30", "\"low\": 300", StringComparison.Ordinal));
        await Assertions.Expect(page.Locator("p[data-check][data-is=wrong]")).ToContainTextAsync("temperature");
        await page.ClickAsync("button:has-text('Draft the campaign')");
        await Assertions.Expect(page.Locator("form[data-check] [data-where]")).ToContainTextAsync("factor 'temperature'");
        Assert.Equal("\"temperature\"", await page.EvaluateAsync<string>("(editor => editor.value.slice(editor.selectionStart, editor.selectionEnd))(document.getElementById('plan-text'))"));
        await page.GotoAsync("/lab/instruments");
        await page.ClickAsync("button[data-with=card-http]");
        await page.FillAsync("#card-text", (await page.InputValueAsync("#card-text")).Replace("\"low\": 20", "\"low\": 200", StringComparison.Ordinal));
        await page.ClickAsync("button:has-text('Take an instrument in')");
        await Assertions.Expect(page.Locator("form[data-post$=instrument] [data-where]")).ToHaveTextAsync("actions.react.values.temperature");
        Assert.Equal("\"temperature\"", await page.EvaluateAsync<string>("(editor => editor.value.slice(editor.selectionStart, editor.selectionEnd))(document.getElementById('card-text'))"));
        watched.Faults.Clear(); // the refusals above are what was asked for

        await page.GotoAsync("/lab/instruments");
        var analyser = page.Locator("[data-instrument=analyser]");
        await analyser.Locator("summary").ClickAsync();
        await analyser.Locator("input[name=why]").FillAsync("the column leaks");
        await analyser.Locator("details button").ClickAsync();
        await Assertions.Expect(analyser).ToContainTextAsync("the column leaks");
        await page.GotoAsync("/lab");
        await Assertions.Expect(page.Locator("[data-alarm=SetAside]")).ToContainTextAsync("the column leaks");
        await page.FocusAsync(".stop-button");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/lab?told=4*");
        await Assertions.Expect(page.Locator("[data-stopped]")).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("[data-stopped]")).ToContainTextAsync("All 4 instruments confirmed");
        await page.FillAsync("[data-stopped] input[name=why]", "looked at all four");
        await page.ClickAsync("[data-stopped] button");
        await Assertions.Expect(page.Locator("[data-stopped]")).ToHaveCountAsync(0);
    }

    private static async Task Draft(IPage page, string plan)
    {
        await page.GotoAsync("/lab/new");
        await page.FillAsync("#plan-text", plan);
        await Assertions.Expect(page.Locator("p[data-check][data-is=good]")).ToContainTextAsync("8 trials at most");
        await page.ClickAsync("button:has-text('Draft the campaign')");
        await page.WaitForURLAsync("**/lab/campaigns/*");
    }
}
