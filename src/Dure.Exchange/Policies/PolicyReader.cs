using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>
/// Reads rules that a partner wrote. What the contract schema of the Dataspace Protocol does not allow is refused with its path; what it lets
/// through and this node does not understand is kept, so that judging can refuse it. Everything has a bound.
/// </summary>
internal sealed class PolicyReader
{
    public const int MaxBytes = 256 * 1024;
    private const int MaxName = 512;
    private const int MaxText = 4096;
    private const int MaxListed = 1024;
    public const int MaxForeign = 16;

    // With the nesting of conditions this stays within what the journal's JSON may hold.
    private const int MaxValueNesting = 16;

    // Names and types that EDC writes beside the members of rules and conditions; they say nothing about the meaning.
    private static readonly string[] types = ["Rule", "Permission", "Prohibition", "Duty", "Obligation", "Constraint", "AtomicConstraint", "LogicalConstraint"];

    private int nodes;

    public UsagePolicy Read(JsonElement rules)
    {
        if (rules.ValueKind != JsonValueKind.Object)
            throw Refuse("A policy is an object.", "", "Send an object with permission, prohibition or both.");
        if (JsonMarshal.GetRawUtf8Value(rules).Length > MaxBytes)
            throw Refuse($"The policy is larger than {MaxBytes / 1024} KiB.", "", "State the rules in fewer words.");
        Sequence<PolicyRule> permissions = [], prohibitions = [], obligations = [];
        var foreign = new List<ForeignMember>();
        foreach (var (name, value) in Members(rules, ""))
        {
            switch (name)
            {
                case "permission": permissions = Rules(value, name); break;
                case "prohibition": prohibitions = Rules(value, name); break;
                case "obligation": obligations = Rules(value, name); break;
                case var _ when CouldChangeRules(name, value): foreign.Add(Foreign(name, value, "")); break;
            }
        }
        if (permissions.Count + prohibitions.Count == 0)
            throw Refuse("There is neither a permission nor a prohibition.", "", "State at least one of them.");
        return new UsagePolicy { Permissions = permissions, Prohibitions = prohibitions, Obligations = obligations, Foreign = Bounded(foreign, "") };
    }

    // An empty list of rules is not valid by the schema, but EDC writes one; it says nothing, so it is read as absent.
    private Sequence<PolicyRule> Rules(JsonElement list, string path) => [.. Items(list, path).Select(item => Rule(item.Value, item.Path))];

    private PolicyRule Rule(JsonElement rule, string path)
    {
        Count(path);
        string? action = null;
        Sequence<PolicyConstraint> constraints = [];
        var foreign = new List<ForeignMember>();
        foreach (var (name, value) in Members(rule, path))
        {
            switch (name)
            {
                case "action": action = Text(value, Join(path, name), MaxName); break;
                case "constraint": constraints = Constraints(value, Join(path, name), 1); break;
                case var _ when !IsLabel(name, value, path): foreign.Add(Foreign(name, value, path)); break;
            }
        }
        return new PolicyRule(action ?? throw Missing("action", path), constraints) { Foreign = Bounded(foreign, path) };
    }

    private Sequence<PolicyConstraint> Constraints(JsonElement list, string path, int depth) => depth > UsagePolicy.MaxNesting
        ? throw Refuse($"Conditions are nested more than {UsagePolicy.MaxNesting} deep.", path, "State them flatter.")
        : [.. Items(list, path).Select(item => Constraint(item.Value, item.Path, depth))];

    private PolicyConstraint Constraint(JsonElement constraint, string path, int depth)
    {
        Count(path);
        string? left = null;
        PolicyOperator? comparison = null;
        PolicyValue? right = null;
        (GroupKind Kind, Sequence<PolicyConstraint> Members)? group = null;
        var foreign = new List<ForeignMember>();
        foreach (var (name, value) in Members(constraint, path))
        {
            var inside = Join(path, name);
            if (KindOf(name) is { } kind)
                group = group is null ? (kind, Constraints(value, inside, depth + 1)) : throw Mixed(path);
            else if (name == "leftOperand")
                left = Text(value, inside, MaxName);
            else if (name == "operator")
                comparison = PolicyWriter.OperatorOf(Text(value, inside, MaxName))
                    ?? throw Refuse("This operator is not one of the Dataspace Protocol.", inside, $"Use one of {string.Join(", ", PolicyWriter.OperatorNames)}, without a prefix.");
            else if (name == "rightOperand")
                right = Value(value, inside);
            else if (!IsLabel(name, value, path))
                foreign.Add(Foreign(name, value, path));
        }
        if (group is { } found)
            return left is null && comparison is null && right is null ? new PolicyConstraint.Group(found.Kind, found.Members) { Foreign = Bounded(foreign, path) } : throw Mixed(path);
        return new PolicyConstraint.Atomic(left ?? throw Missing("leftOperand", path), comparison ?? throw Missing("operator", path), right ?? throw Missing("rightOperand", path))
        {
            Foreign = Bounded(foreign, path),
        };
    }

