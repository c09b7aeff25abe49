using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// Whether an address that a partner gives is its own: on the host of its identifier, or of the Dataspace Protocol service in its document. Else
/// one partner could make this node send messages, or data, to another.
/// </summary>
public sealed class PartnerHosts(DidResolver resolver, AddressRules rules)
{
    /// <summary>Refuses an address that is not the partner's own, unless the operator let its host in.</summary>
    /// <param name="where">The member of the message that gives it.</param>
    /// <exception cref="ProblemException">It is not, with the hosts that would be; or the partner's document cannot be read.</exception>
    public async ValueTask Check(string partner, Uri address, string where, CancellationToken cancel)
    {
        rules.Check(address);
        var did = Did.Parse(partner);
        if (IsSame(did.DocumentAddress, address) || rules.IsAllowedByOperator(address.IdnHost, address.Port))
            return;
        var service = (await resolver.Resolve(did, cancel)).Service(ServiceEntry.DataService);
        if (Uri.TryCreate(service?.Endpoint, UriKind.Absolute, out var named) && IsSame(named, address))
            return;
        throw new ProblemException("urn:dure:exchange:foreign-address", $"'{address.GetLeftPart(UriPartial.Authority)}' is not a host of {partner}.", where,
            $"Give an address on {did.Authority}, or name its host in your DID document's {ServiceEntry.DataService} entry.");
    }

    /// <summary>On this computer every port is another participant; elsewhere a participant may use several.</summary>
    private static bool IsSame(Uri own, Uri given) => string.Equals(own.IdnHost, given.IdnHost, StringComparison.OrdinalIgnoreCase) && (own.Port == given.Port || !own.IsLoopback);
}
