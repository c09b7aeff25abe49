using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>
/// Lets those this node writes to ask for its credentials, and nobody else: each message brings a token that only its receiver can use, for ten
/// minutes. It is signed with a secret that dies with the process, so nothing has to be remembered.
/// </summary>
public sealed class AccessGrants(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private readonly byte[] secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>A token by which <paramref name="verifier"/> may ask.</summary>
    public string Grant(Did verifier)
    {
        var what = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonObject { ["for"] = verifier.Value, ["until"] = (time.GetUtcNow() + Life).ToUnixTimeSeconds() }.ToJsonString()));
        return $"{what}.{Base64Url.EncodeToString(SealOf(what))}";
    }

    /// <summary>Whether the token was made here for this verifier and is not too old.</summary>
    public bool Allows(Did verifier, string? token)
    {
        if (token is not { Length: < 2048 } || token.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot) || !Jws.TryDecode(token.AsSpan(dot + 1), out var seal)
            || !CryptographicOperations.FixedTimeEquals(seal, SealOf(token[..dot])) || !Jws.TryDecode(token.AsSpan(0, dot), out var bytes))
            return false;
        var grant = (JsonObject)JsonNode.Parse(bytes)!; // made here, as the seal shows
        return grant.Text("for") == verifier.Value && grant.Instant("until") > time.GetUtcNow();
    }

    private byte[] SealOf(string what) => HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(what));
}
