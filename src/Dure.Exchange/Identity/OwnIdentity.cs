using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>Who this node is to others: its public address, the identifier that follows from it, and its keys.</summary>
public sealed class OwnIdentity(ExchangeKeys keys, TimeProvider time)
{
    /// <summary>Where partners ask for credentials, below the public address.</summary>
    public const string CredentialServicePath = "exchange/credentials";

    private Did? did;
    private Uri? publicAddress;

    public ExchangeKeys Keys { get; } = keys;

    /// <summary>Whether the address is known yet: a node that takes any free port knows it when it listens.</summary>
    public bool IsKnown => did is not null;

    /// <summary>The identifier others know this node by.</summary>
    public Did Did => did ?? throw Unknown();

    /// <summary>Where others reach this node; ends with a slash.</summary>
    public Uri PublicAddress => publicAddress ?? throw Unknown();

    /// <summary>The name of the key that signs, as others find it in the document.</summary>
    public string KeyId => $"{Did}#{Keys.Current.Id}";

    /// <summary>Sets the address; done once, before the first message.</summary>
    public void Announce(Uri address)
    {
        publicAddress = new Uri(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        did = Did.OfAddress(publicAddress);
    }

    /// <summary>What the node shows to everyone about itself (W3C DID Core): keys with what they may be used for, and where its services are.</summary>
    public DidDocument Document()
    {
        var now = time.GetUtcNow();
        var methods = new List<VerificationMethod> { new($"{Did}#{Keys.Current.Id}", Keys.Current, KeyPurposes.All) };
        methods.AddRange(Keys.Retired.Select(key => new VerificationMethod($"{Did}#{key.Key.Id}", key.Key,
            key.InvokesUntil > now ? KeyPurposes.All : KeyPurposes.Assertion)));
        return new DidDocument(Did, methods,
        [
            new ServiceEntry($"{Did}#data", ServiceEntry.DataService, new Uri(PublicAddress, ".well-known/dspace-version").ToString()),
            new ServiceEntry($"{Did}#catalog", ServiceEntry.CatalogService, new Uri(PublicAddress, "dsp/catalog").ToString()),
            new ServiceEntry($"{Did}#issuer", ServiceEntry.IssuerService, new Uri(PublicAddress, Dcp.IssuerDesk.Path).ToString()),
            new ServiceEntry($"{Did}#credentials", ServiceEntry.CredentialService, new Uri(PublicAddress, CredentialServicePath).ToString()),
        ], Keys.Successions);
    }

    private static ProblemException Unknown() => new("urn:dure:exchange:no-identity", "The node does not know its public address yet.", "exchange", "Wait until it has started.");
}
