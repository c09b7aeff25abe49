using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>What a participant's key may be used for (W3C DID Core, section 5.3).</summary>
[Flags]
public enum KeyPurposes
{
    None = 0,

    /// <summary>Tokens and requests (<c>capabilityInvocation</c>).</summary>
    Invocation = 1,

    /// <summary>Presentations (<c>authentication</c>).</summary>
    Authentication = 2,

    /// <summary>Credentials and documents (<c>assertionMethod</c>).</summary>
    Assertion = 4,
    All = Invocation | Authentication | Assertion,
}

/// <summary>A key that a participant shows.</summary>
/// <param name="Id">The identifier of the participant, <c>#</c> and the key's name.</param>
public sealed record VerificationMethod(string Id, VerificationKey Key, KeyPurposes Purposes);

/// <summary>Where a participant offers something.</summary>
public sealed record ServiceEntry(string Id, string Type, string Endpoint)
{
    public const string DataService = "DataService";
    public const string CatalogService = "CatalogService";
    public const string CredentialService = "CredentialService";
    public const string IssuerService = "IssuerService";
}

/// <summary>
/// What a participant says about itself at the address its identifier stands for: keys and services. Keys of other kinds than P-256 and keys
/// that someone else controls are passed over, since nothing here is checked with them.
/// </summary>
public sealed class DidDocument(Did id, IReadOnlyList<VerificationMethod> methods, IReadOnlyList<ServiceEntry> services, IReadOnlyList<string> successions)
{
    public const int MaxBytes = 64 * 1024;
    private const string MethodType = "JsonWebKey2020";
    private const string SuccessionMember = "keySuccession";
    private const int MaxItems = 64;
    private const int MaxText = 1024;
    private const int MaxDepth = 16;

    private static readonly (string Member, KeyPurposes Purpose)[] Relations =
        [("capabilityInvocation", KeyPurposes.Invocation), ("authentication", KeyPurposes.Authentication), ("assertionMethod", KeyPurposes.Assertion)];

    public Did Id { get; } = id;
    public IReadOnlyList<VerificationMethod> Methods { get; } = methods;
    public IReadOnlyList<ServiceEntry> Services { get; } = services;

    /// <summary>A key's statements about its successor, oldest first, unchecked.</summary>
    public IReadOnlyList<string> Successions { get; } = successions;

    /// <summary>The key that a token names; without a name the only one there is.</summary>
    /// <param name="keyId">As the token has it: the whole name, <c>#name</c>, or null.</param>
    public VerificationMethod? Find(string? keyId)
    {
        if (keyId is null)
            return Methods is [var only] ? only : null;
        var whole = Absolute(keyId, Id);
        return Methods.FirstOrDefault(method => method.Id == whole);
    }

    /// <summary>The first service of a type.</summary>
    public ServiceEntry? Service(string type) => Services.FirstOrDefault(service => service.Type == type);

    /// <summary>Whether <paramref name="key"/> is one of <paramref name="pinned"/>, or a chain of statements leads from one of them to it.</summary>
    public bool IsVouchedFor(VerificationKey key, IReadOnlySet<string> pinned)
    {
        if (pinned.Contains(key.Id))
            return true;
        // Only keys that the document still shows can be checked; each step needs the old key itself.
        var trusted = new HashSet<string>(pinned, StringComparer.Ordinal);
        foreach (var text in Successions)
        {
            if (Jws.TryParse(text, out var statement, out _) && statement.Type == ExchangeKeys.SuccessionType
                && statement.Payload.Text("old") is { } old && statement.Payload.Text("new") is { } next && trusted.Contains(old)
                && Methods.FirstOrDefault(method => method.Key.Id == old) is { } signer && statement.IsSignedBy(signer.Key))
                trusted.Add(next);
        }
        return trusted.Contains(key.Id);
    }

    public JsonObject ToJson()
    {
        var document = new JsonObject
        {
            ["@context"] = new JsonArray("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"),
            ["id"] = Id.Value,
            ["verificationMethod"] = new JsonArray([.. Methods.Select(method => new JsonObject
            {
                ["id"] = method.Id,
                ["type"] = MethodType,
                ["controller"] = Id.Value,
                ["publicKeyJwk"] = method.Key.ToJwk(),
            })]),
        };
        foreach (var (member, purpose) in Relations)
            document[member] = new JsonArray([.. Methods.Where(method => method.Purposes.HasFlag(purpose)).Select(method => JsonValue.Create(method.Id))]);
        document["service"] = new JsonArray([.. Services.Select(service => new JsonObject { ["id"] = service.Id, ["type"] = service.Type, ["serviceEndpoint"] = service.Endpoint })]);
        if (Successions.Count > 0)
            document[SuccessionMember] = new JsonArray([.. Successions.Select(statement => JsonValue.Create(statement))]);
        return document;
    }

