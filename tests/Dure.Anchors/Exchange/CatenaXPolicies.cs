using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Policies;
using Dure.Kernel;
using Xunit;

namespace Dure.Anchors.Exchange;

/// <summary>The samples of the Catena-X ODRL profile 2025-09, and the contract schema of the Dataspace Protocol.</summary>
public sealed class CatenaXPolicies
{
    [Fact]
    public void Every_sample_is_read_and_said_in_words_or_refused_with_its_place()
    {
        var (known, unknown, refused) = (0, 0, 0);
        foreach (var file in Directory.GetFiles(Shared.Path("spec/odrl-catenax/samples"), "*.json").Order(StringComparer.Ordinal))
        {
            var sample = JsonNode.Parse(File.ReadAllBytes(file))!.AsObject();
            var isPolicy = sample.ContainsKey("permission");
            var json = isPolicy ? sample : new JsonObject { ["permission"] = new JsonArray(new JsonObject { ["action"] = "use", ["constraint"] = new JsonArray(sample) }) };
            try
            {
                var policy = UsagePolicy.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
                var words = string.Join(' ', PolicyWords.Describe(policy, "en"));
                Assert.Equal(policy, UsagePolicy.Parse(Encoding.UTF8.GetBytes(policy.ToString())));
                Assert.NotEmpty(PolicyWords.Describe(policy, "ko"));
                _ = words.Contains("not known here", StringComparison.Ordinal) ? unknown++ : known++;
            }
            catch (ProblemException problem)
            {
                // The profile writes these numbers as JSON numbers, which the contract schema does not allow.
                Assert.Contains("duration", Path.GetFileName(file), StringComparison.Ordinal);
                Assert.Equal("permission[0].constraint[0].rightOperand", problem.Problem.Where);
                refused++;
            }
        }
        Assert.Equal((8, 22, 3), (known, unknown, refused));
    }

    [Fact]
    public void A_usage_policy_with_conditions_that_nobody_enforces_refuses_and_says_which()
    {
        var policy = UsagePolicy.Parse(File.ReadAllBytes(Shared.Path("spec/odrl-catenax/samples/usage-policy-sample.json")));
        var question = new PolicyQuestion { Phase = PolicyPhase.Transfer, Now = DateTimeOffset.UnixEpoch, AgreedAt = DateTimeOffset.UnixEpoch, Assignee = "did:web:lab.example" };

        var refused = Assert.IsType<PolicyDecision.Refused>(PolicyJudge.Decide(policy, question));
        Assert.Contains(refused.Reasons, reason => reason is { Reason: RefusalReasons.UnknownOperand, Constraint: "DataUsageEndDefinition eq cx.dataUsageEnd.unlimited" });
        Assert.Contains(refused.Reasons, reason => reason.Reason == RefusalReasons.Prohibited);
    }

    [Fact]
    public void The_operators_are_those_of_the_contract_schema()
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Shared.Path("spec/dsp/schema/negotiation/contract-schema.json")));
        var listed = schema.RootElement.GetProperty("definitions").GetProperty("Operator").GetProperty("enum").EnumerateArray().Select(name => name.GetString()!);

        foreach (var name in listed)
        {
            var json = $$"""{"permission":[{"action":"use","constraint":[{"leftOperand":"x","operator":"{{name}}","rightOperand":"y"}]}]}""";
            Assert.Equal(json, UsagePolicy.Parse(Encoding.UTF8.GetBytes(json)).ToString());
        }
        Assert.Equal(Enum.GetValues<PolicyOperator>().Length, listed.Count());
    }
}
