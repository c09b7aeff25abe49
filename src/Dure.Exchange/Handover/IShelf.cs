using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Kernel;

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
    /// <summary>What a received file will be called here.</summary>
    /// <param name="content">The file's hash.</param>
    /// <param name="manifest">The provider's Croissant manifest; null when it has none.</param>
    /// <exception cref="ProblemException">The manifest describes another file, or is damaged.</exception>
    string NameOf(ContentHash content, byte[]? manifest);

    /// <summary>Whether what was received is in its place already: its rules are entered a moment before.</summary>
    /// <param name="artefact">What <see cref="NameOf"/> called it.</param>
    /// <param name="content">The file's hash.</param>
    bool IsThere(string artefact, ContentHash content);

    /// <summary>Puts a received file where this node's datasets are. Doing it again, after a crash, changes nothing.</summary>
    /// <param name="file">The file, which is moved; it may be gone when a former attempt moved it.</param>
    /// <param name="content">Its hash.</param>
    /// <param name="manifest">The provider's Croissant manifest; null when it has none.</param>
    /// <param name="origin">Where it comes from.</param>
    Task Land(string file, ContentHash content, byte[]? manifest, Origin origin, CancellationToken cancel);
}

/// <summary>Where received data come from, for lineage and obligations.</summary>
/// <param name="Provider">Who gave them.</param>
/// <param name="Dataset">Their id in the provider's catalogue.</param>
/// <param name="TransferPid">This node's id of the transfer.</param>
/// <param name="Negotiation">The negotiation that ended in the agreement.</param>
/// <param name="Agreement">The agreement.</param>
public sealed record Origin(string Provider, string Dataset, string TransferPid, Processes.ExchangeProcess Negotiation, JsonObject Agreement);
