using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;

namespace Dure.Exchange.Handover;

/// <summary>Where the node keeps what is offered; the node supplies it, for datasets and series are not this project's.</summary>
public interface IShelf
{
    /// <summary>The path of an offering's file; null when it is no longer there.</summary>
    string? PathOf(Offering offering);

    /// <summary>The Croissant manifest of an offering, in canonical form; null when it has none.</summary>
    byte[]? ManifestOf(Offering offering);
}

/// <summary>Takes in what was received.</summary>
public interface ILanding
{
    /// <summary>Puts a received file where this node's datasets are, with the agreement's rules attached. Doing it again changes nothing.</summary>
    /// <param name="file">The file; its hash has been checked.</param>
    /// <param name="manifest">The provider's Croissant manifest, checked to be the one of the version that was agreed on; null when the provider has none.</param>
    /// <param name="origin">Where it comes from.</param>
    /// <returns>What the page of the transfer shows: the version's id or the file's.</returns>
    Task<string> Land(string file, byte[]? manifest, Origin origin, CancellationToken cancel);
}

/// <summary>Where received data come from, for lineage and obligations.</summary>
/// <param name="Provider">Who gave them.</param>
/// <param name="Dataset">Their id in the provider's catalogue.</param>
/// <param name="TransferPid">This node's id of the transfer.</param>
/// <param name="Negotiation">The negotiation that ended in the agreement.</param>
/// <param name="Agreement">The agreement.</param>
public sealed record Origin(string Provider, string Dataset, string TransferPid, Processes.ExchangeProcess Negotiation, JsonObject Agreement);
