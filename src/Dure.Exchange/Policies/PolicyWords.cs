namespace Dure.Exchange.Policies;

/// <summary>Rules and refusals in words for people, in English and Korean.</summary>
public static partial class PolicyWords
{
    internal static string Explain(Refusal refusal, string language) => $"{refusal.Reason}: {refusal.Constraint}";

    public static IReadOnlyList<string> Describe(UsagePolicy policy, string language) => [policy.ToString()];
}
