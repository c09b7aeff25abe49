using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class ForestSurrogateTests
{
    private static readonly PointCoding Coding = new([0, 1, 2], [true, true, false]);

    [Fact]
    public void Of_categories_it_learns_which_options_are_good()
    {
        var (trials, values) = Made(400, 1, 0.1);
        var forest = ForestSurrogate.Fit(trials, values);
        var (asked, truth) = Made(300, 2, 0);
        var (means, variances) = (new double[300], new double[300]);
        forest.Predict(asked, means, variances);
        var middle = truth.Average();
        var explained = 1 - means.Zip(truth, (a, b) => (a - b) * (a - b)).Sum() / truth.Sum(value => (value - middle) * (value - middle));
        Assert.True(explained > 0.85, $"{explained}");
        var within = Enumerable.Range(0, 300).Count(i => Math.Abs(means[i] - truth[i]) < 2 * Math.Sqrt(variances[i])) / 300.0;
        Assert.True(within > 0.85, $"{within}");
    }

    [Fact]
    public void Where_options_were_never_tried_it_is_less_sure()
    {
        var (trials, values) = Made(200, 1, 0.1);
        var forest = ForestSurrogate.Fit(trials, values);
        double[] known = [3, 4, 0.5], unknown = [77, 99, 0.5];
        Assert.True(forest.At(unknown, new double[3], new double[3]).Variance > 2 * forest.At(known, new double[3], new double[3]).Variance);
    }

    [Fact]
    public void The_same_seed_grows_the_same_forest_and_another_one_another()
    {
        var (trials, values) = Made(60, 1, 0.1);
        double[] point = [3, 4, 0.5];
        double at(ForestSurrogate forest) => forest.At(point, new double[3], new double[3]).Mean;
        Assert.Equal(at(ForestSurrogate.Fit(trials, values)), at(ForestSurrogate.Fit(trials, values)));
        Assert.NotEqual(at(ForestSurrogate.Fit(trials, values)), at(ForestSurrogate.Fit(trials, values, new ForestOptions { Seed = 2 })));
    }

    [Fact]
    public void A_trial_more_is_learnt_from()
    {
        var (trials, values) = Made(60, 1, 0.1);
        var forest = ForestSurrogate.Fit(trials, values);
        double[] point = [3, 4, 0.5];
        var before = forest.At(point, new double[3], new double[3]).Mean;
        var after = forest.With(point, before + 5);
        Assert.Equal(61, after.Trials);
        Assert.True(after.At(point, new double[3], new double[3]).Mean > before + 1);
        Assert.False(after.HasSlopes);
    }

    [Fact]
    public void Noise_is_found_from_the_trials_that_trees_did_not_see()
    {
        var (trials, values) = Made(600, 1, 0.5);
        Assert.InRange(ForestSurrogate.Fit(trials, values).Noise, 0.2, 0.5); // 0.5 times the deviation of a triangle is 0.204; the rest is not known yet
        Assert.Throws<ArgumentException>(() => ForestSurrogate.Fit(trials, [.. values.Skip(1), double.NaN]));
    }

    [Fact]
    public void The_surrogate_that_foretells_trials_left_out_better_is_chosen()
    {
        var (trials, values) = Made(40, 1, 0.1);
        Assert.IsType<ProcessSurrogate>(SurrogateChoice.Fit(trials, values, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken)); // few: always
        var shaky = new double[200];
        var many = new TrialTable(Coding, 200);
        var random = new Random(4);
        for (var i = 0; i < 200; i++)
        {
            double[] point = [random.Next(3), random.Next(3), random.NextDouble()];
            many.Add(point);
            shaky[i] = point[2] > 0.5 ? 2 * random.NextDouble() - 1 : 0; // a process has one noise for all, a forest one for each leaf
        }
        Assert.IsType<ForestSurrogate>(SurrogateChoice.Fit(many, shaky, new SurrogateOptions(), leastTrials: 100, cancel: TestContext.Current.CancellationToken));
    }

    private static (TrialTable Trials, double[] Values) Made(int count, int seed, double noise)
    {
        var (table, values, random) = (new TrialTable(Coding, count), new double[count], new Random(seed));
        for (var i = 0; i < count; i++)
        {
            double[] point = [random.Next(12), random.Next(8), random.NextDouble()];
            table.Add(point);
            values[i] = Math.Sin(point[0]) * 2 + Math.Cos(2 * point[1]) + (point[0] == 3 && point[1] == 4 ? 1 : 0) + point[2] + noise * (random.NextDouble() + random.NextDouble() - 1);
        }
        return (table, values);
    }
}
