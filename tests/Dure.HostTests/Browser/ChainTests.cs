using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>The whole chain clicked through in Chromium; every test also asserts that the console stayed empty and no request failed.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class ChainTests(ServedDemo demo)
{
    private const string Watched = "simulated-loop/pump/3";
    private static readonly string[] Pages = ["/", "/signals", "/datasets", "/models", "/devices", "/effects", "/evidence"];

    [Fact]
    public async Task Every_page_is_one_click_away_and_says_what_it_is()
    {
        await using var watched = await demo.OpenSignedIn();
        foreach (var path in Pages)
        {
            await watched.Page.ClickAsync($"nav a[href='{path}']");
            await watched.Page.WaitForURLAsync($"**{path}");
            await Assertions.Expect(watched.Page.Locator("h1")).Not.ToBeEmptyAsync();
            await Assertions.Expect(watched.Page.Locator("main > .notice")).ToContainTextAsync("SIMULATED");
        }
    }

    [Fact]
    public async Task The_overview_counts_live()
    {
        await using var watched = await demo.OpenSignedIn();
        var entries = watched.Page.Locator("[data-count=entries]").First;
        var before = await entries.InnerTextAsync();
        await demo.Api.PostAsync("api/v1/tokens", JsonContent.Create(new JsonObject { ["name"] = "counted", ["permissions"] = new JsonArray("read") }), TestContext.Current.CancellationToken);
        await Assertions.Expect(entries).Not.ToHaveTextAsync(before);
    }

    [Fact]
    public async Task A_claim_shows_its_interval_and_its_bundle_verifies()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.GotoAsync("/effects");
        await page.ClickAsync("main a[href^='/effects/']");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("95");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("imulated");
        var href = await page.Locator("a[href$='/bundle']").First.GetAttributeAsync("href");
        var bundle = await demo.Api.GetByteArrayAsync(href, TestContext.Current.CancellationToken);
        Assert.True(ClaimBundle.Verify(bundle, trusted: null).IsValid);
    }

    [Fact]
    public async Task A_dataset_shows_quality_and_lineage_and_gives_its_files()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.GotoAsync("/datasets");
        await page.ClickAsync("main a[href^='/datasets/']");
        await Assertions.Expect(page.Locator("section[aria-labelledby=quality] li").First).ToContainTextAsync("%");
        await Assertions.Expect(page.Locator("section[aria-labelledby=lineage] a[href^='/evidence?entry=']").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("section[aria-labelledby=lineage] a[href^='/models/']")).ToBeVisibleAsync();
        var downloads = await page.Locator("a[download]").EvaluateAllAsync<string[]>("links => links.map(link => link.href)");
        Assert.Equal(4, downloads.Length);
        foreach (var address in downloads)
        {
            // Asked with the page's own session, as a click would.
            var answer = await page.APIRequest.GetAsync(address);
            Assert.True(answer.Status == 200, $"{address} answered {answer.Status}");
            var body = await answer.BodyAsync();
            Assert.NotEmpty(body);
            if (address.EndsWith("/parquet", StringComparison.Ordinal))
                Assert.Equal("PAR1"u8.ToArray(), body[..4]);
        }
    }

    [Fact]
    public async Task A_model_shows_its_rivals_the_answer_that_looks_at_nothing_and_what_each_machine_was_fitted_on()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.GotoAsync("/models");
        await page.ClickAsync("main a[href^='/models/']");
        foreach (var text in (string[])["Multivariate EWMA", "PCA", "Isolation forest", "Always alarm"])
            await Assertions.Expect(page.Locator("section[aria-labelledby=comparison] tbody")).ToContainTextAsync(text);
        await Assertions.Expect(page.Locator("section[aria-labelledby=contributions] li").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("section[aria-labelledby=machines] tbody")).ToContainTextAsync(ServedDemo.Machine);
    }

    [Fact]
    public async Task A_devices_scores_and_alarms_appear_without_a_reload()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var enrolled = (await (await demo.Api.PostAsync("api/v1/devices", JsonContent.Create(new JsonObject { ["name"] = "second" }), cancel)).Content.ReadFromJsonAsync<JsonObject>(cancel))!;
        await page.GotoAsync("/devices");
        await page.EvaluateAsync("window.isTheSamePage = true");
        await Assertions.Expect(page.Locator("[data-live]").First).ToHaveAttributeAsync("data-state", "on");
        using var device = new HttpClient { BaseAddress = demo.Address };
        device.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", enrolled["token"]!.GetValue<string>());
        var time = 1_767_700_000_000_000; // later than the demonstration's rows
        var report = new JsonObject
        {
            ["sequence"] = 1,
            ["scores"] = new JsonArray(new JsonObject { ["asset"] = Watched, ["timeMicros"] = time, ["score"] = 4.56, ["alarm"] = true }),
            ["alarms"] = new JsonArray(new JsonObject { ["asset"] = Watched, ["fromMicros"] = time, ["score"] = 4.56, ["contributions"] = new JsonArray() }),
        };
        var answer = await device.PostAsync($"api/v1/devices/{enrolled["id"]}/reports", JsonContent.Create(report), cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancel));
        var strip = page.Locator($"[data-board] > li[data-asset='{Watched}']");
        await Assertions.Expect(strip).ToContainTextAsync("4.56");
        await Assertions.Expect(strip.Locator("[data-mark=alarm]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("[data-alarms] tr").First).ToContainTextAsync(Watched);
        Assert.True(await page.EvaluateAsync<bool>("window.isTheSamePage"));
    }

    [Fact]
    public async Task The_evidence_page_verifies_the_journal_at_a_press()
    {
        await using var watched = await demo.OpenSignedIn();
        await watched.Page.GotoAsync("/evidence");
        await watched.Page.ClickAsync("[data-verify]");
        await Assertions.Expect(watched.Page.Locator("[data-verify-result] [data-mark=good]")).ToContainTextAsync("entries are as they were signed");
        await Assertions.Expect(watched.Page.Locator("[data-verify-result] [data-mark=alarm]")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Simulated_numbers_are_called_simulated_on_every_page_that_shows_them()
    {
        await using var watched = await demo.OpenSignedIn();
        foreach (var path in await ServedDemo.AllPages(watched.Page))
        {
            if (path.StartsWith("/evidence", StringComparison.Ordinal) || path == "/sign-in")
                continue; // show no measured number
            await watched.Page.GotoAsync(path);
            Assert.True((await watched.Page.Locator("main").InnerTextAsync()).Contains("simulated", StringComparison.OrdinalIgnoreCase), $"{path} does not say that its numbers are simulated");
        }
    }
}
