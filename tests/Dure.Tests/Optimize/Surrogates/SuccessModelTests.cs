using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class SuccessModelTests
{
    [Fact]
    public void Where_trials_failed_others_are_believed_to_fail_too()
    {
        var random = new Random(1);
        var (trials, succeeded) = (new TrialTable(PointCoding.Numbers(2)), new List<bool>());
        for (var i = 0; i < 40; i++)
        {
            double[] point = [random.NextDouble(), random.NextDouble()];
            trials.Add(point);
            succeeded.Add(point[0] + point[1] < 1);
        }
        var model = SuccessModel.Fit(trials, succeeded);
        var right = 0;
        for (var i = 0; i < 500; i++)
        {
            double[] point = [random.NextDouble(), random.NextDouble()];
            right += model.ChanceAt(point) > 0.5 == point[0] + point[1] < 1 ? 1 : 0;
        }
        Assert.True(right > 450, $"{right} of 500");
        Assert.True(model.ChanceAt([0.2, 0.2]) > 0.9);
        Assert.True(model.ChanceAt([0.8, 0.8]) < 0.1);
    }

    [Fact]
    public void Slopes_are_those_of_differences_and_one_failure_more_makes_its_place_worse()
    {
        var trials = new TrialTable(new PointCoding([0, 1], [false, true]));
        foreach (var point in new double[][] { [0.1, 0], [0.5, 1], [0.9, 0], [0.3, 2] })
            trials.Add(point);
        var model = SuccessModel.Fit(trials, [true, false, true, true]);
        double[] at = [0.4, 1], means = new double[2], variances = new double[2], ignored = new double[2];
        model.At(at, means, variances);
        double mean(double x) => model.At([x, 1], ignored, ignored).Mean;
        double variance(double x) => model.At([x, 1], ignored, ignored).Variance;
        Assert.Equal((mean(0.4 + 1e-6) - mean(0.4 - 1e-6)) / 2e-6, means[0], 1e-5);
        Assert.Equal((variance(0.4 + 1e-6) - variance(0.4 - 1e-6)) / 2e-6, variances[0], 1e-5);
        Assert.True(((SuccessModel)model.With([0.7, 0], -1)).ChanceAt([0.72, 0]) < model.ChanceAt([0.72, 0]));
    }
}