    private static PolicyValue Value(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => new PolicyValue.Text(Text(value, path, MaxText)),
        JsonValueKind.Object => new PolicyValue.Json(Canonical(value, path)),
        JsonValueKind.Array when value.GetArrayLength() > MaxListed => throw Refuse($"More than {MaxListed} values are listed.", path, "List fewer, or name a group."),
        JsonValueKind.Array => new PolicyValue.List([.. Items(value, path).Select(item => Listed(item.Value, item.Path))]),
        var kind => throw Refuse($"A right operand is a string, an object or a list, not {Named(kind)}.", path, "Write a number as a string, such as \"5\"."),
    };

    private static PolicyValue Listed(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String ? new PolicyValue.Text(Text(value, path, MaxText)) : new PolicyValue.Json(Canonical(value, path));

    /// <summary>Rules under another name, or something that gives names another meaning (a context of one's own, a graph beside this one).</summary>
    private static bool CouldChangeRules(string name, JsonElement value) => name switch
    {
        "@id" or "@type" => false,
        "@context" => value.ValueKind != JsonValueKind.String && !(value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)),
        _ => name.StartsWith('@') || PolicyNames.IsRuleTerm(name),
    };

    private static GroupKind? KindOf(string name) => name switch
    {
        "and" => GroupKind.And,
        "andSequence" => GroupKind.AndSequence,
        "or" => GroupKind.Or,
        "xone" => GroupKind.Xone,
        _ => null,
    };

    private static bool IsLabel(string name, JsonElement value, string path) => name switch
    {
        "@id" => value.ValueKind == JsonValueKind.String,
        "@type" => value.ValueKind == JsonValueKind.String && IsType(Text(value, Join(path, name), MaxName)),
        _ => false,
    };

    private static bool IsType(string name) => types.Any(type => name == type || name == "odrl:" + type || name == PolicyNames.Odrl + type);

    /// <summary>The members with their names decoded; one named twice could be read in two ways, so it is refused.</summary>
    private static List<(string Name, JsonElement Value)> Members(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Refuse($"An object is expected, not {Named(element.ValueKind)}.", path, "See the contract schema of the Dataspace Protocol 2025-1.");
        var members = new List<(string Name, JsonElement Value)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = Decoded(() => member.Name, path);
            if (!names.Add(name))
                throw Refuse($"A member is named twice: '{PolicyText.Shown(name)}'.", path, "Keep one of the two.");
            members.Add((name, member.Value));
        }
        return members;
    }

    private static IEnumerable<(JsonElement Value, string Path)> Items(JsonElement list, string path) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Select((item, i) => (item, $"{path}[{i}]"))
        : throw Refuse($"A list is expected, not {Named(list.ValueKind)}.", path, "Write it in brackets, also when there is only one.");

    private static string Text(JsonElement value, string path, int limit)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Refuse($"Text is expected, not {Named(value.ValueKind)}.", path, "Write it in quotes.");
        var text = Decoded(() => value.GetString()!, path);
        return text.Length <= limit ? text : throw Refuse($"The text is longer than {limit} characters.", path, "Shorten it.");
    }

    /// <summary>Text is decoded only when it is read; what is no Unicode shows itself then.</summary>
    private static string Decoded(Func<string> read, string path)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException cause)
        {
            throw Refuse("The text is not valid Unicode.", path, "Remove the lone surrogate or the broken UTF-8.", cause);
        }
    }

    private static ForeignMember Foreign(string name, JsonElement value, string path) => name.Length <= MaxName
        ? new ForeignMember(name, Canonical(value, Join(path, name)))
        : throw Refuse($"A member's name is longer than {MaxName} characters.", path, "Shorten it.");

    private static Sequence<ForeignMember> Bounded(List<ForeignMember> foreign, string path) => foreign.Count <= MaxForeign
        ? [.. foreign.OrderBy(member => member.Name, StringComparer.Ordinal)]
        : throw Refuse($"More than {MaxForeign} members are not known here.", path, "Leave out what the contract schema does not have.");

    private static string Canonical(JsonElement value, string path)
    {
        try
        {
            JsonNode? node = value.ValueKind switch
            {
                JsonValueKind.Object => JsonObject.Create(value),
                JsonValueKind.Array => JsonArray.Create(value),
                _ => JsonValue.Create(value),
            };
            var output = new ArrayBufferWriter<byte>(64);
            CanonicalJson.Write(node, output, MaxValueNesting);
            return Encoding.UTF8.GetString(output.WrittenSpan);
        }
        catch (ProblemException refused)
        {
            throw Refuse(refused.Problem.What, path, refused.Problem.Mend, refused);
        }
    }

    private void Count(string path)
    {
        if (++nodes > UsagePolicy.MaxNodes)
            throw Refuse($"There are more than {UsagePolicy.MaxNodes} rules and conditions.", path, "State the policy in fewer.");
    }

    private static string Join(string path, string name) => path.Length == 0 ? PolicyText.Shown(name) : $"{path}.{PolicyText.Shown(name)}";

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "null",
    };

    private static ProblemException Missing(string name, string path) => Refuse($"'{name}' is missing.", path, "See the contract schema of the Dataspace Protocol 2025-1.");

    private static ProblemException Mixed(string path) =>
        Refuse("A condition is either a comparison or exactly one of and, or, xone and andSequence.", path, "Nest the one in the other.");

    internal static ProblemException Refuse(string what, string path, string mend, Exception? cause = null) =>
        new("urn:dure:exchange:bad-policy", what, path.Length == 0 ? "policy" : path, mend, cause);
}
