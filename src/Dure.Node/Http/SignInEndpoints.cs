using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>How a person's browser gets and gives back a session.</summary>
internal static class SignInEndpoints
{
    private const int MaxFormBytes = 4096;

    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in/{code}", SignInByLink).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/sign-in", SignInByForm).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription()
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxFormBytes));
        app.MapPost("/sign-out", SignOut).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The link that the node prints at start.</summary>
    private static IResult SignInByLink(string code, HttpContext context, SessionBook sessions, TokenBook tokens) =>
        TryOpen(code, context, sessions, tokens) ? Results.Redirect("/") : Results.Redirect("/sign-in?error=1");

    private static async Task<IResult> SignInByForm(HttpContext context, SessionBook sessions, TokenBook tokens)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var asked = form["next"].ToString();
        // Only a path of this node: "//other.example" and full addresses would lead elsewhere.
        var next = asked.StartsWith('/') && !asked.StartsWith("//", StringComparison.Ordinal) && !asked.Contains('\\', StringComparison.Ordinal) ? asked : "/";
        return TryOpen(form["code"].ToString().Trim(), context, sessions, tokens)
            ? Results.Redirect(next)
            : Results.Redirect($"/sign-in?error=1&next={Uri.EscapeDataString(next)}");
    }

    private static IResult SignOut(HttpContext context, SessionBook sessions)
    {
        sessions.SignOut(context.Request.Cookies[SessionBook.CookieName]);
        context.Response.Cookies.Delete(SessionBook.CookieName);
        return Results.Redirect("/sign-in");
    }

    private static bool TryOpen(string code, HttpContext context, SessionBook sessions, TokenBook tokens)
    {
        if (sessions.TrySignIn(code, tokens) is not { } cookie)
            return false;
        context.Response.Cookies.Append(SessionBook.CookieName, cookie, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = context.Request.IsHttps,
            MaxAge = SessionBook.Lifetime,
            Path = "/",
        });
        return true;
    }
}
