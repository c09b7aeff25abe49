using System.Text.Encodings.Web;
using System.Text.Unicode;
using Dure.Web.Assets;
using Dure.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dure.Web;

/// <summary>The node's pages: what the host adds and maps.</summary>
public static class WebPages
{
    /// <summary>The policy that the host defines for pages: whoever may read.</summary>
    public const string Policy = "page";

    public static IServiceCollection AddDureWeb(this IServiceCollection services)
    {
        services.AddRazorComponents();
        // Korean goes out as written, not as numbered entities of eight bytes each; what HTML needs escaped still is.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddSingleton<EmbeddedAssets>();
        services.AddScoped<PageView>();
        return services;
    }

    /// <summary>Maps all pages (policy <see cref="Policy"/>), the sign-in page and the assets (open to all).</summary>
    public static IEndpointConventionBuilder MapDureWeb(this IEndpointRouteBuilder app)
    {
        var everything = app.MapGroup("").ExcludeFromDescription();
        everything.MapGet("/assets/{version}/{name}", (string version, string name, HttpContext context, EmbeddedAssets assets) => assets.Serve(context, version, name)).AllowAnonymous();

        var pages = everything.MapGroup("").AddEndpointFilter(ReadView);
        pages.MapGet("/sign-in", (string? next, string? error) => Page<SignIn>(new { Next = next ?? "/", HasFailed = error is not null })).AllowAnonymous();
        return everything;
    }

    private static RazorComponentResult<TPage> Page<TPage>(object? parameters = null) where TPage : Microsoft.AspNetCore.Components.IComponent =>
        new(parameters ?? new { }) { PreventStreamingRendering = true };

    private static ValueTask<object?> ReadView(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        call.HttpContext.RequestServices.GetRequiredService<PageView>().Read(call.HttpContext);
        return next(call);
    }
}
