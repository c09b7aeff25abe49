using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Tests.Learn.Vision;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A person brings images, trains an inspection and shows it a photo, with nothing but the pages.</summary>
public sealed class InspectionPagesTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private const float BusyMachine = 60_000;
    private static readonly string Pictures = Path.Combine(Checkout.Root, "artifacts", "screenshots");
    private readonly string folder = Directory.CreateTempSubdirectory("dure-inspection-").FullName;
    private NodeProcess node = null!; // InitializeAsync sets it
    private IPlaywright? playwright;
    private IBrowser? browser;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
            return;
        node = await NodeProcess.Start(folder, Cancel);
        playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(BusyMachine);
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        if (node is not null)
            await node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Images_are_brought_learnt_from_and_a_photo_comes_back_with_what_is_strange_on_it()
    {
        Assert.SkipUnless(browser is not null, $"{Chromium} is not installed");
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync("/datasets");
        await page.SetInputFilesAsync("#table-file", Zip());
        await page.ClickAsync("form[action='/datasets/import'] button.primary");
        await page.WaitForURLAsync("**/datasets/import/*");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("good 40, crack 6");
        await page.ClickAsync("button[name=do][value=import]");
        await Assertions.Expect(page.Locator(".thumbnails img").First).ToBeVisibleAsync();
        var dataset = page.Url.Split('/')[^1];

        // The usual network learns for a minute; a recipe of before brings a quicker one into the form.
        using var first = await node.Client.PostAsJsonAsync("api/v1/predictor-runs", new JsonObject { ["dataset"] = dataset, ["recipe"] = JsonNode.Parse("""{"version":1,"kind":"inspection","name":"tiles","size":80,"pieces":256,"epochs":3,"channels":16}""") }, Cancel);
        await page.GotoAsync($"/train?dataset={dataset}&again={(await first.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["id"]}");
        await Assertions.Expect(page.Locator("#good")).ToHaveValueAsync("good"); // by its word
        await page.ClickAsync("form[data-inspect-train] button.primary");
        await page.WaitForURLAsync("**/runs/*");
        await page.ClickAsync("[data-model]", new PageClickOptions { Timeout = BusyMachine });
        await page.WaitForURLAsync("**/models/*");
        await Assertions.Expect(page.Locator("#good ~ .verdict .mark-good")).ToBeVisibleAsync(); // better than chance

        await Show(page, "strange.png", MadeSurface.Of(901, (50, 30)).ToPng());
        await Assertions.Expect(page.Locator("[data-answer][data-verdict=defect] [data-said]")).ToHaveTextAsync("Not like the good ones");
        await Assertions.Expect(page.Locator("[data-spot]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("[data-share-said]")).ToContainTextAsync("1 in 9");
        Assert.True(await page.EvalOnSelectorAsync<int>("canvas[data-map]", "map => map.getContext('2d').getImageData(0, 0, map.width, map.height).data.filter((value, i) => i % 4 === 3 && value > 100).length") > 0); // something is coloured
        var model = page.Url.Split('/')[^1];
        await Show(page, "good.png", MadeSurface.Of(902).ToPng());
        await Assertions.Expect(page.Locator("[data-answer][data-verdict=good] [data-said]")).ToHaveTextAsync("Like the good ones");
        await Show(page, "notes.png", "no image"u8.ToArray());
        await Assertions.Expect(page.Locator("form[data-inspect] [data-where]")).ToContainTextAsync("notes.png");
        await Assertions.Expect(page.Locator("form[data-inspect] [data-mend]")).ToContainTextAsync("PNG");
        await Assertions.Expect(page.Locator("[data-answer]")).ToBeHiddenAsync();
        watched.Faults.Clear(); // the refusal above is what was asked for

        foreach (var language in (string[])["en", "ko"])
            foreach (var width in (int[])[1280, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                foreach (var (at, path) in ((string[])[$"/models/{model}", $"/train?dataset={dataset}", $"/datasets/{dataset}", "/models"]).Index())
                {
                    await page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");
                    if (at == 0)
                    {
                        await Show(page, "strange.png", MadeSurface.Of(901, (50, 30)).ToPng());
                        await Assertions.Expect(page.Locator("[data-spot]")).ToBeVisibleAsync();
                    }
                    await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"inspection-{at}-{width}-{language}.png"), FullPage = true });
                    Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width} px");
                }
            }
    }

    [Fact]
    public async Task Kinds_of_images_are_learnt_in_three_clicks_and_a_photo_comes_back_with_its_label()
    {
        Assert.SkipUnless(browser is not null, $"{Chromium} is not installed");
        var zip = Path.Combine(folder, "kinds.zip");
        using (var packed = new ZipArchive(File.Create(zip), ZipArchiveMode.Create))
            foreach (var kind in MadeSurface.Kinds)
                for (var i = 0; i < 16; i++)
                    using (var entry = packed.CreateEntry($"{kind}/{i:00}.png").Open())
                        entry.Write(MadeSurface.OfKind(kind, 100 * kind.Length + i).ToPng());
        await node.Command(Cancel, "dataset", "import", zip, "--name", "kinds");
        var dataset = ((string)(await node.Client.GetFromJsonAsync<JsonObject>("api/v1/datasets/kinds", Cancel))!["version"]!).Split(':')[1];
        await using var watched = await Open();
        var page = watched.Page;

        // Three clicks: train a model, train, open the model. A recipe of before makes the network a quick one.
        using var first = await node.Client.PostAsJsonAsync("api/v1/predictor-runs", new JsonObject { ["dataset"] = dataset, ["recipe"] = JsonNode.Parse(ImageClassTests.Quick) }, Cancel);
        await page.GotoAsync($"/train?dataset={dataset}&again={(await first.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["id"]}");
        await Assertions.Expect(page.Locator("form[data-classify-train] input[name=labels]:checked")).ToHaveCountAsync(3);
        await page.ClickAsync("form[data-classify-train] button.primary");
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Kinds of images");
        await page.ClickAsync("[data-model]", new PageClickOptions { Timeout = BusyMachine });
        await page.WaitForURLAsync("**/models/*");
        var model = page.Url.Split('/')[^1];
        await Show(page, "turned.png", MadeSurface.OfKind("turned", 901).ToPng());
        await Assertions.Expect(page.Locator("[data-said]")).ToHaveTextAsync("turned");
        await Assertions.Expect(page.Locator("[data-sets]")).ToContainTextAsync("90 %");
        await Assertions.Expect(page.Locator("[data-answer] .bar-rows li")).ToHaveCountAsync(3);
        await Show(page, "notes.png", "no image"u8.ToArray());
        await Assertions.Expect(page.Locator("form[data-classify] [data-where]")).ToContainTextAsync("notes.png");
        watched.Faults.Clear(); // the refusal above is what was asked for

        foreach (var language in (string[])["en", "ko"])
            foreach (var width in (int[])[1280, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                foreach (var (at, path) in ((string[])[$"/models/{model}", $"/train?dataset={dataset}", "/models"]).Index())
                {
                    await page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");
                    if (at == 0)
                    {
                        await Show(page, "turned.png", MadeSurface.OfKind("turned", 901).ToPng());
                        await Assertions.Expect(page.Locator("[data-said]")).ToHaveTextAsync("turned");
                    }
                    await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"classes-{at}-{width}-{language}.png"), FullPage = true });
                    Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width} px");
                }
            }
    }

    private static Task Show(IPage page, string name, byte[] image) => page.SetInputFilesAsync("#inspect-file", new FilePayload { Name = name, MimeType = "image/png", Buffer = image });

    private async Task<WatchedPage> Open()
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 }, BaseURL = node.Address.ToString(), Locale = "en-US" });
        var watched = new WatchedPage(context, await context.NewPageAsync(), () => node.Output);
        await watched.Page.GotoAsync(node.Output.Split("Open ", 2)[1].Split(' ')[0]);
        return watched;
    }

    private string Zip()
    {
        var path = Path.Combine(folder, "tiles.zip");
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        for (var i = 0; i < 46; i++)
            using (var entry = zip.CreateEntry(i < 40 ? $"tiles/good/{i:00}.png" : $"tiles/crack/{i:00}.png").Open())
                entry.Write((i < 40 ? MadeSurface.Of(i) : MadeSurface.Of(500 + i, (30, 5 * i - 180))).ToPng());
        return path;
    }
}
