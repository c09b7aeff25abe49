using System.Globalization;
using System.Web;
using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>The charts, moved as people move them: each zoom asks the node for buckets of the narrower range.</summary>
[Collection(ServedDemoCollection.Name)]
public sealed class SignalChartTests(ServedDemo demo)
{
    [Fact]
    public async Task A_signal_is_drawn_when_its_machine_is_opened_from_the_list()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await page.ClickAsync("nav a[href='/signals']");
        await page.SelectOptionAsync("select#asset", ServedDemo.Machine);
        await page.ClickAsync("[data-go-button]");
        await Assertions.Expect(page.Locator("#chart-title")).ToHaveTextAsync(ServedDemo.Machine);
        await Assertions.Expect(page.Locator("[data-signals] canvas").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Dragging_asks_for_a_narrower_range_and_a_double_click_for_the_whole()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var over = await OpenChart(page);
        var box = (await over.BoundingBoxAsync())!;
        var middle = box.Y + box.Height / 2;

        var first = RangeOf(await page.RunAndWaitForRequestAsync(() => Drag(page, box.X + box.Width * 0.2f, box.X + box.Width * 0.8f, middle), IsResample));
        var second = RangeOf(await page.RunAndWaitForRequestAsync(() => Drag(page, box.X + box.Width * 0.3f, box.X + box.Width * 0.6f, middle), IsResample));
        Assert.True(first.From < second.From && second.To < first.To, $"{second} does not lie within {first}");

        var all = await page.RunAndWaitForRequestAsync(() => over.DblClickAsync(), IsResample);
        Assert.Null(HttpUtility.ParseQueryString(new Uri(all.Url).Query)["from"]);
    }

    [Fact]
    public async Task The_wheel_over_a_focused_chart_asks_for_a_narrower_range_around_the_pointer()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        var over = await OpenChart(page);
        await page.Locator("[data-signals] .chart").First.FocusAsync();
        await over.HoverAsync();
        var first = RangeOf(await page.RunAndWaitForRequestAsync(() => page.Mouse.WheelAsync(0, -120), IsResample));
        var second = RangeOf(await page.RunAndWaitForRequestAsync(() => page.Mouse.WheelAsync(0, -120), IsResample));
        Assert.True(first.From < second.From && second.To < first.To, $"{second} does not lie within {first}");
    }

    [Fact]
    public async Task The_buttons_zoom_without_a_mouse_wheel()
    {
        await using var watched = await demo.OpenSignedIn();
        var page = watched.Page;
        await OpenChart(page);
        var closer = RangeOf(await page.RunAndWaitForRequestAsync(() => page.ClickAsync("[data-do=in]"), IsResample));
        var moved = RangeOf(await page.RunAndWaitForRequestAsync(() => page.ClickAsync("[data-do=right]"), IsResample));
        Assert.True(moved.From > closer.From && moved.To > closer.To, $"{moved} does not lie right of {closer}");
        var all = await page.RunAndWaitForRequestAsync(() => page.ClickAsync("[data-do=all]"), IsResample);
        Assert.DoesNotContain("from=", all.Url, StringComparison.Ordinal);
    }

    private static async Task<ILocator> OpenChart(IPage page)
    {
        await page.GotoAsync($"/signals?asset={ServedDemo.Machine}");
        await Assertions.Expect(page.Locator("[data-signals] canvas").First).ToBeVisibleAsync();
        var over = page.Locator(".u-over").First;
        await Assertions.Expect(over).ToBeVisibleAsync();
        return over;
    }

    private static async Task Drag(IPage page, float from, float to, float y)
    {
        await page.Mouse.MoveAsync(from, y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(to, y, new MouseMoveOptions { Steps = 8 });
        await page.Mouse.UpAsync();
    }

    private static bool IsResample(IRequest request) => request.Url.Contains("/api/v1/signals/resample", StringComparison.Ordinal);

    private static (long From, long To) RangeOf(IRequest request)
    {
        var query = HttpUtility.ParseQueryString(new Uri(request.Url).Query);
        return (long.Parse(query["from"]!, CultureInfo.InvariantCulture), long.Parse(query["to"]!, CultureInfo.InvariantCulture));
    }
}
