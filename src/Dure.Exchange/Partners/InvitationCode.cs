using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Kernel;

namespace Dure.Exchange.Partners;

/// <summary>What an invitation makes of whoever accepts it.</summary>
public enum InvitationKind
{
    /// <summary>The two nodes know each other.</summary>
    Partner,

    /// <summary>The inviting node's alliance also admits the other and gives it a credential.</summary>
    Member,
}

/// <summary>
/// An invitation as one person sends it to another: one line that says whom to ask and with which secret, and which keys to expect there.
/// Whoever has it can use it once, so it travels like a password.
/// </summary>
public sealed record InvitationCode(string Id, Did Inviter, string Name, string Secret, IReadOnlyList<string> Keys, DateTimeOffset Expires, InvitationKind Kind)
{
    private const int Version = 1;
    private const int MaxLength = 4096;
    private const int MostKeys = 4;

    /// <summary>The line to paste.</summary>
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["v"] = Version,
        ["id"] = Id,
        ["did"] = Inviter.Value,
        ["name"] = Name,
        ["secret"] = Secret,
        ["keys"] = new JsonArray([.. Keys.Select(key => JsonValue.Create(key))]),
        ["expires"] = Expires.ToUnixTimeSeconds(),
        ["kind"] = Kind == InvitationKind.Member ? "member" : "partner",
    }.ToJsonString()));

    /// <summary>Reads a line that was pasted; space around and within it does not matter, since mail breaks long lines.</summary>
    /// <exception cref="ProblemException">It is not an invitation, or is cut.</exception>
    public static InvitationCode Parse(string text)
    {
        var line = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (line.Length is 0 or > MaxLength || !Jws.TryDecode(line, out var bytes))
            throw Bad();
        if (StrictJson.Read(bytes, depth: 4) is not { } members || members["v"] is not JsonValue version || !version.TryGetValue<int>(out var number))
            throw Bad();
        if (number != Version)
            throw new ProblemException("urn:dure:exchange:bad-invitation", $"The invitation is of version {number}; this node knows version {Version}.", "invitation", "Update the older of the two nodes.");
        return Read(members) ?? throw Bad();
    }

    private static InvitationCode? Read(JsonObject members)
    {
        if (members.Text("id") is not { Length: > 0 and <= 64 } id || !Did.TryParse(members.Text("did"), out var did) || members.Text("name") is not { } name
            || members.Text("secret") is not { Length: >= 32 and <= 128 } secret || members.Texts("keys", MostKeys) is not { Count: > 0 } keys || !keys.All(PartnerBook.IsFingerprint)
            || members.Instant("expires") is not { } expires || members.Text("kind") is not ("member" or "partner"))
            return null;
        PartnerBook.CheckName(name);
        return new InvitationCode(id, did, name, secret, keys, expires, members.Text("kind") == "member" ? InvitationKind.Member : InvitationKind.Partner);
    }

    private static ProblemException Bad() => new("urn:dure:exchange:bad-invitation", "This is not an invitation, or a part of it is missing.", "invitation",
        "Copy the whole line that 'dure exchange invite' printed.");
}
