using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>Writes rules as the contract schema of the Dataspace Protocol has them.</summary>
internal static class PolicyWriter
{
    private static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The operators' names on the wire, in the order of <see cref="PolicyOperator"/>.</summary>
    public static readonly string[] OperatorNames =
        ["eq", "neq", "lt", "lteq", "gt", "gteq", "isAnyOf", "isNoneOf", "isAllOf", "isA", "hasPart", "isPartOf", "term-lteq"];

    public static PolicyOperator? OperatorOf(string name) => Array.IndexOf(OperatorNames, name) is var i and >= 0 ? (PolicyOperator)i : null;

    public static string NameOf(PolicyOperator comparison) => OperatorNames[(int)comparison];

    public static string NameOf(GroupKind kind) => kind switch { GroupKind.And => "and", GroupKind.AndSequence => "andSequence", GroupKind.Or => "or", _ => "xone" };

    public static byte[] Bytes(UsagePolicy policy)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, options))
        {
            json.WriteStartObject();
            Write(policy, json);
            json.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    public static void Write(UsagePolicy policy, Utf8JsonWriter json)
    {
        WriteRules("permission", policy.Permissions, json);
        WriteRules("prohibition", policy.Prohibitions, json);
        WriteRules("obligation", policy.Obligations, json);
        WriteForeign(policy.Foreign, json);
    }

    private static void WriteRules(string name, Sequence<PolicyRule> rules, Utf8JsonWriter json)
    {
        if (rules.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("action", rule.Action);
            if (rule.Constraints.Count > 0)
                WriteConstraints("constraint", rule.Constraints, json);
            WriteForeign(rule.Foreign, json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteConstraints(string name, Sequence<PolicyConstraint> constraints, Utf8JsonWriter json)
    {
        json.WriteStartArray(name);
        foreach (var constraint in constraints)
        {
            json.WriteStartObject();
            switch (constraint)
            {
                case PolicyConstraint.Group group:
                    WriteConstraints(NameOf(group.Kind), group.Members, json);
                    break;
                case PolicyConstraint.Atomic atomic:
                    json.WriteString("leftOperand", atomic.LeftOperand);
                    json.WriteString("operator", NameOf(atomic.Operator));
                    json.WritePropertyName("rightOperand");
                    WriteValue(atomic.RightOperand, json);
                    break;
            }
            WriteForeign(constraint.Foreign, json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteValue(PolicyValue value, Utf8JsonWriter json)
    {
        switch (value)
        {
            case PolicyValue.Text text:
                json.WriteStringValue(text.Value);
                break;
            case PolicyValue.Json other:
                json.WriteRawValue(other.Canonical);
                break;
            case PolicyValue.List list:
                json.WriteStartArray();
                foreach (var item in list.Items)
                    WriteValue(item, json);
                json.WriteEndArray();
                break;
        }
    }

    private static void WriteForeign(Sequence<ForeignMember> members, Utf8JsonWriter json)
    {
        foreach (var member in members)
        {
            json.WritePropertyName(member.Name);
            json.WriteRawValue(member.Json);
        }
    }
}
