using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A Chromium for the tests of one class; where none is installed they are skipped.</summary>
internal sealed class OneBrowser : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private OneBrowser(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    public static bool IsInstalled => File.Exists(Chromium);

    /// <param name="patience">How long expectations wait; a busy machine needs more.</param>
    /// <returns>Null: none is installed.</returns>
    public static async Task<OneBrowser?> TryLaunch(TimeSpan patience)
    {
        if (!IsInstalled)
            return null;
        var playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout((float)patience.TotalMilliseconds);
        return new(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    /// <summary>Skips the test where no browser is installed.</summary>
    public static void Need() => Assert.SkipUnless(IsInstalled, $"{Chromium} is not installed");

    /// <summary>A page in a fresh profile, watched for every console error and failed request.</summary>
    /// <param name="output">Everything the node has printed, for the message of a fault.</param>
    public async Task<WatchedPage> Open(Uri address, Func<string> output, int width = 1280, int height = 900, string? locale = null)
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, BaseURL = address.ToString(), Locale = locale });
        return new WatchedPage(context, await context.NewPageAsync(), output);
    }

    /// <summary>The same, signed in by the link that a node prints when it starts.</summary>
    public async Task<WatchedPage> OpenSignedIn(NodeProcess node, string? locale = null)
    {
        var watched = await Open(node.Address, () => node.Output, locale: locale);
        await watched.Page.GotoAsync(node.Output.Split("Open ", 2)[1].Split(' ')[0]);
        return watched;
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
