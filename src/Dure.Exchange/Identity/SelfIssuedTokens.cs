using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity;

/// <summary>The tokens this node sends with its messages: it says who it is, to one receiver, for five minutes, once (DCP 1.0.1, section 4.3).</summary>
/// <param name="credentials">The credentials to show, each a VC-JWT; those that fit go along, so that a Dure node need not ask back.</param>
/// <param name="grant">Makes what the receiver shows when it asks this node's credential service for more; null where there is none.</param>
public sealed class SelfIssuedTokens(OwnIdentity own, Func<IReadOnlyList<string>> credentials, TimeProvider time, Func<Did, string>? grant = null)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>The member of a token that carries credentials. Others than Dure do not know it and pass over it.</summary>
    public const string CredentialsClaim = "dure_credentials";
    internal const string Type = "JWT";

    /// <summary>How long inlined credentials may be together: headers of 8 KiB are refused by many servers.</summary>
    internal const int MostCredentialCharacters = 4 * 1024;

    /// <summary>The value for the header <c>Authorization</c> of one message.</summary>
    public string Header(Did audience, string? accessToken = null) => $"Bearer {Issue(audience, accessToken)}";

    /// <summary>Makes a token that <paramref name="audience"/> takes once.</summary>
    /// <param name="accessToken">What the receiver gave, so that this node may ask its credential service; null to give the receiver one.</param>
    public string Issue(Did audience, string? accessToken = null)
    {
        var now = time.GetUtcNow();
        var claims = new JsonObject
        {
            ["iss"] = own.Did.Value,
            ["sub"] = own.Did.Value,
            ["aud"] = audience.Value,
            ["jti"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
        };
        if ((accessToken ?? grant?.Invoke(audience)) is { } access)
            claims["token"] = access;
        var shown = new JsonArray();
        var room = MostCredentialCharacters;
        foreach (var credential in credentials())
        {
            if (credential.Length > room)
                continue;
            room -= credential.Length;
            shown.Add((JsonNode)credential);
        }
        if (shown.Count > 0)
            claims[CredentialsClaim] = shown;
        return Jws.Sign(claims, Type, own.KeyId, own.Keys);
    }
}
