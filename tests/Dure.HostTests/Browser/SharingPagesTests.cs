using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>Two organisations share a dataset with nothing but their nodes' pages.</summary>
public sealed class SharingPagesTests : IAsyncLifetime
{
    private const float BusyMachine = 20_000;
    private static readonly string Pictures = Path.Combine(Checkout.Root, "artifacts", "screenshots");
    private readonly List<string> folders = [];
    private NodeProcess maker = null!; // InitializeAsync sets them
    private NodeProcess lab = null!;
    private string version = "";
    private OneBrowser? browser;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!OneBrowser.IsInstalled)
            return;
        maker = await Start();
        lab = await Start();
        var csv = new StringBuilder("time,vibration [mm/s]\n");
        for (var i = 0; i < 300; i++)
            csv.Append(CultureInfo.InvariantCulture, $"2026-03-01T00:{i / 60:00}:{i % 60:00}Z,{2 + i % 7}.{i % 10}\n");
        var file = Path.Combine(folders[0], "pump.csv");
        await File.WriteAllTextAsync(file, csv.ToString(), Cancel);
        await maker.Command(Cancel, "ingest", file, "--asset", "plant/pump1", "--register");
        version = (await maker.Command(Cancel, "dataset", "cut", "pumps", "--asset", "plant/pump1", "--commissioning-rows", "100")).Split(' ')[0];
        browser = await OneBrowser.TryLaunch(TimeSpan.FromMilliseconds(BusyMachine));
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        if (maker is not null)
            await maker.DisposeAsync();
        if (lab is not null)
            await lab.DisposeAsync();
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_person_invites_another_and_she_sees_the_data_land_after_five_actions_in_all()
    {
        OneBrowser.Need();
        await maker.Command(Cancel, "exchange", "publish", version, "--terms", "until 31 December 2099, three downloads");
        await using var here = await Open(maker, "/sharing/partners");
        await using var there = await Open(lab, "/sharing/partners");

        await here.Page.FillAsync("#invite-for", "Vibration lab"); // 1
        await here.Page.ClickAsync("[data-post$=invitations] button.primary"); // 2
        await Assertions.Expect(here.Page.Locator("[data-code]")).ToBeVisibleAsync();
        await there.Page.FillAsync("#join-code", await here.Page.InputValueAsync("[data-code]")); // 3
        await there.Page.ClickAsync("[data-post$=join] button.primary"); // 4
        await there.Page.WaitForURLAsync("**/sharing/catalogue");
        await Assertions.Expect(there.Page.Locator("[data-dataset=pumps] .rules")).ToContainTextAsync("31 December 2099");
        await there.Page.ClickAsync("[data-dataset=pumps] button.primary"); // 5
        await Assertions.Expect(there.Page.Locator("[data-landed]")).ToBeVisibleAsync();

        await there.Page.ClickAsync("[data-landed]");
        await Assertions.Expect(there.Page.Locator("main")).ToContainTextAsync(version);
        await Assertions.Expect(here.Page.Locator("[data-partner]")).ToHaveCountAsync(1); // the page followed by itself
        await EveryPageFits(there, "lab", "/sharing", "/sharing/catalogue?q=pumps", "/sharing/partners", await ExchangeOf(there));
        await EveryPageFits(here, "maker", "/sharing", "/sharing/partners", await ExchangeOf(here), $"/datasets/{Hex}");
    }

    [Fact]
    public async Task An_offer_is_made_by_form_with_its_meaning_before_and_a_request_waits_for_a_person()
    {
        OneBrowser.Need();
        await lab.Command(Cancel, "exchange", "join", (await maker.Command(Cancel, "exchange", "invite", "Vibration lab", "--member")).Trim());
        await using var watched = await Open(maker, $"/datasets/{Hex}");
        var page = watched.Page;
        var preview = page.Locator("[data-preview-words]");
        await Assertions.Expect(preview).ToContainTextAsync("active member");
        await page.FillAsync("#t-uses", "2");
        await page.FillAsync("#t-until", "2099-12-31");
        await Assertions.Expect(preview).ToContainTextAsync("first 2 uses");
        await Assertions.Expect(preview).ToContainTextAsync("31 December 2099");
        await page.CheckAsync("[name=needsApproval]");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "sharing-offer-1280.png"), FullPage = true });
        await page.ClickAsync("[data-post$=offerings] button.primary");
        await page.WaitForURLAsync("**/sharing");
        await Assertions.Expect(page.Locator("[data-offering=pumps]")).ToBeVisibleAsync();

        await lab.Command(Cancel, "exchange", "get", "This organisation", "pumps", "--purpose", "research");
        await Assertions.Expect(page.Locator("[data-request]")).ToContainTextAsync("research");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "sharing-waiting-1280.png"), FullPage = true });
        await page.ClickAsync("[data-request] button.primary");
        await Assertions.Expect(page.Locator("[data-request]")).ToHaveCountAsync(0);
        await using var there = await Open(lab, "/sharing");
        await Assertions.Expect(there.Page.Locator("#received")).ToBeVisibleAsync();
        await there.Page.GotoAsync(await ExchangeOf(there));
        await Assertions.Expect(there.Page.Locator("[data-landed]")).ToBeVisibleAsync();
    }

    private string Hex => version["sha256:".Length..];

    private static async Task<string> ExchangeOf(WatchedPage watched)
    {
        await watched.Page.GotoAsync("/sharing");
        return (await watched.Page.Locator("a[href*='/sharing/urn']").First.GetAttributeAsync("href"))!;
    }

    private static async Task EveryPageFits(WatchedPage watched, string who, params string[] paths)
    {
        foreach (var language in (string[])["en", "ko"])
            foreach (var width in (int[])[1280, 390])
            {
                await watched.Page.SetViewportSizeAsync(width, 900);
                foreach (var (path, at) in paths.Select((path, at) => (path, at)))
                {
                    await watched.Page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");
                    await watched.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"sharing-{who}-{at}-{width}-{language}.png"), FullPage = true });
                    Assert.True(await watched.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width} px");
                }
            }
    }

    private async Task<WatchedPage> Open(NodeProcess node, string path)
    {
        var watched = await browser!.OpenSignedIn(node); // each test asks for a browser first
        await watched.Page.GotoAsync(path);
        return watched;
    }

    private async Task<NodeProcess> Start()
    {
        folders.Add(Directory.CreateTempSubdirectory("dure-sharing-").FullName);
        return await NodeProcess.Start(folders[^1], Cancel);
    }
}
