using Dure.Optimize.Spaces;

namespace Dure.Optimize.Campaigns;

/// <summary>Which points are looked at to say whether more trials are worth making.</summary>
internal static class StopSample
{
    /// <summary>Points drawn from a space that is no table.</summary>
    private const int Drawn = 512;

    /// <param name="tried">Points that are not tried any more.</param>
    public static StopCandidates Of(CampaignProblem problem, CampaignBeliefs beliefs, HashSet<double[]> tried, int seed, CancellationToken cancel)
    {
        var space = problem.Space;
        if (space.Candidates is { } table)
        {
            int[] rows = [.. Enumerable.Range(0, table.Count).Where(row => !tried.Contains(table.Rows[row]))];
            var looked = Math.Min(rows.Length, StopOutlook.MostRows);
            var some = table.Coded.Rows([.. Enumerable.Range(0, looked).Select(i => rows[(long)i * rows.Length / looked])]);
            return new StopCandidates(some, looked == 0 ? 1 : (double)rows.Length / looked, IsSample: false, beliefs.Holding(some));
        }
        var (random, search) = (new Random(seed), new PromiseSearch(problem, new Random(seed)));
        var points = space.Sample(Drawn, random).Where(point => !tried.Contains(point)).ToHashSet(new SameNumbers());
        if (beliefs.Promise(random) is { } promise && search.Best(promise, beliefs.Good(), tried, cancel) is { } found)
            points.Add(found.Point);
        var coded = search.Coded([.. points]);
        return new StopCandidates(coded, IsSample: true, Holding: beliefs.Holding(coded));
    }
}
