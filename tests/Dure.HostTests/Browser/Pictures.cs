using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>Pictures for people to look at, taken when asked for with <c>-explicit only</c>.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class Pictures(ServedDemo demo)
{
    private const int MostPictureBytes = 200_000;
    private static readonly string Folder = Path.Combine(Checkout.Root, "artifacts", "screenshots");

    [Theory(Explicit = true)]
    [InlineData(1280, ColorScheme.Light, "en")]
    [InlineData(1280, ColorScheme.Light, "ko")]
    [InlineData(1280, ColorScheme.Dark, "en")]
    [InlineData(1280, ColorScheme.Dark, "ko")]
    [InlineData(390, ColorScheme.Light, "en")]
    [InlineData(390, ColorScheme.Light, "ko")]
    [InlineData(390, ColorScheme.Dark, "en")]
    [InlineData(390, ColorScheme.Dark, "ko")]
    public async Task Every_page_is_pictured(int width, ColorScheme colours, string language)
    {
        await using var watched = await demo.OpenSignedIn(width);
        await watched.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = colours, ReducedMotion = ReducedMotion.Reduce });
        await watched.Page.GotoAsync($"/?lang={language}");
        foreach (var path in await ServedDemo.AllPages(watched.Page))
        {
            await Show(watched.Page, path);
            await Save(watched.Page, $"{Name(path)}-{width}-{colours}-{language}".ToLowerInvariant());
        }
    }

    [Fact(Explicit = true)]
    public async Task The_overview_of_the_real_recordings_is_pictured_for_the_documents()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("DURE_DATA") is { Length: > 0 }, "set DURE_DATA to the folder with the real recordings");
        await using var real = new ServedDemo(isReal: true);
        await real.InitializeAsync();
        await using var watched = await real.OpenSignedIn();
        await watched.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        await Show(watched.Page, "/");
        var picture = await watched.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Checkout.Root, "docs", "pictures", "overview.png") });
        Assert.InRange(picture.Length, 1, MostPictureBytes);
        foreach (var path in await ServedDemo.AllPages(watched.Page, "skab/valve1/0"))
        {
            await Show(watched.Page, path);
            await Save(watched.Page, $"real-{Name(path)}");
        }
    }

    private static async Task Show(IPage page, string path)
    {
        await page.GotoAsync(path);
        if (path.StartsWith("/signals", StringComparison.Ordinal))
            await Assertions.Expect(page.Locator(".u-over").First).ToBeVisibleAsync();
        if (path is "/" or "/devices")
            await Assertions.Expect(page.Locator("[data-live]").First).ToHaveAttributeAsync("data-state", "on");
    }

    private static Task<byte[]> Save(IPage page, string name) =>
        page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder, name + ".png"), FullPage = true });

    private static string Name(string path) => path switch
    {
        "/" => "overview",
        _ when path.Contains('?', StringComparison.Ordinal) => path[1..path.IndexOf('?', StringComparison.Ordinal)] + "-one",
        _ when path.LastIndexOf('/') > 0 => path[1..path.IndexOf('/', 1)] + "-one",
        _ => path[1..],
    };
}
