using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Optimize.Bayesian;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Anchors.Optimize;

/// <summary>Surrogates and the expected improvement against values of BoTorch 0.12.0 (Balandat et al. 2020), at the same parameters.</summary>
public sealed class GoldenSurrogates
{
    [Theory]
    [InlineData("gp_crossed_barrel_rbf", Covariance.Rbf)]
    [InlineData("gp_crossed_barrel_matern", Covariance.Matern52)]
    [InlineData("gp_p3ht_matern", Covariance.Matern52)]
    public void Likelihood_posterior_and_improvement_are_those_of_BoTorch(string file, Covariance kind)
    {
        var golden = JsonNode.Parse(File.ReadAllText(Shared.Path($"data/lab/golden/{file}.json")))!;
        var trials = Table(golden["X"]!);
        var values = Numbers(golden["y"]!);
        var parameters = new SurrogateParameters(Numbers(golden["lengthscales"]!), Number(golden["noise_std_scale"]!), Number(golden["mean_constant"]!), 0);
        var surrogate = ProcessSurrogate.With(parameters, trials, values, kind);

        var likelihood = surrogate.LogProbability(new SurrogatePriors());
        Close(Number(golden["log_marginal_likelihood"]!), likelihood.Likelihood, 1e-6);
        Close(Number(golden["negative_log_posterior"]!), -likelihood.Posterior, 1e-6);

        var asked = Table(golden["Xq"]!);
        var (means, variances) = (new double[asked.Count], new double[asked.Count]);
        surrogate.Predict(asked, means, variances);
        var (mean, variance, improvement) = (Numbers(golden["posterior_mean"]!), Numbers(golden["posterior_variance"]!), Numbers(golden["log_ei"]!));
        for (var i = 0; i < means.Length; i++)
        {
            Close(mean[i], means[i], 1e-6);
            Close(variance[i], variances[i], 1e-5); // BoTorch adds up to 1e-6 of the deviation squared for the sake of its factors
            Close(improvement[i], Acquisition.LogExpectedImprovement(-means[i], Math.Sqrt(variances[i]), -Number(golden["best_f"]!)), 1e-5);
        }
    }

    [Theory]
    [InlineData("gp_crossed_barrel_rbf", Covariance.Rbf)]
    [InlineData("gp_crossed_barrel_matern", Covariance.Matern52)]
    [InlineData("gp_p3ht_matern", Covariance.Matern52)]
    public void A_fit_of_ones_own_is_at_least_as_probable(string file, Covariance kind)
    {
        var golden = JsonNode.Parse(File.ReadAllText(Shared.Path($"data/lab/golden/{file}.json")))!;
        var options = new SurrogateOptions { Covariance = kind, IsBlended = false, Starts = 3, MostSteps = 200 };
        var surrogate = ProcessSurrogate.Fit(Table(golden["X"]!), Numbers(golden["y"]!), options, cancel: TestContext.Current.CancellationToken);
        Assert.True(-surrogate.LogProbability(new SurrogatePriors()).Posterior <= Number(golden["negative_log_posterior"]!) + 1e-3);
    }

    [Fact]
    public void The_logarithm_of_the_improvement_keeps_twelve_digits()
    {
        foreach (var line in File.ReadLines(Shared.Path("data/lab/golden/log_h.csv")).Skip(1))
        {
            var cells = line.Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
            Close(cells[1], Acquisition.LogExpectedImprovement(0, 1, cells[0]), 1e-12);
        }
    }

    private static TrialTable Table(JsonNode rows)
    {
        var table = new TrialTable(PointCoding.Numbers(rows[0]!.AsArray().Count));
        foreach (var row in rows.AsArray())
            table.Add(Numbers(row!));
        return table;
    }

    private static double[] Numbers(JsonNode list) => [.. list.AsArray().Select(each => each!.GetValue<double>())];

    private static double Number(JsonNode node) => node.GetValue<double>();

    private static void Close(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual} instead of {expected}");
}
