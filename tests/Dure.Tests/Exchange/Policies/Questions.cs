using System.Text;
using Dure.Exchange.Policies;

namespace Dure.Tests.Exchange.Policies;

/// <summary>A question that everything ordinary about it speaks for, and short ways to write policies.</summary>
internal static class Questions
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset AgreedAt = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);

    public static PolicyQuestion Ask(PolicyPhase phase = PolicyPhase.Transfer) => new()
    {
        Phase = phase,
        Now = Now,
        AgreedAt = AgreedAt,
        Assignee = "did:web:lab.example",
        Purposes = ["research"],
        Claims = PolicyClaims.None.With(PolicyClaims.Membership, "active").With(PolicyClaims.Region, "KR").With(PolicyClaims.BusinessPartnerNumber, "BPNL01", "BPNL02")
            .With(PolicyClaims.BusinessPartnerGroup, "gold", "press-makers").With(PolicyClaims.FrameworkAgreement, "DataExchangeGovernance:1.0"),
    };

    /// <summary>Reads a policy in which apostrophes stand for quotes.</summary>
    public static UsagePolicy Policy(string json) => UsagePolicy.Parse(Encoding.UTF8.GetBytes(json.Replace('\'', '"')));

    /// <summary>A policy that permits use under one condition: "leftOperand operator rightOperand", the last as JSON.</summary>
    public static UsagePolicy UseWhen(string left, string comparison, string right) => Policy($"{{'permission':[{{'action':'use','constraint':[{Atom(left, comparison, right)}]}}]}}");

    public static string Atom(string left, string comparison, string right) => $"{{'leftOperand':'{left}','operator':'{comparison}','rightOperand':{right}}}";

    public static bool Permits(UsagePolicy policy, PolicyQuestion question) => PolicyJudge.Decide(policy, question) is PolicyDecision.Permitted;

    public static string[] Reasons(UsagePolicy policy, PolicyQuestion question) =>
        PolicyJudge.Decide(policy, question) is PolicyDecision.Refused refused ? [.. refused.Reasons.Select(reason => reason.Reason)] : [];
}
