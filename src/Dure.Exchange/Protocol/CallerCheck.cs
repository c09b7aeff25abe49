using System.Security.Cryptography;
using System.Text;

namespace Dure.Exchange.Protocol;

/// <summary>Finds out which participant sends a message.</summary>
public interface ICallerCheck
{
    /// <summary>The caller's identifier; null when it has not proved who it is.</summary>
    /// <param name="authorization">The value of the Authorization header, if there was one.</param>
    ValueTask<string?> Caller(string? authorization, CancellationToken cancel);
}

/// <summary>Takes one fixed header for proof, as compatibility kits send it. Never wired but by the operator's explicit wish.</summary>
public sealed class FixedHeaderCheck(string header, string caller) : ICallerCheck
{
    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(header));

    public ValueTask<string?> Caller(string? authorization, CancellationToken cancel) =>
        new(CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization ?? "")), expected) ? caller : null);
}
