namespace Dure.Exchange.Shells;

/// <summary>
/// Documents that the host makes of what it knows, each time someone asks: read like stored ones, stored nowhere, changed by nobody. Their
/// ids begin with <see cref="Prefix"/>.
/// </summary>
public interface IDerivedDocuments
{
    /// <summary>What every id of a derived document begins with, so that other ids cost no look.</summary>
    const string Prefix = "urn:dure:";

    /// <summary>The ids of all there are now, in ordinal order.</summary>
    IReadOnlyList<string> Ids { get; }

    /// <summary>Whether there is one of this id.</summary>
    bool Has(string id);

    /// <summary>The document as an object of the metamodel; null when there is none of this id.</summary>
    object? TryMake(string id);
}
