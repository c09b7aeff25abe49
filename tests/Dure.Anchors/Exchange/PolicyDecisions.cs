using System.Text.Json;
using Dure.Exchange.Policies;
using Xunit;

namespace Dure.Anchors.Exchange;

/// <summary>The decision table of <c>spec/dsp/policy-decisions-public.json</c>.</summary>
public sealed class PolicyDecisions
{
    [Fact]
    public void Every_decision_of_the_public_table_is_the_one_stated()
    {
        using var table = JsonDocument.Parse(File.ReadAllBytes(Shared.Path("spec/dsp/policy-decisions-public.json")));
        var cases = table.RootElement.GetProperty("cases");

        Assert.Equal(12, cases.GetArrayLength());
        foreach (var line in cases.EnumerateArray())
        {
            var decision = PolicyJudge.Decide(UsagePolicy.Read(line.GetProperty("policy")), Question(line.GetProperty("context")));
            Assert.True(decision is PolicyDecision.Permitted == (line.GetProperty("expect").GetString() == "permit"), $"{line.GetProperty("id")}: {decision}");
        }
    }

    private static PolicyQuestion Question(JsonElement context)
    {
        var claims = context.GetProperty("claims");
        return new PolicyQuestion
        {
            Phase = Enum.Parse<PolicyPhase>(context.GetProperty("phase").GetString()!, ignoreCase: true),
            Now = context.GetProperty("now").GetDateTimeOffset(),
            Action = context.GetProperty("action").GetString()!,
            Assignee = context.GetProperty("assignee").GetString()!,
            AgreedAt = context.GetProperty("agreedAt").GetDateTimeOffset(),
            Uses = context.GetProperty("count").GetInt64(),
            Purposes = [.. claims.GetProperty("purposes").EnumerateArray().Select(purpose => purpose.GetString()!)],
            Claims = PolicyClaims.None.With(PolicyClaims.Membership, claims.GetProperty("Membership").GetString()!).With(PolicyClaims.Region, claims.GetProperty("region").GetString()!),
        };
    }
}
