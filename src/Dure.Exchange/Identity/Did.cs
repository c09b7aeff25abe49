using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// Who takes part in an exchange: a decentralised identifier of the method <c>did:web</c>, which is a web address in another spelling
/// (W3C CCG, did:web method). The port's colon is written <c>%3A</c>, a path's slashes as colons.
/// </summary>
public sealed record Did
{
    private const string Prefix = "did:web:";
    private const int MaxLength = 512;

    private Did(string value, Uri documentAddress) => (Value, DocumentAddress) = (value, documentAddress);

    /// <summary>The identifier as written, for example <c>did:web:maker.example%3A8443:press</c>.</summary>
    public string Value { get; }

    /// <summary>Where its document lies. Only a host that is this computer itself is asked without TLS.</summary>
    public Uri DocumentAddress { get; }

    /// <summary>The address that it stands for, with a slash at its end.</summary>
    public Uri Address => new(DocumentAddress, DocumentAddress.AbsolutePath == "/.well-known/did.json" ? "/" : ".");

    /// <summary>The host that answers for it, with its port if one is written.</summary>
    public string Authority => DocumentAddress.Authority;

    /// <summary>The identifier of whoever is reached at a web address; a path there becomes part of it.</summary>
    public static Did OfAddress(Uri address)
    {
        var path = address.AbsolutePath.Trim('/');
        var host = address.HostNameType == UriHostNameType.IPv6 ? Uri.EscapeDataString(address.Host) : address.IdnHost;
        var authority = address.IsDefaultPort ? host : $"{host}%3A{address.Port}";
        return Parse(Prefix + authority + (path.Length == 0 ? "" : ":" + path.Replace('/', ':')));
    }

    /// <exception cref="ProblemException">The text is not a did:web.</exception>
    public static Did Parse(string text) => TryParse(text, out var did)
        ? did
        : throw new ProblemException("urn:dure:exchange:bad-did", $"'{(text.Length > 80 ? text[..80] + "…" : text)}' does not name a participant.", "identifier",
            "Write it as did:web:HOST, did:web:HOST%3APORT or did:web:HOST:PATH.");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Did? did)
    {
        did = null;
        if (text is null || text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var parts = text[Prefix.Length..].Split(':');
        if (parts.Any(part => part.Length == 0 || part is "." or ".." || !part.All(IsAllowed)) || parts.Skip(1).Any(part => part.Contains('%', StringComparison.Ordinal)))
            return false;
        var authority = parts[0].Replace("%3A", ":", StringComparison.Ordinal).Replace("%5B", "[", StringComparison.Ordinal).Replace("%5D", "]", StringComparison.Ordinal);
        // One address, one spelling: what comes back from the address must be what was written.
        if (authority.Contains('%', StringComparison.Ordinal) || !Uri.TryCreate($"https://{authority}/", UriKind.Absolute, out var root)
            || root.Host.Length == 0 || (root.Authority != authority && authority != $"{root.Host}:443"))
            return false;
        var path = parts.Length == 1 ? ".well-known/did.json" : string.Join('/', parts[1..]) + "/did.json";
        did = new Did(text, new Uri($"{(root.IsLoopback ? "http" : "https")}://{root.Authority}/{path}"));
        return true;
    }

    public override string ToString() => Value;

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '%';
}
