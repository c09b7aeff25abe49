using System.Text.Json.Nodes;

namespace Dure.Exchange.Protocol;

/// <summary>Names and bodies of the Dataspace Protocol 2025-1 that carry no decision of ours.</summary>
public static class Dsp
{
    public const string Version = "2025-1";
    public const string Context = "https://w3id.org/dspace/2025/1/context.jsonld";
    public const string PullFormat = "HttpData-PULL";
    public const string PushFormat = "HttpData-PUSH";

    /// <summary>Series as they grow, asked for piece by piece; a way of this software, so that no other takes it for a file.</summary>
    public const string SeriesFormat = "Dure-Series-PULL";

    public const string HttpEndpointType = "https://w3id.org/idsa/v4.1/HTTP";

    /// <summary>The largest body taken or asked for, and how deep it may be nested.</summary>
    public const int MaxMessageBytes = 256 * 1024;
    public const int MaxDepth = 32;

    /// <summary>The longest identifier or address taken, in characters.</summary>
    public const int MaxIdLength = 1024;

    /// <summary>How an offering can be handed over.</summary>
    public static IReadOnlyList<string> FormatsOf(bool isSeries) => isSeries ? [SeriesFormat] : [PullFormat, PushFormat];

    /// <summary>Begins a message: context and type.</summary>
    public static JsonObject Message(string type) => new() { ["@context"] = new JsonArray(Context), ["@type"] = type };

    /// <summary>The body that tells the state of a process: the answer to a first request and to every GET.</summary>
    public static JsonObject ProcessBody(ProcessKind kind, string providerPid, string consumerPid, ProcessState state)
    {
        var body = Message(kind == ProcessKind.Negotiation ? "ContractNegotiation" : "TransferProcess");
        body["providerPid"] = providerPid;
        body["consumerPid"] = consumerPid;
        body["state"] = state.Wire();
        return body;
    }

    /// <summary>An error about a process. What the protocol requires but is not known (a pid of a process that does not exist) is the text the caller gave.</summary>
    public static JsonObject ProcessError(ProcessKind kind, string providerPid, string consumerPid, string code, params IEnumerable<string> reasons)
    {
        var body = Message(kind == ProcessKind.Negotiation ? "ContractNegotiationError" : "TransferError");
        body["providerPid"] = providerPid;
        body["consumerPid"] = consumerPid;
        body["code"] = code;
        body["reason"] = new JsonArray([.. reasons.Select(reason => JsonValue.Create(reason))]);
        return body;
    }

    public static JsonObject CatalogError(string code, params IEnumerable<string> reasons)
    {
        var body = Message("CatalogError");
        body["code"] = code;
        body["reason"] = new JsonArray([.. reasons.Select(reason => JsonValue.Create(reason))]);
        return body;
    }

    /// <summary>Where a node answers, for whoever knows only its root address; unversioned and open by the protocol.</summary>
    public static JsonObject VersionBody(string path, string serviceId) => new()
    {
        ["protocolVersions"] = new JsonArray(new JsonObject
        {
            ["version"] = Version,
            ["path"] = path,
            ["binding"] = "HTTPS",
            ["serviceId"] = serviceId,
            ["identifierType"] = "did:web",
            ["auth"] = new JsonObject { ["protocol"] = "DCP", ["version"] = "1.0", ["profile"] = new JsonArray("vc20-bssl/jwt") },
        }),
    };

    /// <summary>Where data lie, with the token that opens the door.</summary>
    public static JsonObject DataAddress(Uri endpoint, string token) => new()
    {
        ["@type"] = "DataAddress",
        ["endpointType"] = HttpEndpointType,
        ["endpoint"] = endpoint.AbsoluteUri,
        ["endpointProperties"] = new JsonArray(Property("authorization", token), Property("authType", "bearer")),
    };

    private static JsonObject Property(string name, string value) => new() { ["@type"] = "EndpointProperty", ["name"] = name, ["value"] = value };
}
