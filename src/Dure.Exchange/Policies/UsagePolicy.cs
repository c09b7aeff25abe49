using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>
/// The rules under which data may be used: what may be done (permissions; any one suffices), what may not (prohibitions; one is enough to
/// refuse) and what must hold besides (obligations). It is the part of an ODRL offer or agreement that the Dataspace Protocol 2025-1 carries;
/// <see cref="PolicyJudge"/> says what it means.
/// </summary>
public sealed record UsagePolicy
{
    public const int MaxNesting = 16;

    /// <summary>Rules and conditions together.</summary>
    public const int MaxNodes = 256;

    private readonly Lazy<string> meaning;

    public UsagePolicy() => meaning = new Lazy<string>(() => PolicyMeaning.Of(this));

    private UsagePolicy(UsagePolicy other)
    {
        (Permissions, Prohibitions, Obligations, Foreign) = (other.Permissions, other.Prohibitions, other.Obligations, other.Foreign);
        meaning = new Lazy<string>(() => PolicyMeaning.Of(this));
    }

    public Sequence<PolicyRule> Permissions { get; init; } = [];

    public Sequence<PolicyRule> Prohibitions { get; init; } = [];

    public Sequence<PolicyRule> Obligations { get; init; } = [];

    /// <summary>Members beside the rules that could change what the rules mean, such as <c>inheritFrom</c>. With any of them everything is refused.</summary>
    public Sequence<ForeignMember> Foreign { get; init; } = [];

    /// <summary>
    /// Reads <c>permission</c>, <c>prohibition</c> and <c>obligation</c> of an offer or agreement. Other members are the message's own business
    /// (<c>@id</c>, <c>target</c>, …), unless they could change the rules: those are kept in <see cref="Foreign"/>.
    /// </summary>
    /// <exception cref="ProblemException">It is not what the contract schema allows, or too large; the problem names the path.</exception>
    public static UsagePolicy Read(JsonElement rules) => new PolicyReader().Read(rules);

    /// <summary>Reads the rules from JSON text.</summary>
    /// <exception cref="ProblemException">As <see cref="Read(JsonElement)"/>, or the text is not JSON.</exception>
    public static UsagePolicy Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth });
            return Read(document.RootElement);
        }
        catch (JsonException cause)
        {
            throw PolicyReader.Refuse($"The text is not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}.", "", "Send one JSON object, each member named once.", cause);
        }
    }

    /// <summary>Writes the three members into the object that is open: compact, and valid by the contract schema.</summary>
    public void Write(Utf8JsonWriter json) => PolicyWriter.Write(this, json);

    /// <summary>The rules as an object of their own.</summary>
    public JsonObject ToJson() => JsonNode.Parse(PolicyWriter.Bytes(this))!.AsObject();

    /// <summary>
    /// Whether both ask and allow the same, in whatever order and spelling: the order of rules, of conditions that must all hold and of listed
    /// values does not count, nor whether a name is written short or as an IRI, nor a list of one as its item. Anything else does.
    /// </summary>
    public bool SameRulesAs(UsagePolicy other) => string.Equals(meaning.Value, other.meaning.Value, StringComparison.Ordinal);

    public bool Equals(UsagePolicy? other) => other is not null && Permissions.Equals(other.Permissions) && Prohibitions.Equals(other.Prohibitions)
        && Obligations.Equals(other.Obligations) && Foreign.Equals(other.Foreign);

    public override int GetHashCode() => HashCode.Combine(Permissions, Prohibitions, Obligations, Foreign);

    public override string ToString() => Encoding.UTF8.GetString(PolicyWriter.Bytes(this).AsSpan());
}

/// <summary>A rule: an action and the conditions that all must hold for it to count.</summary>
public sealed record PolicyRule(string Action, Sequence<PolicyConstraint> Constraints)
{
    /// <summary>Members that are not understood, such as <c>duty</c>. A permission that has any grants nothing; any other rule with one refuses.</summary>
    public Sequence<ForeignMember> Foreign { get; init; } = [];
}
