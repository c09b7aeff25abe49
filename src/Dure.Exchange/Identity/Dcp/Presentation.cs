using System.Text.Json.Nodes;
using Dure.Exchange.Identity.Credentials;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>Credentials that their holder shows to one verifier, signed so that nobody else can show them there.</summary>
public static class Presentation
{
    private const string TokenType = "vp+jwt";
    private const string EnvelopeType = "EnvelopedVerifiableCredential";
    private const string Envelope = "data:application/vc+jwt,";
    private const int MostCredentials = 32;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>Signs presentations of credentials: one for those of version 2.0, one for those of 1.1, since a presentation is of one version.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<Credential> credentials, OwnIdentity own, Did verifier, DateTimeOffset now)
    {
        var presentations = new List<string>();
        var second = credentials.Where(credential => credential.Jws.Payload["vc"] is null).ToArray();
        var first = credentials.Except(second).ToArray();
        if (second.Length > 0)
        {
            var claims = ClaimsFor(own, verifier, now);
            claims["@context"] = new JsonArray("https://www.w3.org/ns/credentials/v2");
            claims["type"] = new JsonArray("VerifiablePresentation");
            claims["holder"] = own.Did.Value;
            claims["verifiableCredential"] = new JsonArray([.. second.Select(credential => new JsonObject
            {
                ["@context"] = "https://www.w3.org/ns/credentials/v2",
                ["id"] = Envelope + credential.Text,
                ["type"] = EnvelopeType,
            })]);
            presentations.Add(Jws.Sign(claims, TokenType, own.KeyId, own.Keys));
        }
        if (first.Length > 0)
        {
            var claims = ClaimsFor(own, verifier, now);
            claims["vp"] = new JsonObject
            {
                ["@context"] = new JsonArray("https://www.w3.org/2018/credentials/v1"),
                ["type"] = new JsonArray("VerifiablePresentation"),
                ["holder"] = own.Did.Value,
                ["verifiableCredential"] = new JsonArray([.. first.Select(credential => JsonValue.Create(credential.Text))]),
            };
            presentations.Add(Jws.Sign(claims, SelfIssuedTokens.Type, own.KeyId, own.Keys));
        }
        return presentations;
    }

    /// <summary>The credentials in a presentation that <paramref name="holder"/> made for <paramref name="verifier"/>, or why it does not count.</summary>
    public static async ValueTask<(IReadOnlyList<string> Credentials, string? Refusal)> Open(
        string? text, Did holder, Did verifier, IssuerKeys keys, DateTimeOffset now, CancellationToken cancel)
    {
        if (!Jws.TryParse(text, out var jws, out var unread))
            return ([], unread);
        var claims = jws.Payload;
        var isFirstForm = claims["vp"] is JsonObject;
        var body = claims["vp"] as JsonObject ?? claims;
        var type = jws.Type?.Replace("application/", "", StringComparison.OrdinalIgnoreCase);
        if (type is not null && !type.Equals(TokenType, StringComparison.OrdinalIgnoreCase) && !(isFirstForm && type.Equals(SelfIssuedTokens.Type, StringComparison.OrdinalIgnoreCase)))
            return ([], $"It is of the type {Claims.Shown(jws.Type)}, not a presentation.");
        if (body.Texts("type", MostCredentials) is not { } types || !types.Contains("VerifiablePresentation"))
            return ([], "It does not say that it is a presentation.");
        if ((claims.ContainsKey("iss") ? claims.Text("iss") : body.Text("holder")) != holder.Value
            || (body.ContainsKey("holder") && ((body["holder"] as JsonObject)?.Text("id") ?? body.Text("holder")) != holder.Value))
            return ([], $"It is not made by {holder}.");
        if (claims.Texts("aud", 1) is not [var audience] || audience != verifier.Value)
            return ([], "It is not made for this node.");
        if (Outside(claims, now) is { } wrongTime)
            return ([], wrongTime);
        if (await keys.Check(jws, holder, KeyPurposes.Authentication, cancel) is { } unsigned)
            return ([], unsigned.Reason);
        var credentials = new List<string>();
        JsonNode?[] items = body["verifiableCredential"] switch { JsonArray { Count: <= MostCredentials } list => [.. list], JsonArray => [], null => [], var one => [one] };
        foreach (var item in items)
            if ((Claims.TextOf(item) ?? Unwrap(item as JsonObject)) is { } credential)
                credentials.Add(credential);
        return (credentials, null);
    }

    private static string? Outside(JsonObject claims, DateTimeOffset now)
    {
        if (claims.Instant("exp") is not { } until || until <= now - TokenVerifier.Leeway)
            return "It is expired, or does not say until when it is good.";
        foreach (var name in new[] { "nbf", "iat" })
            if (claims.ContainsKey(name) && !(claims.Instant(name) <= now + TokenVerifier.Leeway))
                return "It is not valid yet.";
        return null;
    }

    private static string? Unwrap(JsonObject? envelope) => envelope?.Texts("type", 4) is { } types && types.Contains(EnvelopeType)
        && envelope.Text("id") is { } id && id.StartsWith(Envelope, StringComparison.Ordinal) ? id[Envelope.Length..] : null;

    private static JsonObject ClaimsFor(OwnIdentity own, Did verifier, DateTimeOffset now) => new()
    {
        ["iss"] = own.Did.Value,
        ["sub"] = own.Did.Value,
        ["aud"] = verifier.Value,
        ["jti"] = Guid.NewGuid().ToString(),
        ["iat"] = now.ToUnixTimeSeconds(),
        ["exp"] = (now + Life).ToUnixTimeSeconds(),
    };
}
