using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>What a command was called with. Metadata is by fully qualified identifier.</summary>
public sealed record SilaCall(SilaValue.Structure Parameters, IReadOnlyDictionary<string, SilaValue> Metadata);

/// <summary>
/// A feature and what serves it: one delegate for each command and property. Delegates throw <see cref="SilaException"/> (made by <see cref="Error"/>) for
/// errors that the feature defines.
/// </summary>
public sealed class SilaService
{
    internal readonly Dictionary<string, Func<SilaCall, CancellationToken, Task<SilaValue.Structure>>> Commands = new(StringComparer.Ordinal);
    internal readonly Dictionary<string, Func<SilaCall, SilaExecution, CancellationToken, Task<SilaValue.Structure>>> ObservableCommands = new(StringComparer.Ordinal);
    internal readonly Dictionary<string, Func<SilaValue>> Properties = new(StringComparer.Ordinal);
    internal readonly Dictionary<string, Func<CancellationToken, IAsyncEnumerable<SilaValue>>> Subscriptions = new(StringComparer.Ordinal);
    internal readonly Dictionary<string, IReadOnlyList<string>> AffectedCalls = new(StringComparer.Ordinal);

    /// <param name="definition">The feature's definition, XML.</param>
    /// <exception cref="ProblemException">It is no feature definition.</exception>
    public SilaService(string definition)
    {
        Feature = FeatureReader.Read(definition);
        Codec = new SilaCodec(Feature.Types);
    }

    public SilaFeature Feature { get; }

    internal SilaCodec Codec { get; }

    public SilaService OnCommand(string identifier, Func<SilaCall, CancellationToken, Task<SilaValue.Structure>> run)
    {
        Require(!Feature.Command(identifier).IsObservable, identifier);
        Commands.Add(identifier, run);
        return this;
    }

    /// <summary>Runs in the background from where it first waits (keep what comes before short: the client is confirmed after it); its token is cancelled when the server ends.</summary>
    public SilaService OnObservableCommand(string identifier, Func<SilaCall, SilaExecution, CancellationToken, Task<SilaValue.Structure>> run)
    {
        Require(Feature.Command(identifier).IsObservable, identifier);
        ObservableCommands.Add(identifier, run);
        return this;
    }

    public SilaService OnProperty(string identifier, Func<SilaValue> read)
    {
        Require(!Feature.Property(identifier).IsObservable, identifier);
        Properties.Add(identifier, read);
        return this;
    }

    /// <summary>An observable property: the present value first, then each change.</summary>
    public SilaService OnSubscription(string identifier, Func<CancellationToken, IAsyncEnumerable<SilaValue>> watch)
    {
        Require(Feature.Property(identifier).IsObservable, identifier);
        Subscriptions.Add(identifier, watch);
        return this;
    }

    /// <summary>Which calls (fully qualified identifiers of features, commands or properties) must carry this metadata.</summary>
    public SilaService OnMetadata(string identifier, params string[] affectedCalls)
    {
        Feature.MetadataHeader(identifier); // throws when there is none
        AffectedCalls.Add(identifier, affectedCalls);
        return this;
    }

    /// <summary>An error that the feature defines.</summary>
    public SilaException Error(string identifier, string message) => Feature.Errors.Contains(identifier)
        ? new SilaException(SilaErrorKind.Defined, $"{Feature.QualifiedIdentifier}/DefinedExecutionError/{identifier}", message)
        : throw new ArgumentException($"The feature {Feature.QualifiedIdentifier} defines no error '{identifier}'.", nameof(identifier));

    /// <summary>A command or property of the definition that nobody serves would only be found out by a client.</summary>
    internal void CheckComplete()
    {
        var missing = Feature.Commands.Where(command => !Commands.ContainsKey(command.Identifier) && !ObservableCommands.ContainsKey(command.Identifier)).Select(command => command.Identifier)
            .Concat(Feature.Properties.Where(property => !Properties.ContainsKey(property.Identifier) && !Subscriptions.ContainsKey(property.Identifier)).Select(property => property.Identifier))
            .Concat(Feature.Metadata.Where(metadata => !AffectedCalls.ContainsKey(metadata.Identifier)).Select(metadata => metadata.Identifier)).ToArray();
        if (missing.Length > 0)
            throw new ArgumentException($"The feature {Feature.QualifiedIdentifier} has no delegate for: {string.Join(", ", missing)}.");
    }

    private void Require(bool condition, string identifier)
    {
        if (!condition)
            throw new ArgumentException($"{Feature.QualifiedIdentifier}/{identifier}: an observable one needs the delegate of observable ones, and no other.", nameof(identifier));
    }
}
