using Dure.Web.Language;
using Microsoft.AspNetCore.Http;

namespace Dure.Web;

/// <summary>How this request's reader wants to see pages, and who they are. One per request.</summary>
public sealed class PageView
{
    internal const string LanguageCookie = "dure-lang";
    internal const string ThemeCookie = "dure-theme";

    /// <summary>The words in the reader's language.</summary>
    public Wording Words { get; private set; } = Wording.Of(Tongue.English);

    /// <summary><c>light</c> or <c>dark</c> when the reader chose; null follows the system.</summary>
    public string? Theme { get; private set; }

    /// <summary>The path of the page, without its query.</summary>
    public string Path { get; private set; } = "/";

    /// <summary>Who is signed in; null on the sign-in page.</summary>
    public string? Person { get; private set; }

    /// <summary>The address of this page in another language, its other query parts kept.</summary>
    public string InLanguage(string code) => Path + QueryString.Create(otherQuery.Append(new("lang", code)));

    private KeyValuePair<string, string?>[] otherQuery = [];

    /// <summary>Reads cookies, query and the browser's languages; a language asked for by <c>?lang=</c> is remembered.</summary>
    internal void Read(HttpContext context)
    {
        var request = context.Request;
        var asked = Wording.TongueOf(request.Query["lang"]);
        var tongue = asked ?? Wording.TongueOf(request.Cookies[LanguageCookie]) ?? Preferred(request.Headers.AcceptLanguage.ToString());
        Words = Wording.Of(tongue);
        if (asked is not null)
        {
            context.Response.Cookies.Append(LanguageCookie, Words.Code,
                new CookieOptions { SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365), Path = "/", HttpOnly = true, Secure = request.IsHttps, IsEssential = true });
        }
        Theme = request.Cookies[ThemeCookie] is "light" or "dark" ? request.Cookies[ThemeCookie] : null;
        Path = request.Path.Value is { Length: > 0 } path ? path : "/";
        Person = context.User.Identity is { IsAuthenticated: true, Name: var name } ? name : null;
        otherQuery = [.. request.Query.Where(part => part.Key != "lang").SelectMany(part => part.Value.Select(value => KeyValuePair.Create(part.Key, value)))];
    }

    /// <summary>Korean when the browser names it before English.</summary>
    private static Tongue Preferred(string acceptLanguage)
    {
        foreach (var entry in acceptLanguage.Split(',', StringSplitOptions.TrimEntries))
        {
            if (entry.StartsWith("ko", StringComparison.OrdinalIgnoreCase))
                return Tongue.Korean;
            if (entry.StartsWith("en", StringComparison.OrdinalIgnoreCase))
                return Tongue.English;
        }
        return Tongue.English;
    }
}
