using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class MonitoringStatisticsTests
{
    [Fact]
    public void The_pca_limit_keeps_its_false_alarm_rate_on_new_normal_rows()
    {
        var detector = new PcaMonitor { Confidence = 0.99 }.Fit(Healthy.Rows(2000, seed: 1), Healthy.Columns);
        var share = detector.Score(Healthy.Rows(50_000, seed: 2)).Average(s => s > 1 ? 1.0 : 0);
        Assert.InRange(share, 0.005, 0.02);
    }

    [Fact]
    public void The_largest_of_many_commissioning_rows_is_rarely_passed_by_normal_rows()
    {
        var detector = new Mewma().Fit(Healthy.Rows(4000, seed: 3), Healthy.Columns);
        Assert.InRange(detector.Score(Healthy.Rows(20_000, seed: 4)).Average(s => s > 1 ? 1.0 : 0), 0, 0.005);
    }

    [Fact]
    public void The_smoothed_deviations_have_the_variance_theory_gives_them()
    {
        var rows = Healthy.Rows(100_000, seed: 5);
        var detector = new Mewma().Fit(rows, Healthy.Columns);
        var (stream, sum) = (detector.Open(), 0.0);
        for (var row = 0; row < rows.Length; row += Healthy.Columns)
        {
            stream.Score(rows.AsSpan(row, Healthy.Columns));
            sum += stream.State[0] * stream.State[0];
        }
        // Lowry et al. (1992), eq. 2.4: weight / (2 - weight).
        Assert.Equal(0.1 / 1.9, sum / 100_000, 0.003);
    }

    [Fact]
    public void A_shift_of_one_sigma_is_found_sooner_with_memory_than_without()
    {
        var (mewma, pca) = (Delay(new Mewma()), Delay(new PcaMonitor()));
        Assert.True(mewma < pca, $"mewma {mewma} rows, pca {pca} rows");
    }

    // Jackson and Mudholkar's limit must match the quantile of a sum of weighted squares; here all weights are equal, so it is chi-square:
    // the 99 % point of chi-square with 4 degrees of freedom is 13.277.
    [Fact]
    public void The_spe_limit_of_equal_eigenvalues_is_near_the_chi_square_point() =>
        Assert.Equal(13.277, PcaMonitor.SpeLimit([1, 1, 1, 1], 0.99), 0.15);

    // k = 2, n = 50, F(0.99; 2, 48) = 5.0767: 2 * 49 * 51 / (50 * 48) * F.
    [Fact]
    public void The_t2_limit_follows_the_F_distribution() =>
        Assert.Equal(2.0 * 49 * 51 / (50 * 48) * 5.0767, PcaMonitor.T2Limit(2, 50, 0.99), 0.01);

    [Fact]
    public void An_isolation_forest_scores_a_far_row_above_a_near_one()
    {
        var detector = new IsolationForest { Weight = 1 }.Fit(Healthy.Rows(500, seed: 6), Healthy.Columns);
        var near = detector.Open().Score(new double[Healthy.Columns]);
        var far = detector.Open().Score([6, 6, 6, 6, 6]);
        Assert.True(far > 1 && near < 1 && far > 1.3 * near, $"near {near}, far {far}");
    }

    [Fact]
    public void One_commissioning_row_in_ten_lies_above_the_forests_limit()
    {
        var rows = Healthy.Rows(500, seed: 7);
        var detector = new IsolationForest { Weight = 1 }.Fit(rows, Healthy.Columns);
        Assert.Equal(0.1, detector.Score(rows).Average(s => s > 1 ? 1.0 : 0), 0.02);
    }

    private static int Delay(AnomalyRecipe recipe)
    {
        var detector = recipe.Fit(Healthy.Rows(2000, seed: 8), Healthy.Columns);
        var rows = Healthy.Rows(2000, seed: 9);
        for (var i = 1; i < rows.Length; i += Healthy.Columns)
            rows[i] += 1.5;
        var first = Array.FindIndex(detector.Score(rows), s => s > 1);
        return first < 0 ? int.MaxValue : first;
    }
}
