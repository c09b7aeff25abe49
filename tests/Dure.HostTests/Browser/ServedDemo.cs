using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A finished demonstration on the simulated loop whose node stays up, and one Chromium to look at it with.</summary>
public sealed class ServedDemo : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-browser-").FullName;
    private readonly StringBuilder output = new();
    private Process? process;
    private IPlaywright? playwright;
    private IBrowser? browser;

    public Uri Address { get; private set; } = null!; // InitializeAsync sets it before any test
    public string SignInLink { get; private set; } = "";
    public HttpClient Api { get; } = new();

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
            return;
        process = StartDemo();
        SignInLink = await WaitForLink();
        Address = new Uri(new Uri(SignInLink), "/");
        Api.BaseAddress = Address;
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "demo", "administrator.token"))).Trim());
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A fresh browser profile that is signed in, watched for every console error and failed request.</summary>
    public async Task<WatchedPage> OpenSignedIn(int width = 1280, int height = 900)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed; .ci/run installs it");
        var page = await Open(width, height);
        await page.Page.GotoAsync(SignInLink);
        return page;
    }

    public async Task<WatchedPage> Open(int width = 1280, int height = 900)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed; .ci/run installs it");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, BaseURL = Address.ToString() });
        return new WatchedPage(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        if (process is { HasExited: false })
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        process?.Dispose();
        Api.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private Process StartDemo()
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "demo", "--simulated", "--serve", "--url", "http://127.0.0.1:0", "--data", folder])
            start.ArgumentList.Add(argument);
        start.Environment["DURE_EDGE"] = Path.Combine(AppContext.BaseDirectory, "dure-edge");
        var demo = Process.Start(start)!;
        demo.OutputDataReceived += (_, line) => Keep(line.Data);
        demo.ErrorDataReceived += (_, line) => Keep(line.Data);
        demo.BeginOutputReadLine();
        demo.BeginErrorReadLine();
        return demo;
    }

    private async Task<string> WaitForLink()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(100))
        {
            var told = Told();
            var at = told.IndexOf("http://127.0.0.1", StringComparison.Ordinal);
            if (at >= 0 && told.Contains("Ctrl+C", StringComparison.Ordinal))
                return told[at..].Split(' ', '\n')[0].Trim();
            if (process!.HasExited)
                break;
        }
        throw new InvalidOperationException($"The demo did not come to its end: {Told()}");
    }

    private string Told()
    {
        lock (output)
            return output.ToString();
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}

/// <summary>A page whose console errors and failed requests are kept; disposing it asserts that there was none.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext context;

    internal WatchedPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Faults.Add($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Faults.Add($"{page.Url}: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                Faults.Add($"{response.Status} {response.Url}");
        };
    }

    public IPage Page { get; }

    public List<string> Faults { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Empty(Faults);
    }
}
