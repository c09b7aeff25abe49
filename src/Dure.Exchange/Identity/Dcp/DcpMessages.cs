using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>The messages of the Decentralized Claims Protocol 1.0.1, by which nodes of other makers ask for credentials and hand them out.</summary>
public static class DcpMessages
{
    public const string Context = "https://w3id.org/dspace-dcp/v1.0/dcp.jsonld";
    public const string TypeScope = "org.eclipse.dspace.dcp.vc.type";
    public const string IdScope = "org.eclipse.dspace.dcp.vc.id";
    public const string Profile20 = "vc20-bssl/jwt";
    public const string Profile11 = "vc11-sl2021/jwt";

    /// <summary>The scope by which a membership is asked for.</summary>
    public const string MembershipScope = $"{TypeScope}:{Credentials.Credential.Membership}:read";

    public const int MaxMessageBytes = 256 * 1024;
    private const int MostItems = 32;
    private const int MaxDepth = 32;

    /// <summary>Reads a message of a type.</summary>
    /// <exception cref="ProblemException">It is no such message, with the member that is wrong.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> bytes, string type)
    {
        if (bytes.Length > MaxMessageBytes)
            throw Bad($"It has more than {MaxMessageBytes} bytes.", "message");
        var message = StrictJson.Read(bytes, MaxDepth) ?? throw Bad("It is not a JSON object with each member named once.", "message");
        if (message["@context"] is not JsonArray || message.Texts("@context", MostItems) is not { } contexts || !contexts.Contains(Context))
            throw Bad($"The context is not a list that holds {Context}.", "member '@context'");
        if (message.Text("type") != type)
            throw Bad($"The type is {Claims.Shown(message.Text("type"))}, not '{type}'.", "member 'type'");
        return message;
    }

    public static JsonObject Of(string type) => new() { ["@context"] = new JsonArray(Context), ["type"] = type };

    public static JsonObject PresentationQuery(IEnumerable<string> scopes)
    {
        var message = Of("PresentationQueryMessage");
        message["scope"] = new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]);
        return message;
    }

    public static JsonObject PresentationResponse(IEnumerable<string> presentations)
    {
        var message = Of("PresentationResponseMessage");
        message["presentation"] = new JsonArray([.. presentations.Select(presentation => JsonValue.Create(presentation))]);
        return message;
    }

    public static JsonObject CredentialRequest(string holderPid, string credentialId)
    {
        var message = Of("CredentialRequestMessage");
        message["holderPid"] = holderPid;
        message["credentials"] = new JsonArray(new JsonObject { ["id"] = credentialId });
        return message;
    }

    /// <summary>The message that brings a credential, or the news that there will be none.</summary>
    public static JsonObject CredentialDelivery(string issuerPid, string? holderPid, string? credential, string? rejection)
    {
        var message = Of("CredentialMessage");
        message["issuerPid"] = issuerPid;
        if (holderPid is not null)
            message["holderPid"] = holderPid;
        message["status"] = credential is null ? "REJECTED" : "ISSUED";
        if (rejection is not null)
            message["rejectionReason"] = rejection;
        if (credential is not null)
            message["credentials"] = new JsonArray(new JsonObject { ["credentialType"] = Credentials.Credential.Membership, ["payload"] = credential, ["format"] = Profile20 });
        return message;
    }

    /// <summary>What an issuer says it can give, or offers to someone.</summary>
    public static JsonObject MembershipObject(string id, Uri schema, string reason) => new()
    {
        ["id"] = id,
        ["type"] = "CredentialObject",
        ["credentialType"] = Credentials.Credential.Membership,
        ["credentialSchema"] = schema.ToString(),
        ["offerReason"] = reason,
        ["bindingMethods"] = new JsonArray("did:web"),
        ["profile"] = Profile20,
    };

    private static ProblemException Bad(string what, string where) =>
        new("urn:dure:exchange:bad-claims-message", what, where, "Send the message as the Decentralized Claims Protocol 1.0 describes it.");
}

/// <summary>What a door of the protocol answers.</summary>
/// <param name="Reason">Why it refused, for the log; the outside is not told.</param>
public sealed record DcpAnswer(int Status, JsonObject? Body, string? Reason = null, string? Location = null)
{
    public static DcpAnswer Ok(JsonObject? body = null) => new(200, body);

    public static DcpAnswer Unauthorised(string reason) => new(401, null, reason);
}
