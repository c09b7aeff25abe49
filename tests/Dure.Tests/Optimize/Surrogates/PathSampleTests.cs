using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class PathSampleTests
{
    [Theory]
    [InlineData(Covariance.Matern52)]
    [InlineData(Covariance.Rbf)]
    public void Many_draws_have_the_mean_and_the_variance_of_the_surrogate(Covariance kind)
    {
        const int draws = 600;
        var trials = TransferSurrogateTests.Points(12, 1);
        var surrogate = ProcessSurrogate.Fit(trials, TransferSurrogateTests.Values(trials, TransferSurrogateTests.Truth), new SurrogateOptions { Covariance = kind }, cancel: TestContext.Current.CancellationToken);
        var asked = TransferSurrogateTests.Points(8, 2);
        var (means, variances, sum, square, one) = (new double[8], new double[8], new double[8], new double[8], new double[8]);
        surrogate.Predict(asked, means, variances);
        for (var draw = 0; draw < draws; draw++)
        {
            PathSample.Of(surrogate, new Random(draw), 64).At(asked, one);
            for (var i = 0; i < 8; i++)
                (sum[i], square[i]) = (sum[i] + one[i], square[i] + one[i] * one[i]);
        }
        for (var i = 0; i < 8; i++)
        {
            var mean = sum[i] / draws;
            Assert.Equal(means[i], mean, 5 * Math.Sqrt(variances[i] / draws));
            Assert.InRange((square[i] / draws - mean * mean) / variances[i], 0.75, 1.3);
        }
    }

    [Fact]
    public void One_draw_is_the_same_function_wherever_it_is_asked()
    {
        var trials = TransferSurrogateTests.Points(12, 1);
        var surrogate = ProcessSurrogate.Fit(trials, TransferSurrogateTests.Values(trials, TransferSurrogateTests.Truth), new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var sample = PathSample.Of(surrogate, new Random(1));
        var (all, few) = (new double[8], new double[2]);
        var asked = TransferSurrogateTests.Points(8, 2);
        sample.At(asked, all);
        sample.At(asked.Rows([5, 2]), few);
        Assert.Equal([all[5], all[2]], few);
    }
}
