using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>All classes that look at the same demonstration.</summary>
[CollectionDefinition(Name)]
public sealed class ServedDemoCollection : ICollectionFixture<ServedDemo>
{
    public const string Name = "served demo";
}

/// <summary>A finished demonstration whose node stays up, and one Chromium to look at it with.</summary>
public sealed class ServedDemo : IAsyncLifetime
{
    /// <summary>A machine of the simulated loop.</summary>
    public const string Machine = "simulated-loop/pump/0";

    private static readonly string[] Lists = ["/datasets", "/models", "/effects"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(20);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-browser-").FullName;
    private readonly StringBuilder output = new();
    private readonly bool isReal;
    private Process? process;
    private OneBrowser? browser;

    public ServedDemo()
    {
    }

    /// <param name="isReal">On the recordings that DURE_DATA leads to instead of the simulated loop.</param>
    internal ServedDemo(bool isReal) => this.isReal = isReal;

    public Uri Address { get; private set; } = null!; // InitializeAsync sets it before any test
    public string SignInLink { get; private set; } = "";
    public HttpClient Api { get; } = new();

    public async ValueTask InitializeAsync()
    {
        if (!OneBrowser.IsInstalled)
            return;
        process = StartDemo();
        SignInLink = await WaitForLink();
        Address = new Uri(new Uri(SignInLink), "/");
        Api.BaseAddress = Address;
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "demo", "administrator.token"))).Trim());
        browser = await OneBrowser.TryLaunch(BusyMachine);
    }

    /// <summary>A fresh browser profile that is signed in, watched for every console error and failed request.</summary>
    public async Task<WatchedPage> OpenSignedIn(int width = 1280, int height = 900)
    {
        var page = await Open(width, height);
        await page.Page.GotoAsync(SignInLink);
        return page;
    }

    /// <summary>Everything the demonstration and its node have printed.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Each page of the navigation, one page of each list on it, and the charts of one machine.</summary>
    public static async Task<IReadOnlyList<string>> AllPages(IPage page, string machine = Machine)
    {
        var paths = new List<string> { "/", "/sources", "/sources/http", "/machines", $"/machines/{machine}", "/signals", "/datasets", "/sharing", "/sharing/catalogue", "/sharing/partners", "/models", "/models/compare", "/train", "/runs", "/devices", "/effects", "/evidence", $"/signals?asset={machine}", "/evidence?entry=3", "/sign-in" };
        foreach (var list in Lists)
        {
            await page.GotoAsync(list);
            paths.Add((await page.Locator($"main a[href^='{list}/']").First.GetAttributeAsync("href"))!);
        }
        return paths;
    }

    public Task<WatchedPage> Open(int width = 1280, int height = 900)
    {
        OneBrowser.Need();
        return browser!.Open(Address, () => Output, width, height);
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
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
        string[] source = isReal ? [] : ["--simulated"];
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "demo", .. source, "--serve", "--url", "http://127.0.0.1:0", "--data", folder])
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
            var told = Output;
            var at = told.IndexOf("http://127.0.0.1", StringComparison.Ordinal);
            if (at >= 0 && told.Contains("Ctrl+C", StringComparison.Ordinal))
                return told[at..].Split(' ', '\n')[0].Trim();
            if (process!.HasExited)
                break;
        }
        throw new InvalidOperationException($"The demo did not come to its end: {Output}");
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}