    /// <summary>Reads a document that must be <paramref name="expected"/>'s.</summary>
    /// <exception cref="ProblemException">It is not a document, or another's; the reason is for an operator.</exception>
    public static DidDocument Parse(ReadOnlySpan<byte> bytes, Did expected)
    {
        var document = ReadObject(bytes, expected);
        if (document.Text("id") != expected.Value)
            throw Bad(expected, $"It is about {Claims.Shown(document.Text("id"))}.");
        var methods = new Dictionary<string, (VerificationKey? Key, KeyPurposes Purposes)>(StringComparer.Ordinal);
        foreach (var item in Items(document, "verificationMethod", expected))
            AddMethod(item, KeyPurposes.None);
        foreach (var (member, purpose) in Relations)
        {
            foreach (var item in Items(document, member, expected))
            {
                if (Claims.TextOf(item) is { } reference)
                {
                    if (methods.TryGetValue(Absolute(reference, expected), out var known))
                        methods[Absolute(reference, expected)] = (known.Key, known.Purposes | purpose);
                }
                else
                {
                    AddMethod(item, purpose);
                }
            }
        }
        return new DidDocument(expected, [.. methods.Where(method => method.Value.Key is not null).Select(method => new VerificationMethod(method.Key, method.Value.Key!, method.Value.Purposes))],
            [.. Items(document, "service", expected).Select(ServiceOf).OfType<ServiceEntry>()],
            [.. Items(document, SuccessionMember, expected).Select(Claims.TextOf).OfType<string>()]);

        void AddMethod(JsonNode? item, KeyPurposes purposes)
        {
            if (item is not JsonObject method || method.Text("id") is not { Length: > 0 and <= MaxText } id)
                return;
            var key = method.Text("controller") is { } controller && controller != expected.Value ? null : KeyOf(method);
            if (!methods.TryAdd(Absolute(id, expected), (key, purposes)))
                throw Bad(expected, $"It names the key {Claims.Shown(id)} twice.");
        }

        ServiceEntry? ServiceOf(JsonNode? item) => item is JsonObject service && service.Text("type") is { Length: <= MaxText } type && service.Text("serviceEndpoint") is { Length: <= MaxText } endpoint
            ? new ServiceEntry(Absolute(service.Text("id") is { Length: <= MaxText } id ? id : "", expected), type, endpoint)
            : null;
    }

    private static JsonObject ReadObject(ReadOnlySpan<byte> bytes, Did expected)
    {
        if (bytes.Length > MaxBytes)
            throw Bad(expected, $"It is larger than {MaxBytes / 1024} KiB.");
        return StrictJson.Read(bytes, MaxDepth) ?? throw Bad(expected, "It is not a JSON object with each member named once and at most 16 levels.");
    }

    private static JsonArray Items(JsonObject document, string member, Did expected) => document[member] switch
    {
        null => [],
        JsonArray { Count: <= MaxItems } items => items,
        JsonArray => throw Bad(expected, $"Its '{member}' has more than {MaxItems} items."),
        _ => throw Bad(expected, $"Its '{member}' is not a list."),
    };

    /// <summary>The key when it is a public one of P-256; others are passed over. Members beside the point (kid, use, alg) do not matter.</summary>
    private static VerificationKey? KeyOf(JsonObject method)
    {
        if (method["publicKeyJwk"] is not JsonObject jwk || jwk.ContainsKey("d"))
            return null;
        try
        {
            return VerificationKey.FromJwk(new JsonObject { ["crv"] = jwk.Text("crv"), ["kty"] = jwk.Text("kty"), ["x"] = jwk.Text("x"), ["y"] = jwk.Text("y") });
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    private static string Absolute(string id, Did owner) => id.StartsWith("did:", StringComparison.Ordinal) ? id : $"{owner}#{id.TrimStart('#')}";

    private static ProblemException Bad(Did did, string what) => new("urn:dure:exchange:bad-did-document",
        $"The document of {did} cannot be used. {what}", did.DocumentAddress.ToString(), "Ask the partner to mend it.");
}
