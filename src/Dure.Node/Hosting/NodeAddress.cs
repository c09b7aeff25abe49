using Dure.Exchange.Identity;

namespace Dure.Node.Hosting;

/// <summary>How other organisations reach this node, known once it listens.</summary>
internal sealed class NodeAddress
{
    private Uri? root;

    /// <summary>The address in front of everything: of a reverse proxy where one is, else where the node listens.</summary>
    public Uri Root
    {
        get => root ?? throw new InvalidOperationException("The node does not listen yet.");
        set => root = value;
    }

    public Did Did => Did.OfAddress(Root);

    public Uri At(string path) => new($"{Root.AbsoluteUri.TrimEnd('/')}{path}");
}
