using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>What holds on all pages, whoever reads them: sign-in, language, theme, small screens, weight, hostile text.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class ReaderTests(ServedDemo demo)
{
    private const int PhoneWidth = 390;
    private const int FirstScreenBytes = 150_000;

    [Theory]
    [InlineData("/")]
    [InlineData("/signals")]
    [InlineData("/datasets")]
    [InlineData("/models")]
    [InlineData("/train")]
    [InlineData("/runs")]
    [InlineData("/devices")]
    [InlineData("/effects")]
    [InlineData("/evidence")]
    public async Task A_page_asks_a_stranger_to_sign_in(string path)
    {
        await using var watched = await demo.Open();
        await watched.Page.GotoAsync(path);
        Assert.StartsWith("/sign-in", new Uri(watched.Page.Url).AbsolutePath, StringComparison.Ordinal);
        await Assertions.Expect(watched.Page.Locator("input[name=code]")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_wrong_code_is_told_in_words_and_the_right_one_leads_to_the_page_asked_for()
    {
        await using var watched = await demo.Open();
        var page = watched.Page;
        await page.GotoAsync("/effects");
        await page.FillAsync("input[name=code]", "wrong");
        await page.ClickAsync("form[action='/sign-in'] button");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("That code is not right");
        await page.FillAsync("input[name=code]", new Uri(demo.SignInLink).Segments[^1]);
        await page.ClickAsync("form[action='/sign-in'] button");
        await page.WaitForURLAsync("**/effects");
        await Assertions.Expect(page.Locator("nav a[aria-current=page]")).ToHaveAttributeAsync("href", "/effects");
    }

    [Fact]
    public async Task The_printed_link_signs_in_and_signing_out_ends_it()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        Assert.Equal("/", new Uri(page.Url).AbsolutePath);
        await page.ClickAsync("form[action='/sign-out'] button");
        await page.GotoAsync("/datasets");
        Assert.StartsWith("/sign-in", new Uri(page.Url).AbsolutePath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Korean_stays_chosen_from_page_to_page()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var english = await page.Locator("nav a[href='/signals']").InnerTextAsync();
        await page.ClickAsync("a[hreflang=ko]");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        await page.GotoAsync("/evidence");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        await Assertions.Expect(page.Locator("nav a[href='/signals']")).Not.ToHaveTextAsync(english);
        Assert.Contains(await page.Locator("h1").InnerTextAsync(), letter => letter is >= '가' and <= '힣');
        await page.ClickAsync("a[hreflang=en]");
        await Assertions.Expect(page.Locator("nav a[href='/signals']")).ToHaveTextAsync(english);
    }

    [Fact]
    public async Task The_theme_stays_chosen_from_page_to_page()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var light = await Background(page);
        await page.ClickAsync("[data-theme-switch]");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.GotoAsync("/evidence");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        Assert.NotEqual(light, await Background(page));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ko")]
    public async Task No_page_scrolls_sideways_on_a_phone(string language)
    {
        await using var watched = await demo.OpenSignedIn(PhoneWidth, 844);
        await watched.Page.GotoAsync($"/?lang={language}");
        foreach (var path in await ServedDemo.AllPages(watched.Page))
        {
            await watched.Page.GotoAsync(path);
            var width = await watched.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= PhoneWidth, $"{path} is {width} px wide in '{language}'");
        }
    }

    [Fact]
    public async Task The_first_screen_is_light_and_allows_no_foreign_script()
    {
        // A browser that has nothing cached: only the session's cookie is there before the page is asked for.
        await using var watched = await demo.Open();
        await watched.Page.APIRequest.GetAsync(demo.SignInLink, new APIRequestContextOptions { MaxRedirects = 0 });
        var responses = new ConcurrentQueue<IResponse>(); // answers go on arriving while they are counted
        watched.Page.Response += (_, response) => responses.Enqueue(response);
        var clock = Stopwatch.StartNew();
        var answer = await watched.Page.GotoAsync("/", new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        TestContext.Current.SendDiagnosticMessage($"The first screen loaded in {clock.ElapsedMilliseconds} ms.");
        Assert.Equal(200, answer!.Status);
        Assert.Contains("default-src 'self'", (await answer.AllHeadersAsync())["content-security-policy"], StringComparison.Ordinal);
        var bytes = 0;
        foreach (var response in responses.ToArray().Where(response => !response.Url.EndsWith("/events", StringComparison.Ordinal)))
            bytes += (await response.BodyAsync()).Length;
        TestContext.Current.SendDiagnosticMessage($"The first screen is {bytes} bytes in {responses.Count} answers, uncompressed.");
        Assert.InRange(bytes, 1, FirstScreenBytes);
    }

    [Theory]
    [InlineData("hostile/one", "\"><img src=x onerror=alert(1)>")]
    [InlineData("hostile/two", "<script>alert(2)</script>")]
    public async Task A_hostile_description_is_shown_as_text(string machine, string hostile)
    {
        var cancel = TestContext.Current.CancellationToken;
        var registered = await demo.Api.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject
        {
            ["signals"] = new JsonArray(new JsonObject { ["id"] = machine + "/Signal", ["unit"] = "1", ["description"] = hostile }),
        }), cancel);
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync(cancel));
        await using var watched = await demo.OpenSignedIn();
        watched.Page.Dialog += (_, dialog) => watched.Faults.Add($"a dialog opened: {dialog.Message}");
        await watched.Page.GotoAsync($"/signals?asset={machine}");
        await Assertions.Expect(watched.Page.Locator("main")).ToContainTextAsync(hostile);
        Assert.Equal(0, await watched.Page.Locator("img, main script").CountAsync());
    }

    private static Task<string> Background(IPage page) => page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor");
}
