using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Dure.Node.Access;

/// <summary>
/// Finds out who calls: a machine by <c>Authorization: Bearer …</c> (or <c>Token …</c>, as InfluxDB clients send it), a person by the
/// session cookie. Everyone else is nobody and is refused.
/// </summary>
public sealed class CallerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenBook tokens, SessionBook sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "dure";
    public const string PermissionClaim = "permission";
    public const string ByCookie = "by-cookie";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..]
                : header.StartsWith("Token ", StringComparison.OrdinalIgnoreCase) ? header[6..]
                : header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) ? PasswordOf(header[6..]) : null;
            return Task.FromResult(tokens.Find(token?.Trim()) is { } holder
                ? AuthenticateResult.Success(TicketFor(holder.Name, holder.Permissions, byCookie: false))
                : AuthenticateResult.Fail("The token is unknown, revoked or mistyped."));
        }
        var person = sessions.PersonOf(Request.Cookies[SessionBook.CookieName]);
        if (person is null)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (person == Role.Administrator)
            return Task.FromResult(AuthenticateResult.Success(TicketFor(person, Role.PermissionsOf(person), byCookie: true)));
        // The token a person signed in with may have been revoked since.
        var signedInWith = tokens.Holders.FirstOrDefault(holder => person == $"token:{holder.Id}");
        return Task.FromResult(signedInWith is null
            ? AuthenticateResult.NoResult()
            : AuthenticateResult.Success(TicketFor(signedInWith.Name, signedInWith.Permissions, byCookie: true)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (IsPage(Request))
        {
            Response.Redirect($"/sign-in?next={Uri.EscapeDataString(Request.Path + Request.QueryString)}");
            return;
        }
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure;
        Response.Headers.WWWAuthenticate = "Bearer";
        await Http.Problems.Write(Context, StatusCodes.Status401Unauthorized, "urn:dure:access:who-are-you",
            failure?.Message ?? "The request carries no token.", $"{Request.Method} {Request.Path}",
            "Send 'Authorization: Bearer <token>'. The administrator makes one with 'dure token add NAME --permission ingest'.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Http.Problems.Write(Context, StatusCodes.Status403Forbidden, "urn:dure:access:not-allowed",
            $"'{Context.User.Identity?.Name}' may not do this.", $"{Request.Method} {Request.Path}",
            "Ask the administrator for a token or role with the permission that the endpoint's description names.");

    /// <summary>The password of HTTP's basic form, for clients that know no tokens: it holds the token, the user's name does not matter.</summary>
    private static string? PasswordOf(string basic)
    {
        Span<byte> pair = stackalloc byte[512];
        if (basic.Length > 600 || !Convert.TryFromBase64String(basic.Trim(), pair, out var length))
            return null;
        var text = System.Text.Encoding.UTF8.GetString(pair[..length]);
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? text[(colon + 1)..] : null;
    }

    private AuthenticationTicket TicketFor(string name, IReadOnlyList<string> permissions, bool byCookie)
    {
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(ClaimTypes.Name, name));
        identity.AddClaims(permissions.Select(permission => new Claim(PermissionClaim, permission)));
        if (byCookie)
            identity.AddClaim(new Claim(ByCookie, "true"));
        return new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name);
    }

    private static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
}
