using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Policies;

namespace Dure.Tests.Exchange.Policies;

/// <summary>Policies and questions by chance, from names and values near the edges of what is known.</summary>
internal sealed class MadePolicy(int seed)
{
    private static readonly string[] odrl = ["dateTime", "elapsedTime", "count", "spatial", "purpose", "recipient"];
    private static readonly string[] operands =
    [
        .. odrl, .. odrl, .. odrl.Select(name => "http://www.w3.org/ns/odrl/2/" + name), "edc:inForceDate", "DataUsageEndDate", "DataUsageEndDurationDays", "DataProvisioningEndDate",
        "urn:dure:bytes", "urn:dure:bytes", "Membership", "UsagePurpose", "BusinessPartnerNumber", "BusinessPartnerGroup", "FrameworkAgreement", "assignee", "urn:example:unknown",
    ];

    private static readonly string[] texts =
    [
        "2026-03-01T00:00:00Z", "2026-03-01T00:00Z", "2026-03-02T09:00:00+09:00", "2026-02-01T00:00:00.5Z", "2027-01-01T00:00:00-14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-13-01T00:00Z",
        "contractAgreement+15d", "contractAgreement+60d", "contractAgreement+-1h", "P1D", "P2M", "PT36H", "P1Y2M3DT4H5M6S", "P", "0", "1", "2", "3", "10", "1000", "99999999999999999999", "-1", "1.5",
        "KR", "EU", "kr", "active", "research", "marketing", "BPNL01", "gold", "DataExchangeGovernance:1.0", "did:web:lab.example", "did:web:LAB.example", "", " ", "５",
    ];

    private readonly Random random = new(seed);

    public UsagePolicy Policy(bool withProhibitions = true)
    {
        return new UsagePolicy
        {
            Permissions = [.. Many(1, 3, () => Rule())],
            Prohibitions = withProhibitions ? [.. Many(0, 2, () => Rule())] : [],
            Obligations = random.Next(6) == 0 ? [Rule()] : [],
            Foreign = random.Next(40) == 0 ? [new ForeignMember("inheritFrom", "\"x\"")] : [],
        };
    }

    public PolicyRule Rule() => new(Pick("use", "use", "use", "http://www.w3.org/ns/odrl/2/use", "distribute", "sell", "urn:example:do"), [.. Many(0, 3, () => Constraint(0))])
    {
        Foreign = random.Next(30) == 0 ? [new ForeignMember("duty", "[]")] : [],
    };

    public PolicyConstraint Constraint(int depth) => random.Next(3) == 0 && depth < 4
        ? new PolicyConstraint.Group((GroupKind)random.Next(4), [.. Many(0, 3, () => Constraint(depth + 1))])
        : Fitting() with { Foreign = random.Next(40) == 0 ? [new ForeignMember("unit", "\"x\"")] : [] };

    public PolicyConstraint Fitting()
    {
        // Mostly a comparison that makes sense, or the properties would only ever see refusals.
        if (random.Next(4) == 0)
            return new PolicyConstraint.Atomic(Pick(operands), (PolicyOperator)random.Next(13), Value());
        var order = (PolicyOperator)random.Next(6);
        var choice = Pick(PolicyOperator.Eq, PolicyOperator.Neq);
        return random.Next(9) switch
        {
            0 => new PolicyConstraint.Atomic("dateTime", order, Pick(texts[..7])),
            1 => new PolicyConstraint.Atomic("dateTime", Pick(PolicyOperator.Lt, PolicyOperator.Lteq), Questions.Now.AddHours(random.Next(-50, 400)).ToString("yyyy-MM-dd'T'HH:mm'Z'", null as IFormatProvider)),
            2 => new PolicyConstraint.Atomic("edc:inForceDate", order, Pick("contractAgreement+15d", "contractAgreement+60d", "contractAgreement+28d")),
            3 => new PolicyConstraint.Atomic("count", order, random.Next(6).ToString(null as IFormatProvider)),
            4 or 5 => new PolicyConstraint.Atomic("urn:dure:bytes", order, random.Next(1200).ToString(null as IFormatProvider)),
            6 => new PolicyConstraint.Atomic("spatial", choice, Pick("KR", "EU")),
            7 => new PolicyConstraint.Atomic("Membership", choice, Pick("active", "suspended")),
            _ => new PolicyConstraint.Atomic("purpose", PolicyOperator.IsAnyOf, PolicyValue.ListOf([Pick("research", "quality"), "research"])),
        };
    }

    public PolicyQuestion Question() => new()
    {
        Phase = (PolicyPhase)random.Next(4),
        Now = Questions.Now.AddHours(random.Next(-100, 100)).AddTicks(random.Next(-1, 2)),
        AgreedAt = random.Next(5) == 0 ? null : Questions.AgreedAt.AddHours(random.Next(-1000, 100)),
        Assignee = Pick("did:web:lab.example", "did:web:other.example"),
        Purposes = Pick<string[]?>(null, [], ["research"], ["research"], ["research", "marketing"]),
        Uses = random.Next(4),
        Bytes = random.Next(1100),
        Claims = random.Next(5) == 0 ? PolicyClaims.None : Questions.Ask().Claims,
    };

