using Dure.Optimize.Campaigns;
using Dure.Tests.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

/// <summary>Suggestions over spaces made by chance, judged by a check that shares no code with the product.</summary>
public sealed class FeasibleSuggestionTests
{
    [Fact]
    public void No_suggestion_breaks_a_constraint() => Suggest(spaces: 24, each: 12, seed: 1);

    [Fact]
    [Trait("Speed", "Slow")]
    public void No_suggestion_of_20_000_over_200_spaces_breaks_a_constraint() => Suggest(spaces: 200, each: 100, seed: 5_000);

    private static void Suggest(int spaces, int each, int seed) => Parallel.ForEach(RandomSpaces.Many(spaces, seed), new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, space =>
    {
        var (built, random, trials) = (space.Build(), new Random(space.Seed), new List<CampaignTrial>());
        var weights = Array.ConvertAll(new double[built.Factors.Count], _ => random.NextDouble() - 0.5);
        var planner = new TrialPlanner(new CampaignProblem(built, [new Outcome("gain", "1", Aim.More), new Outcome("held", "1", Aim.Held, Most: 0.4)]));
        while (trials.Count < each)
            foreach (var suggestion in planner.Suggest(trials, Math.Min(each - trials.Count, 1 + random.Next(4)), space.Seed, TestContext.Current.CancellationToken))
            {
                Assert.True(IndependentCheck.Fault(space.Factors, space.Constraints, suggestion.Point) is not { } fault, $"{space}: {IndependentCheck.Fault(space.Factors, space.Constraints, suggestion.Point)}");
                var code = new double[built.Coding.Columns];
                built.Encode(suggestion.Point, code);
                // A slope towards some wall, a hump, and now and then a failure.
                var slope = suggestion.Point.Select((entry, i) => weights[i] * code[Math.Min(i, code.Length - 1)]).Sum();
                trials.Add(random.Next(12) == 0 ? CampaignTrial.Failed(suggestion.Point) : CampaignTrial.Measured(suggestion.Point, slope + 0.2 * Math.Sin(7 * code[0]), Math.Abs(slope)));
            }
    });
}
