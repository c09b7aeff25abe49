using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class ProcessSurrogateTests
{
    private static readonly PointCoding Mixed = new([0, 1, 2, 2], [false, true, false, false]);

    [Theory]
    [InlineData(Covariance.Matern52, true)]
    [InlineData(Covariance.Matern52, false)]
    [InlineData(Covariance.Rbf, true)]
    public void Slopes_of_the_likelihood_are_those_of_differences(Covariance kind, bool isBlended)
    {
        var (trials, values) = Made(Mixed, 17, 1);
        var likelihood = new TrialLikelihood(trials, Standard(values), [.. Enumerable.Range(0, 17).Select(i => 0.01 * i)], kind, new SurrogatePriors(), isBlended);
        var random = new Random(2);
        var at = new double[likelihood.Free];
        for (var i = 0; i < at.Length; i++)
            at[i] = random.NextDouble() - 0.7;
        var slope = new double[at.Length];
        likelihood.Of(at, slope);
        for (var i = 0; i < at.Length; i++)
            Assert.Equal(Difference(x => likelihood.Of(x, new double[at.Length]), at, i), slope[i], 1e-5 * Math.Max(1, Math.Abs(slope[i])));
    }

    [Theory]
    [InlineData(Covariance.Matern52)]
    [InlineData(Covariance.Rbf)]
    public void A_point_is_told_the_same_alone_and_among_many_with_slopes_of_differences(Covariance kind)
    {
        var (trials, values) = Made(Mixed, 21, 3);
        var surrogate = ProcessSurrogate.Fit(trials, values, new SurrogateOptions { Covariance = kind }, cancel: TestContext.Current.CancellationToken);
        var (asked, _) = Made(Mixed, 11, 4);
        var (means, variances) = (new double[11], new double[11]);
        surrogate.Predict(asked, means, variances);
        var (point, meanSlopes, varianceSlopes) = (new double[4], new double[4], new double[4]);
        for (var row = 0; row < 11; row++)
        {
            asked.CopyRow(row, point);
            var belief = surrogate.At(point, meanSlopes, varianceSlopes);
            Assert.Equal(means[row], belief.Mean, 1e-9 * surrogate.Scale);
            Assert.Equal(variances[row], belief.Variance, 1e-9 * surrogate.Scale * surrogate.Scale);
            foreach (var column in new[] { 0, 2, 3 })
            {
                Assert.Equal(Difference(x => surrogate.At(x, new double[4], new double[4]).Mean, point, column), meanSlopes[column], 1e-4 * surrogate.Scale);
                Assert.Equal(Difference(x => surrogate.At(x, new double[4], new double[4]).Variance, point, column), varianceSlopes[column], 1e-4 * surrogate.Scale * surrogate.Scale);
            }
            Assert.Equal((0, 0), (meanSlopes[1], varianceSlopes[1]));
        }
    }

    [Fact]
    public void One_trial_more_is_the_same_as_a_surrogate_of_all_with_those_parameters()
    {
        var (trials, values) = Made(Mixed, 12, 5);
        var surrogate = ProcessSurrogate.Fit(trials, values, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        double[] point = [0.4, 1, 0.2, 0.9];
        var expected = surrogate.At(point, new double[4], new double[4]).Mean;
        var more = surrogate.With(point, expected);
        var (asked, _) = Made(Mixed, 9, 6);
        var (before, after, wide, narrow) = (new double[9], new double[9], new double[9], new double[9]);
        surrogate.Predict(asked, before, wide);
        more.Predict(asked, after, narrow);
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(before[i], after[i], 1e-6 * surrogate.Scale); // what came as expected changes no mean…
            Assert.True(narrow[i] <= wide[i] + 1e-12); // …and makes nothing less sure
        }
    }

    [Fact]
    public void Leaving_one_out_is_what_a_surrogate_without_it_says()
    {
        var (trials, values) = Made(Mixed, 10, 7);
        var surrogate = ProcessSurrogate.Fit(trials, values, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var left = surrogate.LeaveOneOut();
        Assert.Equal(10, left.Length);
        Assert.All(left, belief => Assert.True(belief.Variance > surrogate.Noise * surrogate.Noise));
        var rest = Enumerable.Range(0, 10).Where(i => i != 4).ToArray();
        // The unit of values is that of all ten, so the parameters are carried over by hand.
        var without = ProcessSurrogate.With(surrogate.Parameters, trials.Rows(rest), [.. rest.Select(i => values[i])], Covariance.Matern52, (surrogate.Offset, surrogate.Scale));
        var (mean, variance) = (new double[1], new double[1]);
        without.Predict(trials.Rows([4]), mean, variance);
        Assert.Equal(mean[0], left[4].Mean, 1e-6 * surrogate.Scale);
        Assert.Equal(variance[0] + surrogate.Noise * surrogate.Noise, left[4].Variance, 1e-6 * surrogate.Scale * surrogate.Scale);
    }

    [Fact]
    public void What_each_factor_does_by_itself_is_learnt_from_few_trials()
    {
        // Four factors of five levels that only add up: 625 combinations, of which 25 were tried.
        var coding = new PointCoding([0, 1, 2, 3], [true, true, true, true]);
        var random = new Random(8);
        double worth(double[] x) => x[0] - 2 * x[1] + Math.Sin(3 * x[2]) + 0.5 * x[3] * x[3];
        var (trials, values) = (new TrialTable(coding), new List<double>());
        for (var i = 0; i < 25; i++)
        {
            double[] point = [random.Next(5), random.Next(5), random.Next(5), random.Next(5)];
            trials.Add(point);
            values.Add(worth(point));
        }
        double error(bool isBlended)
        {
            var surrogate = ProcessSurrogate.Fit(trials, [.. values], new SurrogateOptions { IsBlended = isBlended }, cancel: TestContext.Current.CancellationToken);
            var draw = new Random(9);
            var (sum, point) = (0.0, new double[4]);
            for (var i = 0; i < 200; i++)
            {
                point = [draw.Next(5), draw.Next(5), draw.Next(5), draw.Next(5)];
                sum += Math.Abs(surrogate.At(point, new double[4], new double[4]).Mean - worth(point));
            }
            return sum / 200;
        }
        Assert.True(error(true) < 0.6 * error(false), $"{error(true)} against {error(false)}");
    }

    [Fact]
    public void Values_that_are_all_alike_or_a_single_one_are_no_trouble_and_no_number_is_refused()
    {
        var (trials, values) = Made(Mixed, 5, 10);
        Array.Fill(values, 3.5);
        var surrogate = ProcessSurrogate.Fit(trials, values, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(3.5, surrogate.At([0.1, 0, 0.2, 0.3], new double[4], new double[4]).Mean, 1e-6);
        Assert.Equal(3.5, ProcessSurrogate.Fit(trials.Rows([0]), [3.5], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken).At([0.9, 1, 0.2, 0.3], new double[4], new double[4]).Mean, 1e-6);
        values[2] = double.NaN;
        Assert.Throws<ArgumentException>(() => ProcessSurrogate.Fit(trials, values, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken));
    }

    private static (TrialTable Trials, double[] Values) Made(PointCoding coding, int count, int seed)
    {
        var random = new Random(seed);
        var (trials, values) = (new TrialTable(coding), new double[count]);
        for (var i = 0; i < count; i++)
        {
            double[] point = [random.NextDouble(), random.Next(3), random.NextDouble(), random.NextDouble()];
            trials.Add(point);
            values[i] = 10 + 4 * Math.Sin(3 * point[0]) + point[1] * point[2] + 0.1 * random.NextDouble();
        }
        return (trials, values);
    }

    private static double[] Standard(double[] values)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return Array.ConvertAll(values, value => (value - mean) / deviation);
    }

    private static double Difference(Func<double[], double> function, double[] at, int entry)
    {
        const double Step = 1e-6;
        var (low, high) = ((double[])at.Clone(), (double[])at.Clone());
        (low[entry], high[entry]) = (low[entry] - Step, high[entry] + Step);
        return (function(high) - function(low)) / (2 * Step);
    }
}
