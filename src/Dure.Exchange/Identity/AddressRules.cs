using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// Where this node may connect to when a partner says where. Without rules a partner's address could make the node reach into its own network
/// (server-side request forgery), so only public addresses are allowed, except to hosts that a person let in.
/// </summary>
/// <param name="allowedByOperator">Hosts, or <c>host:port</c>, that may have any address.</param>
/// <param name="isIntroduced">Whether a person on this node made or accepted the invitation of the partner at a host and port.</param>
/// <param name="ownAddress">This node's public address: only when it is loopback may partners be.</param>
public sealed class AddressRules(IReadOnlyCollection<string> allowedByOperator, Func<string, int, bool> isIntroduced, Func<Uri> ownAddress)
{
    private enum Reach
    {
        Public,
        Private,
        Loopback,
        LinkLocal,
        Never,
    }

    private static readonly (uint Network, int Bits, Reach Reach)[] Special4 =
    [
        // IANA IPv4 special-purpose address registry.
        (0x00000000, 8, Reach.Never), (0x0A000000, 8, Reach.Private), (0x64400000, 10, Reach.Private), (0x7F000000, 8, Reach.Loopback),
        (0xA9FE0000, 16, Reach.LinkLocal), (0xAC100000, 12, Reach.Private), (0xC0000000, 24, Reach.Never), (0xC0000200, 24, Reach.Never),
        (0xC0586300, 24, Reach.Never), (0xC0A80000, 16, Reach.Private), (0xC6120000, 15, Reach.Never), (0xC6336400, 24, Reach.Never),
        (0xCB007100, 24, Reach.Never), (0xE0000000, 4, Reach.Never), (0xF0000000, 4, Reach.Never),
    ];

    private readonly HashSet<string> allowed = new(allowedByOperator.Select(host => host.Trim('[', ']')), StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses an address before anything is resolved: another scheme than https, names and passwords in it, no port, or a number at which no partner may be.</summary>
    /// <exception cref="ProblemException">The address may not be used.</exception>
    public void Check(Uri address)
    {
        if (!address.IsAbsoluteUri || address.UserInfo.Length > 0 || address.Scheme is not ("https" or "http"))
            throw Refused(address.ToString(), "It is not a plain web address.");
        if (address.Port == 0 || (IPAddress.TryParse(address.IdnHost.Trim('[', ']'), out var literal) && !MayConnect(address.IdnHost, address.Port, literal)))
            throw Refused(address.GetLeftPart(UriPartial.Authority), "No partner can be there.");
        if (address.Scheme == "http" && !(IsLoopbackName(address.IdnHost) && IsLetIn(address.IdnHost, address.Port)))
            throw Refused(address.GetLeftPart(UriPartial.Authority), "It is without TLS, which is allowed only to a partner on the same computer.");
    }

    /// <summary>Whether a connection for <paramref name="host"/> may go to the address that its name stands for.</summary>
    public bool MayConnect(string host, int port, IPAddress address) => ReachOf(address) switch
    {
        Reach.Public => true,
        Reach.Never => false,
        Reach.Private => IsLetIn(host, port),
        Reach.Loopback => IsAllowedByOperator(host, port) || (ownAddress().IsLoopback && isIntroduced(host.Trim('[', ']'), port)),
        _ => IsAllowedByOperator(host, port), // link-local: a cloud's metadata service answers there
    };

    internal static ProblemException Refused(string where, string why) => new("urn:dure:exchange:address-refused", $"This node does not connect there. {why}", where,
        "If the address is right, the operator may allow the host in the setting Node:ExchangeHosts.");

    private bool IsLetIn(string host, int port) => IsAllowedByOperator(host, port)
        || (isIntroduced(host.Trim('[', ']'), port) && (ownAddress().IsLoopback || !IsLoopbackName(host)));

    /// <summary>Whether the operator named the host, or the host with its port.</summary>
    internal bool IsAllowedByOperator(string host, int port) => allowed.Contains(host.Trim('[', ']')) || allowed.Contains($"{host.Trim('[', ']')}:{port}") || allowed.Contains($"{host.Trim('[')}:{port}");

    private static bool IsLoopbackName(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var literal) && IPAddress.IsLoopback(literal));

    private static Reach ReachOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length))
            return Reach.Never;
        if (address.AddressFamily == AddressFamily.InterNetwork && length == 4)
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            foreach (var (network, bits, reach) in Special4)
                if ((value ^ network) >> (32 - bits) == 0)
                    return reach;
            return Reach.Public;
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return Reach.Never;
        if (IPAddress.IPv6Loopback.Equals(address))
            return Reach.Loopback;
        var first = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if ((first & 0xFE00) == 0xFC00)
            return Reach.Private;
        if ((first & 0xFFC0) == 0xFE80)
            return Reach.LinkLocal;
        // What is left outside 2000::/3 is mapped or embedded IPv4 (::ffff:0:0/96, 64:ff9b::/96), unspecified, multicast or unassigned; inside
        // it 2001::/23 (with Teredo), 2001:db8::/32, 2002::/16 (6to4) and 3fff::/20 are no hosts either, or hide an IPv4 address.
        var isGlobal = (first & 0xE000) == 0x2000
            && !(first == 0x2001 && (second < 0x0200 || second == 0x0DB8)) && first != 0x2002 && !(first == 0x3FFF && second < 0x1000);
        return isGlobal ? Reach.Public : Reach.Never;
    }
}
