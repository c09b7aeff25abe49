using System.Text.Json.Serialization;

namespace Dure.Exchange.Shells;

/// <summary>How an endpoint's security is described.</summary>
public enum SecurityKind
{
    [JsonStringEnumMemberName("NONE")] None,
    [JsonStringEnumMemberName("RFC_TLSA")] RfcTlsa,
    [JsonStringEnumMemberName("W3C_DID")] W3cDid,
}

public sealed record SecurityAttribute
{
    [Choice(IsRequired = true)] public SecurityKind Type { get; set; }
    [Text(IsRequired = true, Min = 0)] public string Key { get; set; } = "";
    [Text(IsRequired = true, Min = 0)] public string Value { get; set; } = "";
}

public sealed record ProtocolInformation
{
    [Text(IsRequired = true, Max = 2048)] public string Href { get; set; } = "";
    [Text(Max = 128)] public string? EndpointProtocol { get; set; }
    [Texts] public IReadOnlyList<string>? EndpointProtocolVersion { get; set; }
    [Text(Max = 128)] public string? Subprotocol { get; set; }
    [Text(Max = 2048)] public string? SubprotocolBody { get; set; }
    [Text(Max = 128)] public string? SubprotocolBodyEncoding { get; set; }
    [Parts] public IReadOnlyList<SecurityAttribute>? SecurityAttributes { get; set; }
}

/// <summary>Where and by which interface something answers.</summary>
public sealed record Endpoint
{
    [Text(IsRequired = true, Max = 128)] public string Interface { get; set; } = "";
    [Part(IsRequired = true)] public ProtocolInformation ProtocolInformation { get; set; } = new();
}

/// <summary>What a registry knows of something: its names, and where to ask for it (IDTA 01002, Descriptor).</summary>
public abstract record Descriptor
{
    [Parts] public IReadOnlyList<LangString>? Description { get; set; }
    [Parts] public IReadOnlyList<LangString>? DisplayName { get; set; }
    [Parts] public IReadOnlyList<Extension>? Extensions { get; set; }
    [Part] public AdministrativeInformation? Administration { get; set; }
    [Text(Max = 128, Pattern = TextPattern.IdShort)] public string? IdShort { get; set; }
    [Text(IsRequired = true, Max = 2048)] public string Id { get; set; } = "";
}

public sealed record ShellDescriptor : Descriptor
{
    [Parts] public IReadOnlyList<Endpoint>? Endpoints { get; set; }
    [Choice] public AssetKind? AssetKind { get; set; }
    [Text(Max = 2048)] public string? AssetType { get; set; }
    [Text(Max = 2048)] public string? GlobalAssetId { get; set; }
    [Parts] public IReadOnlyList<SpecificAssetId>? SpecificAssetIds { get; set; }
    [Parts] public IReadOnlyList<SubmodelDescriptor>? SubmodelDescriptors { get; set; }
}

public sealed record SubmodelDescriptor : Descriptor
{
    [Parts(IsRequired = true)] public IReadOnlyList<Endpoint> Endpoints { get; set; } = [];
    [Part] public Reference? SemanticId { get; set; }
    [Parts] public IReadOnlyList<Reference>? SupplementalSemanticIds { get; set; }
}
