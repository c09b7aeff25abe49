using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dure.Exchange.Processes;

namespace Dure.Exchange.Handover;

/// <summary>
/// Tokens for the data door, made from a secret of this node and the transfer's id and version: nothing of them is stored, the same
/// message sent again holds the same token, and a resumed transfer's token is a new one.
/// </summary>
public sealed class TransferTokens
{
    private const int SecretBytes = 32;
    private readonly byte[] secret;

    private TransferTokens(byte[] secret) => this.secret = secret;

    /// <summary>Reads the secret, or makes it at the first start; only the node's user may read the file.</summary>
    public static TransferTokens Open(string file)
    {
        if (File.Exists(file) && File.ReadAllBytes(file) is { Length: SecretBytes } kept)
            return new TransferTokens(kept);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var fresh = RandomNumberGenerator.GetBytes(SecretBytes);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(file + ".new", options))
        {
            stream.Write(fresh);
            stream.Flush(flushToDisk: true);
        }
        File.Move(file + ".new", file, overwrite: true);
        return new TransferTokens(fresh);
    }

    public string TokenOf(ExchangeProcess transfer) => Base64Url.EncodeToString(Code(transfer));

    /// <summary>Whether a header's value opens the transfer's door; in constant time.</summary>
    public bool Opens(ExchangeProcess transfer, string? authorization)
    {
        var token = authorization is null ? "" : authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : authorization;
        var expected = Encoding.ASCII.GetBytes(TokenOf(transfer));
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(expected));
    }

    private byte[] Code(ExchangeProcess transfer) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{transfer.Pid}\n{transfer.Peer}\n{transfer.AddressVersion}"));
}