    public PolicyTerms Terms() => new()
    {
        MembersOnly = random.Next(2) == 0,
        NotBefore = random.Next(2) == 0 ? null : Questions.Now.AddMinutes(random.Next(1000)).ToOffset(TimeSpan.FromHours(random.Next(-14, 15))),
        Until = random.Next(2) == 0 ? null : Questions.Now.AddMinutes(random.Next(1000, 9999)).AddTicks(random.Next(3)).ToOffset(TimeSpan.FromMinutes(15 * random.Next(-56, 57))),
        DaysAfterAgreement = random.Next(2) == 0 ? null : random.Next(1, 1000),
        MaxUses = random.Next(2) == 0 ? null : random.Next(1, 1000),
        MaxBytes = random.Next(2) == 0 ? null : random.NextInt64(1, 1_000_000_000_000),
        Regions = [.. Many(0, 2, () => Pick("KR", "EU", "US-CA", "a \" b"))],
        Purposes = [.. Many(0, 2, () => Pick("research:1", "품질 관리", "cx.pcf.base:1"))],
        Partners = [.. Many(0, 2, () => Pick("did:web:lab.example", "did:web:plant.example%3A8443:press"))],
        MayPassOn = random.Next(2) == 0,
        MayDerive = random.Next(2) == 0,
    };

    /// <summary>The JSON of a policy with a few changes anywhere: members dropped, renamed, doubled in another place, values of another kind.</summary>
    public byte[] MutatedBytes()
    {
        var json = Policy().ToJson();
        for (var changes = random.Next(4); changes > 0; changes--)
            Mutate(json);
        var text = json.ToJsonString();
        if (random.Next(4) == 0 && text.Length > 2)
        {
            var at = random.Next(text.Length);
            text = random.Next(3) switch { 0 => text[..at], 1 => text.Insert(at, Pick("\"", "{", "]", "\\ud800", "\0", "🦉", "1e999")), _ => text.Remove(at, 1) };
        }
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(8) == 0 && bytes.Length > 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    /// <summary>The same rules in another order and spelling.</summary>
    public UsagePolicy Respelled(UsagePolicy policy) => policy with { Permissions = Respelled(policy.Permissions), Prohibitions = Respelled(policy.Prohibitions), Obligations = Respelled(policy.Obligations) };

    private Sequence<PolicyRule> Respelled(Sequence<PolicyRule> rules) =>
        Shuffled(rules.Select(rule => rule with { Action = rule.Action == "use" && random.Next(2) == 0 ? "http://www.w3.org/ns/odrl/2/use" : rule.Action, Constraints = Respelled(rule.Constraints) }));

    private Sequence<PolicyConstraint> Respelled(Sequence<PolicyConstraint> constraints) => Shuffled(constraints.Select(constraint => constraint switch
    {
        PolicyConstraint.Group { Kind: GroupKind.AndSequence } sequence => sequence,
        PolicyConstraint.Group group => group with { Members = Respelled(group.Members) },
        PolicyConstraint.Atomic atomic => atomic with
        {
            LeftOperand = odrl.Contains(atomic.LeftOperand) && random.Next(2) == 0 ? "http://www.w3.org/ns/odrl/2/" + atomic.LeftOperand : atomic.LeftOperand,
            RightOperand = atomic is { Operator: PolicyOperator.IsAnyOf or PolicyOperator.IsNoneOf, RightOperand: PolicyValue.List list } ? new PolicyValue.List(Shuffled(list.Items)) : atomic.RightOperand,
        },
        _ => constraint,
    }));

    private Sequence<T> Shuffled<T>(IEnumerable<T> items)
    {
        var array = items.ToArray();
        random.Shuffle(array);
        return [.. array];
    }

    private void Mutate(JsonNode node)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } members when random.Next(3) > 0 && members.ElementAt(random.Next(members.Count)).Value is { } inner and (JsonObject or JsonArray):
                Mutate(inner);
                break;
            case JsonArray { Count: > 0 } items when random.Next(4) > 0 && items[random.Next(items.Count)] is { } inner and (JsonObject or JsonArray):
                Mutate(inner);
                break;
            case JsonObject members:
                var name = Pick("action", "constraint", "permission", "and", "xone", "leftOperand", "operator", "rightOperand", "@type", "duty", "\uD83E\uDD89");
                if (random.Next(3) == 0)
                    members.Remove(name);
                else
                    members[name] = Any(3);
                break;
            case JsonArray items:
                items.Insert(random.Next(items.Count + 1), Any(3));
                break;
        }
    }

    private JsonNode? Any(int depth) => random.Next(depth > 0 ? 9 : 6) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next()),
        2 => JsonValue.Create(random.Next(2) == 0),
        3 => JsonValue.Create(random.NextDouble() * double.MaxValue),
        4 or 5 => JsonValue.Create(Pick(texts)),
        6 => new JsonArray([.. Many(0, 3, () => Any(depth - 1))]),
        _ => new JsonObject(Many(0, 3, () => Any(depth - 1)).Select((value, i) => KeyValuePair.Create(Pick("@value", "@id", "@type", "and", "x") + (i == 0 ? "" : i), value))),
    };

    private PolicyValue Value() => random.Next(6) switch
    {
        0 => PolicyValue.ListOf(Many(0, 4, () => Pick(texts))),
        1 => new PolicyValue.Json($$"""{"@value":"{{Pick(texts)}}"}"""),
        2 => new PolicyValue.List([new PolicyValue.Json("5"), new PolicyValue.Text("KR")]),
        _ => new PolicyValue.Text(Pick(texts)),
    };

    private List<T> Many<T>(int least, int most, Func<T> make) => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => make())];

    private T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];
}
