using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>A command of a feature; an observable one runs in the background under a UUID.</summary>
public sealed record SilaCommand(
    string Identifier, string DisplayName, string Description, bool IsObservable,
    IReadOnlyList<SilaElement> Parameters, IReadOnlyList<SilaElement> Responses, IReadOnlyList<SilaElement> IntermediateResponses, IReadOnlyList<string> Errors);

/// <summary>A property of a feature; an observable one can be subscribed to.</summary>
public sealed record SilaProperty(SilaElement Value, bool IsObservable, IReadOnlyList<string> Errors)
{
    public string Identifier => Value.Identifier;
}

/// <summary>A feature as its definition (FDL, an XML document) states it.</summary>
public sealed record SilaFeature
{
    public required string Originator { get; init; }
    public required string Category { get; init; }
    public required string Identifier { get; init; }
    public required string DisplayName { get; init; }
    public required string Description { get; init; }
    public required int MajorVersion { get; init; }
    public required string Xml { get; init; }
    public required IReadOnlyList<SilaCommand> Commands { get; init; }
    public required IReadOnlyList<SilaProperty> Properties { get; init; }
    public required IReadOnlyList<SilaElement> Metadata { get; init; }
    public required IReadOnlyList<string> Errors { get; init; }
    public required IReadOnlyDictionary<string, SilaType> Types { get; init; }

    /// <summary>For example <c>org.silastandard/core/SiLAService/v1</c>.</summary>
    public string QualifiedIdentifier => $"{Originator}/{Category}/{Identifier}/v{MajorVersion}";

    /// <summary>The gRPC service, for example <c>sila2.org.silastandard.core.silaservice.v1.SiLAService</c>.</summary>
    public string Service => $"sila2.{Originator}.{Category}.{Identifier.ToLowerInvariant()}.v{MajorVersion}.{Identifier}";

    /// <exception cref="ProblemException">The feature has no such command.</exception>
    public SilaCommand Command(string identifier) => Commands.FirstOrDefault(command => command.Identifier == identifier) ?? throw Missing("command", identifier);

    /// <exception cref="ProblemException">The feature has no such property.</exception>
    public SilaProperty Property(string identifier) => Properties.FirstOrDefault(property => property.Identifier == identifier) ?? throw Missing("property", identifier);

    /// <summary>The HTTP/2 header of a metadata element, in lower case as the header goes over the line.</summary>
    public string MetadataHeader(string identifier) => Metadata.Any(element => element.Identifier == identifier)
        ? $"sila-{QualifiedIdentifier.Replace('/', '-')}-metadata-{identifier}-bin".ToLowerInvariant()
        : throw Missing("metadata", identifier);

    private ProblemException Missing(string kind, string identifier) =>
        new("urn:dure:devices:sila-unknown", $"The feature has no {kind} '{identifier}'.", QualifiedIdentifier, "Read the feature's definition for what it has.");
}
