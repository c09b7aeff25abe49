using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>The whole chain clicked through in Chromium; every test also asserts that the console stayed free of errors.</summary>
public sealed class ChainTests(ServedDemo demo) : IClassFixture<ServedDemo>
{
    private static readonly string[] Pages = ["/", "/signals", "/datasets", "/models", "/devices", "/effects", "/evidence"];
    private const int FirstScreenBytes = 150_000;

    [Fact]
    public async Task A_page_asks_a_stranger_to_sign_in_and_a_wrong_code_is_told_in_words()
    {
        await using var watched = await demo.Open();
        var page = watched.Page;
        await page.GotoAsync("/effects");
        Assert.Contains("/sign-in", page.Url, StringComparison.Ordinal);
        await page.FillAsync("input[name=code]", "wrong");
        await page.ClickAsync("form[action='/sign-in'] button");
        await page.WaitForURLAsync("**/sign-in?error=1");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("code", new LocatorAssertionsToContainTextOptions { IgnoreCase = true });
    }

    [Fact]
    public async Task Every_page_is_one_click_away_and_says_what_it_is()
    {
        await using var watched = await demo.OpenSignedIn();
        foreach (var path in Pages)
        {
            await watched.Page.ClickAsync($"nav a[href='{path}']");
            await watched.Page.WaitForURLAsync($"**{path}");
            await Assertions.Expect(watched.Page.Locator("h1")).Not.ToBeEmptyAsync();
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
    public async Task A_signal_is_drawn_and_zooming_asks_for_a_narrower_range()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var asked = new List<string>();
        page.Request += (_, request) =>
        {
            if (request.Url.Contains("/api/v1/signals/resample", StringComparison.Ordinal))
                asked.Add(request.Url);
        };
        await page.GotoAsync("/signals?asset=simulated-loop/pump/0");
        var canvas = page.Locator("[data-signals] canvas").First;
        await Assertions.Expect(canvas).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".u-over").First).ToBeVisibleAsync();
        var before = asked.Count;
        Assert.NotEqual(0, before);
        var zoomed = page.WaitForRequestAsync(request => request.Url.Contains("resample", StringComparison.Ordinal) && request.Url.Contains("from=", StringComparison.Ordinal));
        var box = (await page.Locator(".u-over").First.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width * 0.3f, box.Y + box.Height / 2);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + box.Width * 0.6f, box.Y + box.Height / 2, new MouseMoveOptions { Steps = 8 });
        await page.Mouse.UpAsync();
        await zoomed;
        Assert.True(asked.Count > before);
    }

    [Fact]
    public async Task A_dataset_shows_quality_and_lineage_and_gives_its_files()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.GotoAsync("/datasets");
        await page.ClickAsync("main a[href^='/datasets/']");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("simulated");
        var href = await page.Locator("a[href$='/parquet']").First.GetAttributeAsync("href");
        var parquet = await demo.Api.GetByteArrayAsync(href, TestContext.Current.CancellationToken);
        Assert.Equal("PAR1"u8.ToArray(), parquet[..4]);
    }

    [Fact]
    public async Task A_model_shows_its_rivals_the_answer_that_looks_at_nothing_and_what_each_machine_was_fitted_on()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.GotoAsync("/models");
        await page.ClickAsync("main a[href^='/models/']");
        foreach (var text in new[] { "Multivariate EWMA", "PCA", "Isolation forest", "simulated-loop/pump/0" })
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync(text);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("always", new LocatorAssertionsToContainTextOptions { IgnoreCase = true });
    }

    [Fact]
    public async Task A_devices_alarm_appears_without_a_reload()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var enrolled = (await (await demo.Api.PostAsync("api/v1/devices", JsonContent.Create(new JsonObject { ["name"] = "second" }), cancel)).Content.ReadFromJsonAsync<JsonObject>(cancel))!;
        await page.GotoAsync("/devices");
        var alarms = page.Locator("[data-alarms]").First;
        await Assertions.Expect(alarms).ToBeVisibleAsync();
        var before = await alarms.InnerTextAsync();
        // The stream opens after the page: wait until the node knows of a watcher, by reporting until it shows.
        using var device = new HttpClient { BaseAddress = demo.Address };
        device.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", enrolled["token"]!.GetValue<string>());
        for (var sequence = 1; sequence <= 20 && await alarms.InnerTextAsync() == before; sequence++)
        {
            var time = 1_767_700_000_000_000 + sequence * 1_000_000L;
            var report = new JsonObject
            {
                ["sequence"] = sequence,
                ["scores"] = new JsonArray(new JsonObject { ["asset"] = "simulated-loop/pump/3", ["timeMicros"] = time, ["score"] = 4.5, ["alarm"] = true }),
                ["alarms"] = new JsonArray(new JsonObject { ["asset"] = "simulated-loop/pump/3", ["fromMicros"] = time, ["score"] = 4.5, ["contributions"] = new JsonArray() }),
            };
            var answer = await device.PostAsync($"api/v1/devices/{enrolled["id"]}/reports", JsonContent.Create(report), cancel);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancel));
            await page.WaitForTimeoutAsync(300);
        }
        Assert.NotEqual(before, await alarms.InnerTextAsync());
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
    public async Task The_evidence_page_verifies_the_journal_at_a_press()
    {
        await using var watched = await demo.OpenSignedIn();
        await watched.Page.GotoAsync("/evidence");
        var answered = watched.Page.WaitForResponseAsync("**/api/v1/journal/verify");
        await watched.Page.ClickAsync("button[data-verify], [data-verify] button");
        Assert.True((await (await answered).JsonAsync())!.Value.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Korean_stays_chosen_from_page_to_page()
    {
        await using var watched = await demo.OpenSignedIn();
        await watched.Page.ClickAsync("a[hreflang=ko]");
        await Assertions.Expect(watched.Page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        await watched.Page.GotoAsync("/evidence");
        await Assertions.Expect(watched.Page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        Assert.Contains(await watched.Page.Locator("h1").InnerTextAsync(), letter => letter is >= '가' and <= '힣');
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ko")]
    public async Task No_page_scrolls_sideways_on_a_phone(string language)
    {
        await using var watched = await demo.OpenSignedIn(390, 844);
        await watched.Page.GotoAsync($"/?lang={language}");
        var details = new List<string>();
        foreach (var list in new[] { "/datasets", "/models", "/effects" })
        {
            await watched.Page.GotoAsync(list);
            details.Add((await watched.Page.Locator($"main a[href^='{list}/']").First.GetAttributeAsync("href"))!);
        }
        foreach (var path in Pages.Concat(details).Append("/signals?asset=simulated-loop/pump/0"))
        {
            await watched.Page.GotoAsync(path);
            var width = await watched.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= 390, $"{path} is {width} px wide in '{language}'");
        }
    }

    [Fact]
    public async Task The_first_screen_is_light_and_allows_no_foreign_script()
    {
        await using var watched = await demo.OpenSignedIn();
        var bytes = 0L;
        watched.Page.Response += async (_, response) =>
        {
            if (!response.Url.Contains("/events", StringComparison.Ordinal))
                Interlocked.Add(ref bytes, (await response.BodyAsync()).Length);
        };
        var answer = await watched.Page.GotoAsync("/", new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        Assert.Contains("default-src 'self'", (await answer!.AllHeadersAsync())["content-security-policy"], StringComparison.Ordinal);
        Assert.InRange(Interlocked.Read(ref bytes), 1, FirstScreenBytes);
    }

    [Fact]
    public async Task A_hostile_description_is_shown_as_text()
    {
        var cancel = TestContext.Current.CancellationToken;
        const string Hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>";
        await demo.Api.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject
        {
            ["signals"] = new JsonArray(new JsonObject { ["id"] = "hostile/machine/Signal", ["unit"] = "1", ["description"] = Hostile }),
        }), cancel);
        await using var watched = await demo.OpenSignedIn();
        await watched.Page.GotoAsync("/signals?asset=hostile/machine");
        Assert.Equal(0, await watched.Page.Locator("img[src=x]").CountAsync());
        await Assertions.Expect(watched.Page.Locator("main")).ToContainTextAsync("onerror=alert(1)");
    }
}
