using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>An engineer trains a model of her table with nothing but the pages, and a manager reads what came of it.</summary>
public sealed class TrainingPagesTests : IAsyncLifetime
{
    private const float BusyMachine = 60_000;
    private const int Rows = 1500;
    private static readonly string Pictures = Path.Combine(Checkout.Root, "artifacts", "screenshots");
    private readonly string folder = Directory.CreateTempSubdirectory("dure-training-").FullName;
    private NodeProcess node = null!; // InitializeAsync sets them
    private string dataset = "";
    private OneBrowser? browser;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!OneBrowser.IsInstalled)
            return;
        node = await NodeProcess.Start(folder, Cancel);
        dataset = (await Asked("api/v1/datasets/import?file=parts.csv&name=parts&title=Moulded%20parts&licence=CC0-1.0&target=strength", new StringContent(Parts())))["version"]!.GetValue<string>()["sha256:".Length..];
        browser = await OneBrowser.TryLaunch(TimeSpan.FromMilliseconds(BusyMachine));
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        if (node is not null)
            await node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Three_clicks_lead_from_a_dataset_to_a_model_whose_card_says_how_good_it_is()
    {
        OneBrowser.Need();
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync($"/datasets/{dataset}");
        await page.ClickAsync("a[href^='/train?']"); // 1
        await Assertions.Expect(page.Locator("#target")).ToHaveValueAsync("strength"); // as the table suggests
        await page.EvalOnSelectorAsync("#seconds", "field => field.value = '3'"); // a minute is the default; a test has less
        await page.ClickAsync("form[data-train] button.primary"); // 2
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator("[data-tried]").First).ToBeVisibleAsync(); // candidates come in by themselves
        await page.ClickAsync("[data-model]", new PageClickOptions { Timeout = BusyMachine }); // 3
        await page.WaitForURLAsync("**/models/*");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Predicts strength");
        await Assertions.Expect(page.Locator("#good ~ .verdict .mark-good")).ToBeVisibleAsync(); // better than any guess
        await Assertions.Expect(page.Locator("#sure ~ svg.coverage")).ToBeVisibleAsync();
        Assert.NotEqual(0, await page.Locator("#matters ~ .bar-rows li").CountAsync());

        await page.ClickAsync("form[data-try] button.primary");
        await Assertions.Expect(page.Locator("[data-sure]")).ToContainTextAsync("of cases the true value lies from"); // never without its interval
        await Assertions.Expect(page.Locator("[data-why-words]")).ToContainTextAsync("Usually it says"); // nor without its reasons
        Assert.NotEqual(0, await page.Locator("[data-parts] li").CountAsync());
        await page.ClickAsync("[data-change-part] summary");
        await page.SelectOptionAsync("#wanted-side", "above");
        await page.FillAsync("#wanted-number", "60");
        await page.FillAsync("[data-signal=temperature]", "235");
        await page.CheckAsync("[data-free=temperature]");
        await page.ClickAsync("form[data-change] button");
        await Assertions.Expect(page.Locator("[data-changes-list] li").First).ToContainTextAsync("instead of 235");
        Assert.NotEqual(0, await page.Locator("svg.dependence").CountAsync());
        await page.FillAsync("[data-signal=temperature]", "warm");
        await page.ClickAsync("form[data-try] button.primary");
        await Assertions.Expect(page.Locator("form[data-try] [data-mend]")).ToContainTextAsync("Send a number");
        watched.Faults.Clear(); // the refusal above is what was asked for

        await page.FillAsync("#why", "Checked against the laboratory for two weeks");
        await page.ClickAsync("button[name=stage][value=approved]");
        await Assertions.Expect(page.Locator("[data-stage=approved]")).ToContainTextAsync("laboratory");
    }

    [Fact]
    public async Task The_learning_curve_is_drawn_while_a_model_learns_and_the_work_can_be_cancelled()
    {
        OneBrowser.Need();
        var run = await Train("""{"version":1,"name":"long","target":"strength","learner":{"kind":"boosted-trees","rounds":100000,"learningRate":0.001,"patience":0}}""");
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync($"/runs/{run}");
        await Assertions.Expect(page.Locator("[data-run=running] ~ section svg.lines")).ToBeVisibleAsync();
        var seen = await Reached(page); // not how many points it has: a long curve is thinned
        await page.WaitForFunctionAsync($"() => Number(document.querySelector('svg.lines')?.dataset.reaches) > {seen}", null, new PageWaitForFunctionOptions { Timeout = BusyMachine });
        await Assertions.Expect(page.Locator("[data-run=running]")).ToHaveCountAsync(1);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "training-curve-1280.png"), FullPage = true });
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.ClickAsync("[data-act$=cancel]");
        await Assertions.Expect(page.Locator("[data-run=cancelled]")).ToBeVisibleAsync();
        await page.ClickAsync("[data-again]");
        await Assertions.Expect(page.Locator("#learner")).ToHaveValueAsync("boosted-trees"); // what was asked for is not typed again…
        await Assertions.Expect(page.Locator("[data-only=learner-kept]")).ToContainTextAsync("rounds 100000"); // …nor lost where the form has no field for it
    }

    [Fact]
    public async Task A_mistake_is_told_in_the_form_and_a_leak_leads_back_to_it_with_the_column_left_out()
    {
        OneBrowser.Need();
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync($"/train?dataset={dataset}");
        await page.ClickAsync("form[data-train] summary");
        await page.SelectOptionAsync("#target", "weight"); // length times width, as another column says
        await page.SelectOptionAsync("#learner", "linear");
        await page.FillAsync("#accepted", "weight: no");
        await page.ClickAsync("form[data-train] button.primary");
        await Assertions.Expect(page.Locator("form[data-train] [data-mend]")).ToContainTextAsync("Write for each in a sentence");
        await Assertions.Expect(page.Locator("#accepted")).ToHaveAttributeAsync("aria-invalid", "true");
        watched.Faults.Clear(); // the refusal above is what was asked for
        await page.FillAsync("#accepted", "");
        await page.ClickAsync("form[data-train] button.primary");
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator("[data-run=failed]")).ToContainTextAsync("weight_g");
        await page.ClickAsync("[data-again]");
        await Assertions.Expect(page.Locator("[data-leave][value=weight_g]")).ToBeCheckedAsync();
        await page.ClickAsync("form[data-train] button.primary");
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator("[data-model]")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Where_machines_ran_until_they_failed_the_form_asks_how_long_others_will_last()
    {
        OneBrowser.Need();
        var pumps = (await Asked("api/v1/datasets/import?file=pumps.csv&name=pumps&title=Pumps&licence=CC0-1.0&group=pump&time=hour", new StringContent(Pumps())))["version"]!.GetValue<string>()["sha256:".Length..];
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync($"/train?dataset={dataset}");
        Assert.Equal(0, await page.Locator("#target option[data-life]").CountAsync()); // parts are no machines
        await page.GotoAsync($"/train?dataset={pumps}");
        await Assertions.Expect(page.Locator("#cap")).ToBeHiddenAsync();
        await page.SelectOptionAsync("#target", "remaining life");
        await page.FillAsync("#cap", "40");
        await page.FillAsync("#cut-off", "p3, p9");
        await page.ClickAsync("form[data-train] summary");
        await Assertions.Expect(page.Locator("#ahead")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#rows")).ToBeHiddenAsync();
        await page.SelectOptionAsync("#learner", "window-network");
        await page.FillAsync("#rows", "8");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "training-life-1280.png"), FullPage = true });
        await page.ClickAsync("form[data-train] button.primary");
        await page.WaitForURLAsync("**/runs/*");
        await page.ClickAsync("[data-model]", new PageClickOptions { Timeout = BusyMachine });
        await page.WaitForURLAsync("**/models/*");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("remaining life, up to 40 rows");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("2 that were cut off before are left out");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, "training-life-model-1280.png"), FullPage = true });
        await page.GotoAsync($"/train?dataset={pumps}&again={page.Url.Split('/')[^1].Split('?')[0]}");
        await Assertions.Expect(page.Locator("#cap")).ToHaveValueAsync("40"); // what was asked for is not typed again
        await Assertions.Expect(page.Locator("#cut-off")).ToHaveValueAsync("p3, p9");
        await Assertions.Expect(page.Locator("#rows")).ToHaveValueAsync("8");
    }

    [Fact]
    public async Task Two_models_are_compared_and_all_pages_fit_in_both_languages_on_desk_and_phone()
    {
        OneBrowser.Need();
        var trees = await Trained("""{"version":1,"name":"parts","target":"strength","learner":{"kind":"boosted-trees","rounds":120}}""");
        var lines = await Trained("""{"version":1,"name":"parts","target":"strength","learner":{"kind":"linear"}}""");
        var goods = await Trained("""{"version":1,"name":"good-parts","target":"good","leave":["strength"],"learner":{"kind":"logistic"}}""");
        var found = await Trained("""{"version":1,"name":"found","target":"strength","searchSeconds":2,"seed":2}"""); // by its seed other rows judge it: on no board with the others
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync("/models");
        Assert.Equal(2, await page.Locator("[data-leaderboard] [data-predictor]").CountAsync());
        await Assertions.Expect(page.Locator("[data-leaderboard] [data-predictor]").First).ToHaveAttributeAsync("data-predictor", trees); // the data are bent
        await page.ClickAsync("[data-leaderboard] a[href^='/models/compare']");
        await Assertions.Expect(page.Locator("[data-compared=different] .verdict")).ToContainTextAsync("parts · 1 is better");
        await page.GotoAsync($"/models/compare?a={trees}&b={trees}");
        await Assertions.Expect(page.Locator("[data-compared=alike] .verdict")).ToContainTextAsync("Not distinguishable");

        string[] paths = ["/models", $"/models/{trees}", $"/models/{lines}", $"/models/{goods}", $"/models/{found}", $"/models/compare?a={lines}&b={trees}", $"/models/compare?a={lines}&b={goods}", "/train", $"/train?dataset={dataset}", "/runs"];
        foreach (var language in (string[])["en", "ko"])
            foreach (var width in (int[])[1280, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                foreach (var (at, path) in paths.Index())
                {
                    await page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");
                    await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"training-{at}-{width}-{language}.png"), FullPage = true });
                    Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{path} is wider than {width} px");
                }
            }
    }

    [Fact]
    public async Task Drift_is_looked_at_and_a_person_lets_the_model_be_trained_again()
    {
        OneBrowser.Need();
        var model = await Trained("""{"version":1,"name":"parts","target":"strength","leave":["weight","weight_g","good"],"learner":{"kind":"boosted-trees","rounds":60}}""");
        var warmer = (await Asked("api/v1/datasets/import?file=parts.csv&name=parts&title=Moulded%20parts&licence=CC0-1.0&target=strength", new StringContent(Parts(warmer: 10))))["version"]!.GetValue<string>()["sha256:".Length..];
        await using var watched = await Open();
        var page = watched.Page;
        await page.GotoAsync($"/models/{model}");
        await page.ClickAsync($"a[href='/models/{model}/drift']");
        await page.SelectOptionAsync("select[name=dataset]", warmer);
        await page.ClickAsync("form[action$='/drift'] button");
        await Assertions.Expect(page.Locator("[data-drift=strong]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".bar-rows li").First).ToContainTextAsync("temperature");
        await page.ClickAsync("form[data-post='/api/v1/retrainings'] button");
        await page.FillAsync("[data-retraining=open] input[name=why]", "The heating was moved to another hall");
        foreach (var language in (string[])["en", "ko"])
            foreach (var width in (int[])[1280, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                await page.GotoAsync($"/models/{model}/drift?dataset={warmer}&lang={language}");
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"training-drift-{width}-{language}.png"), FullPage = true });
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"the drift page is wider than {width} px");
            }
        await page.GotoAsync("/models");
        await page.ClickAsync("[data-waiting] a");
        await page.FillAsync("[data-retraining=open] input[name=why]", "The heating was moved to another hall");
        await page.ClickAsync("button[name=answer][value=approve]");
        await page.ClickAsync("[data-retraining=approved] a[href^='/runs/']");
        await Assertions.Expect(page.Locator("[data-model]")).ToBeVisibleAsync();
    }

    private static async Task<int> Reached(IPage page) => int.Parse((await page.Locator("svg.lines").First.GetAttributeAsync("data-reaches"))!, CultureInfo.InvariantCulture);

    private Task<WatchedPage> Open() => browser!.OpenSignedIn(node, "en-US"); // each test asks for a browser first

    private async Task<string> Train(string recipe) => (await Asked("api/v1/predictor-runs", JsonContent.Create(new JsonObject { ["dataset"] = dataset, ["recipe"] = JsonNode.Parse(recipe) })))["id"]!.GetValue<string>();

    /// <summary>Trains and gives the version.</summary>
    private async Task<string> Trained(string recipe)
    {
        for (var id = await Train(recipe); ; await Task.Delay(100, Cancel))
        {
            var run = JsonNode.Parse(await node.Client.GetStringAsync($"api/v1/runs/{id}", Cancel))!;
            Assert.Null(run["problem"]);
            if (run["result"] is { } result)
                return result["model"]!.GetValue<string>()["sha256:".Length..];
        }
    }

    private async Task<JsonNode> Asked(string address, HttpContent body)
    {
        using var answer = await node.Client.PostAsync(address, body, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>Parts with a strength that bends over temperature, a weight in two units, and whether they are good.</summary>
    /// <summary>Twelve pumps that wear until their last hour.</summary>
    private static string Pumps()
    {
        var chance = new Random(7);
        var csv = new StringBuilder("pump,hour,wear\n");
        for (var pump = 0; pump < 12; pump++)
            for (var hour = 0; hour < 50 + pump; hour++)
                csv.Append(CultureInfo.InvariantCulture, $"p{pump},{hour},{(double)hour / (50 + pump) + 0.02 * chance.NextDouble():R}\n");
        return csv.ToString();
    }

    /// <param name="warmer">How much warmer all were made.</param>
    private static string Parts(double warmer = 0)
    {
        var chance = new Random(5);
        var csv = new StringBuilder("part,temperature,pressure [bar],mould,cycle_time [s],strength,weight,weight_g,good\n");
        for (var i = 0; i < Rows; i++)
        {
            var (temperature, pressure, mould, cycle) = (180 + warmer + 60 * chance.NextDouble(), 80 + 40 * chance.NextDouble(), "ABC"[chance.Next(3)], 20 + 10 * chance.NextDouble());
            var strength = 60 - 0.02 * Math.Pow(temperature - 210, 2) + 0.1 * pressure + (mould == 'B' ? 4 : 0) + chance.NextDouble() - chance.NextDouble();
            var weight = 0.5 + 0.001 * pressure + 0.05 * chance.NextDouble();
            csv.Append(CultureInfo.InvariantCulture, $"P{i:00000},{temperature:0.00},{pressure:0.00},{mould},{cycle:0.00},{strength:0.000},{weight:0.0000},{weight * 1000:0.0},{(strength + 4 * (chance.NextDouble() - 0.5) > 58 ? "yes" : "no")}\n");
        }
        return csv.ToString();
    }
}
