using System.Text.Encodings.Web;
using Dure.Web;
using Dure.Web.Assets;
using Dure.Web.Pages;
using Dure.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dure.Tests.Web;

public sealed class PageTests
{
    private const int FirstScreenBytes = 150_000;
    private static readonly EmbeddedAssets Assets = new();

    [Fact]
    public void The_first_screen_brings_little() =>
        Assert.True(new[] { "dure.css", "page.js", "overview.js" }.Sum(Assets.CompressedBytes) < FirstScreenBytes / 10);

    [Fact]
    public void Everything_that_was_bundled_fits_a_first_screen_even_at_once() =>
        Assert.True(Assets.Names.Sum(Assets.CompressedBytes) < FirstScreenBytes);

    [Fact]
    public void The_chart_library_is_no_part_of_other_pages() =>
        Assert.All(["page.js", "overview.js", "devices.js", "evidence.js"], name => Assert.True(Assets.CompressedBytes(name) < 4000, name));

    [Fact]
    public void An_asset_that_was_not_bundled_is_named() =>
        Assert.Contains("nothing.js", Assert.Throws<ArgumentException>(() => Assets.Address("nothing.js")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Text_from_outside_stays_text()
    {
        const string attack = "<img src=x onerror=alert(1)>\" onmouseover=\"alert(2)";
        var html = await Render<MachineStrip>(new() { ["Asset"] = attack, ["Rows"] = Array.Empty<Dure.Edge.Fleet.ScoredRow>() })
            + await Render<SignIn>(new() { ["Next"] = attack })
            + await Render<Empty>(new() { ["Title"] = attack, ["Advice"] = attack });
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\" onmouseover", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.00012, "0.00012")]
    [InlineData(0.00000012, "1.2E-7")]
    [InlineData(-60.383, "−60.38")]
    [InlineData(421254.0, "421,254")]
    [InlineData(double.NaN, "–")]
    public void Numbers_are_short_and_say_when_they_are_none(double value, string written) => Assert.Equal(written, Figures.Number(value));

    private static async Task<string> Render<TComponent>(Dictionary<string, object?> parameters) where TComponent : IComponent
    {
        await using var services = new ServiceCollection().AddSingleton(HtmlEncoder.Default).AddScoped<PageView>().AddSingleton(Assets).BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(parameters))).ToHtmlString());
    }
}
