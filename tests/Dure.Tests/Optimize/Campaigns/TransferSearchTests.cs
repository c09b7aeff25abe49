using Dure.Optimize.Campaigns;
using Dure.Optimize.Surrogates;
using Dure.Tests.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class TransferSearchTests
{
    private const int Rows = 150;

    private static readonly TrialTable Table = TransferSurrogateTests.Points(Rows, 11);

    private static readonly double[] Worth = TransferSurrogateTests.Values(Table, TransferSurrogateTests.Truth);

    [Fact]
    public void A_related_campaign_brings_the_best_row_several_times_sooner()
    {
        var source = TransferSurrogateTests.Earlier(60, 1, point => 7 * TransferSurrogateTests.Truth(point) + 0.5 * point[0]);
        var (plain, warm) = (0, 0);
        for (var seed = 0; seed < 6; seed++)
            (plain, warm) = (plain + Run([], seed, 60).Trials, warm + Run([source], seed, 60).Trials);
        Assert.True(warm * 2.5 < plain, $"{warm} against {plain}");
    }

    [Fact]
    public void Whatever_an_earlier_campaign_says_nothing_comes_later_than_without_it_by_more_than_the_trials_it_proposed()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var shift = seed;
            var misleading = TransferSurrogateTests.Earlier(40, seed, point => seed % 2 == 0 ? -TransferSurrogateTests.Truth(point) : Math.Cos(7 * point[2] + shift) * (point[1] - 1.5));
            var plain = Run([], seed, 100).Trials;
            var (trials, byEarlier, _) = Run([misleading], seed, 100);
            Assert.InRange(trials, 1, plain + byEarlier);
            Assert.InRange(byEarlier, 0, 1 + trials * 2 / 3);
        }
    }

    [Fact]
    public void A_campaign_of_noise_changes_no_trial()
    {
        var (table, random) = (TransferSurrogateTests.Points(40, 1), new Random(3));
        var noise = ProcessSurrogate.Fit(table, [.. Enumerable.Range(0, 40).Select(_ => random.NextDouble())], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Run([], 5, 25).Tried, Run([noise], 5, 25).Tried);
    }

    [Fact]
    public void The_same_seed_makes_the_same_trials_and_no_row_twice()
    {
        var source = TransferSurrogateTests.Earlier(40, 2, TransferSurrogateTests.Truth);
        var (_, _, tried) = Run([source], 4, 20, isToStop: false);
        Assert.Equal(tried, Run([source], 4, 20, isToStop: false).Tried);
        Assert.Equal(20, tried.Distinct().Count());
    }

    [Fact]
    public void It_ends_when_all_rows_are_tried_and_wants_each_answer_once()
    {
        var search = new TransferSearch(Table.Rows([1, 2, 3, 4]), [], 1, 1);
        for (var i = 0; i < 4; i++)
        {
            Assert.NotNull(search.Next(TestContext.Current.CancellationToken));
            search.Tell(i);
        }
        Assert.Null(search.Next(TestContext.Current.CancellationToken));
        Assert.Throws<InvalidOperationException>(() => search.Tell(1));
    }

    private static (int Trials, int ByEarlier, List<int> Tried) Run(ProcessSurrogate[] sources, int seed, int budget, bool isToStop = true)
    {
        var search = new TransferSearch(Table, sources, 1, seed);
        var (best, tried) = (Worth.Max(), new List<int>());
        while (search.Trials < budget && search.Next(TestContext.Current.CancellationToken) is { } row)
        {
            tried.Add(row);
            var byEarlier = search.ByEarlier;
            search.Tell(Worth[row]);
            if (isToStop && Worth[row] == best)
                return (search.Trials, byEarlier, tried);
        }
        return (search.Trials, search.ByEarlier, tried);
    }
}
