using Dure.Kernel;
using Dure.Optimize.SetPoints;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class SafetyCertificateTests
{
    [Fact]
    public void What_is_certified_is_true_wherever_the_stated_bounds_are()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var certificate = new SafetyCertificate(SlantedPlant.Problem with { });
            for (var n = 0; n < 6; n++)
                Assert.Null(certificate.Add(SlantedPlant.At(2 * random.NextDouble(), 50 + 20 * random.NextDouble(), TimeSpan.FromHours(n), (2 * random.NextDouble() - 1) * SlantedPlant.NoiseBound)));
            for (var n = 0; n < 50; n++)
            {
                double[] at = [4 * random.NextDouble(), 50 + 40 * random.NextDouble()];
                var (low, high) = certificate.Bounds(0, at, TimeSpan.FromHours(6));
                Assert.InRange(SlantedPlant.Impurity(at), low, high);
                if (certificate.IsCertified(at, TimeSpan.FromHours(6)))
                    Assert.True(SlantedPlant.Impurity(at) <= 1, $"round {round}: ({at[0]}, {at[1]})");
            }
        }
    }

    [Fact]
    public void A_certified_way_is_certified_at_every_place_on_it()
    {
        var random = new Random(5);
        var certificate = new SafetyCertificate(SlantedPlant.Problem);
        for (var n = 0; n < 8; n++)
            certificate.Add(SlantedPlant.At(2 * random.NextDouble(), 50 + 20 * random.NextDouble()));
        var ways = 0;
        for (var n = 0; n < 2000; n++)
        {
            double[] from = [4 * random.NextDouble(), 50 + 40 * random.NextDouble()], to = [4 * random.NextDouble(), 50 + 40 * random.NextDouble()];
            if (!certificate.IsPathCertified(from, to, default))
                continue;
            ways++;
            for (var part = 0.0; part <= 1; part += 0.01)
                Assert.True(certificate.Margin([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])], default) >= -1e-12);
        }
        Assert.True(ways > 50);
    }

    [Fact]
    public void A_point_is_certified_exactly_as_far_as_slopes_and_noise_allow()
    {
        var certificate = new SafetyCertificate(new SetPointProblem([new("x", "1", 0, 10)], [new("y", "1", 0.1, [new(-1, 2)], High: 1)]));
        certificate.Add(new SettledPoint([5], 0, [0.5]));
        Assert.True(certificate.IsCertified([5.199], default)); // 0.5 + 0.1 + 2 × 0.2
        Assert.False(certificate.IsCertified([5.201], default));
        Assert.True(certificate.IsCertified([4.601], default)); // downwards it may rise by 1 a unit: 0.5 + 0.1 + 0.399
        Assert.False(certificate.IsCertified([4.599], default));
    }

    [Fact]
    public void Old_evidence_is_worth_less_by_the_stated_drift()
    {
        var certificate = new SafetyCertificate(new SetPointProblem([new("x", "1", 0, 10)], [new("y", "1", 0.1, [new(0, 0)], High: 1) { DriftPerHour = 0.1 }]));
        certificate.Add(new SettledPoint([5], 0, [0.5], TimeSpan.Zero));
        Assert.True(certificate.IsCertified([5], TimeSpan.FromHours(3.9)));
        Assert.False(certificate.IsCertified([5], TimeSpan.FromHours(4.1)));
    }

    [Fact]
    public void Independent_readings_certify_more_together_and_still_nothing_false()
    {
        var limit = new OperatingLimit("y", "1", 0.4, [new(-1, 1)], High: 1) { IndependentNoise = 0.1 };
        var (alone, together) = (new SafetyCertificate(new SetPointProblem([new("x", "1", 0, 10)], [limit with { IndependentNoise = null }])), new SafetyCertificate(new SetPointProblem([new("x", "1", 0, 10)], [limit])));
        for (var n = 0; n < 16; n++)
        {
            var reading = 0.5 + (n % 2 == 0 ? 0.05 : -0.05);
            alone.Add(new SettledPoint([5], 0, [reading]));
            together.Add(new SettledPoint([5], 0, [reading]));
        }
        Assert.Equal(0.85, alone.Bounds(0, [5], default).High, 12);
        Assert.Equal(0.5 + 5 * 0.1 / 4, together.Bounds(0, [5], default).High, 12);
    }

    [Fact]
    public void A_reading_that_cannot_be_true_is_doubted_and_changes_nothing()
    {
        var certificate = new SafetyCertificate(SlantedPlant.Problem);
        certificate.Add(SlantedPlant.At(1, 55));
        Assert.Equal("urn:dure:optimize:doubtful-measurement", certificate.Add(SlantedPlant.At(1.1, 55, noise: 0.5))?.Type); // a jump
        Assert.Contains("impurity", certificate.Add(new SettledPoint([1.1, 55], 1, [double.NaN]))!.Where, StringComparison.Ordinal);
        Assert.Single(certificate.Evidence);
    }

    [Fact]
    public void A_stuck_instrument_is_noticed_at_the_third_equal_reading()
    {
        var certificate = new SafetyCertificate(SlantedPlant.Problem);
        Assert.Null(certificate.Add(new SettledPoint([1, 55], 1, [0.4])));
        Assert.Null(certificate.Add(new SettledPoint([1.01, 55], 1, [0.4])));
        Assert.Contains("stuck", certificate.Add(new SettledPoint([1.02, 55], 1, [0.4]))!.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2.0, 1.0, "contradict")]
    [InlineData(0.95, 1.0, "Widen")]
    public void Limits_that_no_reading_can_show_to_hold_are_refused(double low, double high, string mend)
    {
        var problem = Assert.Throws<ProblemException>(() => new SetPointProblem([new("x", "1", 0, 10)], [new("y", "1", 0.1, [], low, high)])).Problem;
        Assert.Equal("y", problem.Where);
        Assert.Contains(mend, problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_slope_bounds_nothing_can_be_certified() =>
        Assert.Equal("y", Assert.Throws<ProblemException>(() => new SafetyCertificate(new SetPointProblem([new("x", "1", 0, 10)], [new("y", "1", 0.1, [], High: 1)]))).Problem.Where);
}
