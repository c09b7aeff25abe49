using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>Where it can be seen whether a credential still holds.</summary>
/// <param name="List">The address of the signed list.</param>
/// <param name="Index">The credential's place in it.</param>
/// <param name="Purpose"><c>revocation</c> or <c>suspension</c>.</param>
public sealed record CredentialStatus(Uri List, int Index, string Purpose);

/// <summary>
/// A statement of an issuer about a participant, signed as a JWT: W3C Verifiable Credentials 2.0 (VC-JOSE-COSE, where the claims are the
/// credential) or 1.1 (where it stands in the claim <c>vc</c>). Reading says nothing about whether it is true: <see cref="CredentialVerifier"/> does.
/// </summary>
public sealed class Credential
{
    public const string Membership = "MembershipCredential";

    /// <summary>The header's <c>typ</c> of a credential in the form of version 2.0.</summary>
    internal const string TokenType = "vc+jwt";
    internal const int MaxIndex = 1 << 23;
    private const int MostTypes = 16;
    private const int MostStatuses = 4;

    private Credential(string text, Jws jws) => (Text, Jws) = (text, jws);

    /// <summary>The signed text.</summary>
    public string Text { get; }
    public Jws Jws { get; }
    public required string? Id { get; init; }
    public required IReadOnlyList<string> Types { get; init; }
    public required Did Issuer { get; init; }

    /// <summary>Who it is about; null for a list of states, which is about nobody.</summary>
    public required Did? Holder { get; init; }

    /// <summary>What it says about the holder.</summary>
    public required JsonObject Subject { get; init; }
    public required DateTimeOffset? ValidFrom { get; init; }
    public required DateTimeOffset? ValidUntil { get; init; }
    public required IReadOnlyList<CredentialStatus> Statuses { get; init; }

    /// <summary>Reads a credential; it must be in one of the two forms, complete and without contradictions.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Credential? credential, out string refusal)
    {
        credential = null;
        if (!Jws.TryParse(text, out var jws, out refusal))
            return false;
        var isFirstForm = jws.Payload["vc"] is JsonObject;
        var type = jws.Type?.Replace("application/", "", StringComparison.OrdinalIgnoreCase);
        if (type is not null && !type.Equals(TokenType, StringComparison.OrdinalIgnoreCase) && !(isFirstForm && type.Equals("JWT", StringComparison.OrdinalIgnoreCase)))
        {
            refusal = $"It is of the type {Claims.Shown(jws.Type)}, not a credential.";
            return false;
        }
        var body = jws.Payload["vc"] as JsonObject ?? jws.Payload;
        refusal = Read(text!, jws, body, isFirstForm, out credential);
        return credential is not null;
    }

    private static string Read(string text, Jws jws, JsonObject body, bool isFirstForm, out Credential? credential)
    {
        credential = null;
        var claims = jws.Payload;
        if (body.Texts("type", MostTypes) is not { Count: > 0 } types || !types.Contains("VerifiableCredential"))
            return "It does not say that it is a verifiable credential.";
        var issuerText = (body["issuer"] as JsonObject)?.Text("id") ?? body.Text("issuer") ?? (isFirstForm ? claims.Text("iss") : null);
        if (!Did.TryParse(issuerText, out var issuer) || (claims.ContainsKey("iss") && claims.Text("iss") != issuer.Value))
            return $"Its issuer {Claims.Shown(issuerText)} is not a did:web, or is named differently in two places.";
        var subject = body["credentialSubject"] as JsonObject ?? (body["credentialSubject"] is JsonArray { Count: 1 } one ? one[0] as JsonObject : null);
        if (subject is null)
            return "It is not about exactly one subject.";
        var holderText = subject.Text("id") ?? (isFirstForm ? claims.Text("sub") : null);
        var holder = Did.TryParse(holderText, out var named) ? named : null;
        if (claims.ContainsKey("sub") && claims.Text("sub") != holderText)
            return "Its subject is named differently in two places.";
        if (!TryTimes(claims, body, out var from, out var until))
            return "Its times are not written as the standard has them.";
        if (!TryStatuses(body["credentialStatus"], out var statuses))
            return "Where it can be seen whether it still holds is written in a form that is not known here.";
        credential = new Credential(text, jws)
        {
            Id = body.Text("id") ?? claims.Text("jti"),
            Types = types,
            Issuer = issuer,
            Holder = holder,
            Subject = subject,
            ValidFrom = from,
            ValidUntil = until,
            Statuses = statuses,
        };
        return "";
    }

    /// <summary>The narrowest span that all its times allow.</summary>
    private static bool TryTimes(JsonObject claims, JsonObject body, out DateTimeOffset? from, out DateTimeOffset? until)
    {
        (from, until) = (null, null);
        foreach (var (members, name, isStart, isStamp) in new[]
        {
            (body, "validFrom", true, true), (body, "issuanceDate", true, true), (claims, "nbf", true, false), (claims, "iat", true, false),
            (body, "validUntil", false, true), (body, "expirationDate", false, true), (claims, "exp", false, false),
        })
        {
            if (!members.ContainsKey(name))
                continue;
            if ((isStamp ? members.Stamp(name) : members.Instant(name)) is not { } time)
                return false;
            if (isStart)
                from = from is null || time > from ? time : from;
            else
                until = until is null || time < until ? time : until;
        }
        return true;
    }

    private static bool TryStatuses(JsonNode? member, out IReadOnlyList<CredentialStatus> statuses)
    {
        statuses = [];
        JsonNode?[] items = member switch { null => [], JsonArray { Count: <= MostStatuses } list => [.. list], JsonArray => [null], _ => [member] };
        var read = new List<CredentialStatus>();
        foreach (var item in items)
        {
            if (item is not JsonObject status || status.Texts("type", 2) is not { } types || !(types.Contains("BitstringStatusListEntry") || types.Contains("StatusList2021Entry"))
                || status.Text("statusPurpose") is not ("revocation" or "suspension")
                || status.Text("statusListCredential") is not { Length: <= 1024 } list || !Uri.TryCreate(list, UriKind.Absolute, out var address)
                || (status.Text("statusListIndex") ?? status["statusListIndex"]?.ToString()) is not { Length: <= 8 } written
                || !int.TryParse(written, System.Globalization.NumberStyles.None, null, out var index) || index >= MaxIndex)
                return false;
            read.Add(new CredentialStatus(address, index, status.Text("statusPurpose")!));
        }
        statuses = read;
        return true;
    }
}
