using Dure.Optimize.Bayesian;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class TrustRegionTests
{
    [Fact]
    public void It_doubles_after_successes_in_a_row_and_halves_after_failures()
    {
        var region = TrustRegion.Of(6);
        Assert.Equal((3, 6, 0.8), (region.SuccessesToGrow, region.FailuresToShrink, region.Length));
        region = region.After(true).After(true).After(false).After(true).After(true);
        Assert.Equal(0.8, region.Length);
        region = region.After(true);
        Assert.Equal(1.6, region.Length);
        Assert.Equal(1.6, region.After(true).After(true).After(true).Length); // no greater
        for (var i = 0; i < 6; i++)
            region = region.After(false);
        Assert.Equal(0.8, region.Length);
        Assert.Equal(4, TrustRegion.Of(20, 8).FailuresToShrink);
    }

    [Fact]
    public void Far_from_any_gain_it_ends_up_spent()
    {
        var (region, steps) = (TrustRegion.Of(4), 0);
        for (; !region.IsSpent; steps++)
            region = region.After(false);
        Assert.Equal(4 * 7, steps); // 0.8 halved seven times is below 1/128
    }

    [Fact]
    public void Its_candidates_are_in_the_box_and_keep_the_categories_of_the_centre()
    {
        var coding = new PointCoding([0, 1, 2], [false, true, false]);
        var region = TrustRegion.Of(3) with { Length = 0.2 };
        var parameters = new SurrogateParameters([0.5, 1, 2], 0.01, 0, 0.5);
        var (low, high) = (new double[3], new double[3]);
        double[] centre = [0.5, 2, 0.95];
        region.Box(centre, coding, parameters, low, high);
        Assert.Equal([0.45, 0.55], [low[0], high[0]], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0.75, 1], [low[2], high[2]], (a, b) => Math.Abs(a - b) < 1e-12); // four times the length, within the cube
        var candidates = region.Candidates(centre, coding, parameters, 200, new Random(1));
        for (var row = 0; row < 200; row++)
        {
            Assert.InRange(candidates.At(row, 0), low[0], high[0]);
            Assert.Equal(2, candidates.At(row, 1));
            Assert.InRange(candidates.At(row, 2), low[2], high[2]);
        }
    }

    [Fact, Trait("Speed", "Slow")]
    public void In_twenty_numbers_it_finds_far_better_points_than_looking_everywhere()
    {
        var (with, without) = (0.0, 0.0);
        for (var seed = 0; seed < 3; seed++)
            (with, without) = (with + Run(seed, true), without + Run(seed, false));
        TestContext.Current.SendDiagnosticMessage($"least value with a trust region {with / 3}, without {without / 3}");
        Assert.True(with < 0.6 * without, $"{with / 3} against {without / 3}");
    }

    /// <summary>Levy's function in 20 numbers from -5 to 10 (least value 0); 20 drawn trials, 100 more by Thompson samples over 500 candidates each.</summary>
    private static double Run(int seed, bool hasRegion)
    {
        const int numbers = 20;
        var random = new Random(seed);
        var (trials, values, coding) = (new TrialTable(PointCoding.Numbers(numbers)), new List<double>(), PointCoding.Numbers(numbers));
        var (point, best, region) = (new double[numbers], new double[numbers], TrustRegion.Of(numbers));
        SurrogateParameters? parameters = null;
        for (var trial = 0; trial < 120; trial++)
        {
            if (trial < 20)
                Draw(point, random);
            else
            {
                var surrogate = ProcessSurrogate.Fit(trials, values.ToArray(), new SurrogateOptions { IsBlended = false, MostSteps = 15 }, before: parameters);
                parameters = surrogate.Parameters;
                var candidates = hasRegion ? region.Candidates(best, coding, parameters, 500, random) : Everywhere(coding, random);
                var sampled = new double[candidates.Count];
                PathSample.Of(surrogate, random, 256).At(candidates, sampled);
                candidates.CopyRow(Array.IndexOf(sampled, sampled.Min()), point);
            }
            var value = Levy(point);
            if (trial >= 20)
                region = region.After(value < values.Min() - 1e-3 * Math.Abs(values.Min()));
            if (region.IsSpent)
                region = TrustRegion.Of(numbers);
            if (values.Count == 0 || value < values.Min())
                point.CopyTo(best, 0);
            trials.Add(point);
            values.Add(value);
        }
        return values.Min();
    }

    private static void Draw(double[] point, Random random)
    {
        for (var i = 0; i < point.Length; i++)
            point[i] = random.NextDouble();
    }

    private static TrialTable Everywhere(PointCoding coding, Random random)
    {
        var (table, point) = (new TrialTable(coding, 500), new double[coding.Columns]);
        for (var i = 0; i < 500; i++)
        {
            Draw(point, random);
            table.Add(point);
        }
        return table;
    }

    private static double Levy(double[] unit)
    {
        double w(int i) => 1 + (15 * unit[i] - 5 - 1) / 4;
        var sum = Math.Pow(Math.Sin(Math.PI * w(0)), 2);
        for (var i = 0; i < unit.Length - 1; i++)
            sum += Math.Pow(w(i) - 1, 2) * (1 + 10 * Math.Pow(Math.Sin(Math.PI * w(i) + 1), 2));
        var last = w(unit.Length - 1);
        return sum + Math.Pow(last - 1, 2) * (1 + Math.Pow(Math.Sin(2 * Math.PI * last), 2));
    }
}
