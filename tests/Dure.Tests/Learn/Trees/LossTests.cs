using Dure.Learn.Tables;
using Dure.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Trees;

/// <summary>Losses: their gradients are slopes, and what is learnt with them means what it says.</summary>
public sealed class LossTests
{
    public static TheoryData<string> Smooth => ["squared", "huber", "logistic", "poisson", "tweedie", "classes"];

    [Theory]
    [MemberData(nameof(Smooth))]
    public void The_gradient_is_the_slope_of_the_loss(string name)
    {
        var loss = name switch
        {
            "squared" => BoostingLoss.Squared,
            "huber" => BoostingLoss.Huber(0.7),
            "logistic" => BoostingLoss.Logistic,
            "poisson" => BoostingLoss.Poisson,
            "tweedie" => BoostingLoss.Tweedie(1.4),
            _ => BoostingLoss.Classes(3),
        };
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var label = name switch { "logistic" => random.Next(2), "classes" => random.Next(3), "poisson" => random.Next(6), "tweedie" => random.NextDouble() * 4, _ => MadeTable.Normal(random) };
            var target = new LearningTarget([(float)label]);
            double[][] scores = [.. Enumerable.Range(0, loss.Outputs).Select(_ => new[] { MadeTable.Normal(random) })];
            for (var output = 0; output < loss.Outputs; output++)
            {
                var (gradient, hessian) = (new float[1], new float[1]);
                loss.Gradients(output, scores, target, 0..1, gradient, hessian);
                const double Step = 1e-5;
                var at = scores[output][0];
                scores[output][0] = at + Step;
                var above = loss.Of(scores, target);
                scores[output][0] = at - Step;
                var slope = (above - loss.Of(scores, target)) / (2 * Step) / (name == "squared" ? 2 : 1); // it is told as the square, not half of it
                scores[output][0] = at;
                if (Math.Abs(slope - gradient[0]) > 1e-3 * Math.Max(1, Math.Abs(slope)) || !(hessian[0] > 0))
                    return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void A_quantile_has_its_share_of_unseen_rows_below(double share)
    {
        var (table, labels) = MadeTable.Friedman(20_000, seed: 21);
        var (unseen, truth) = MadeTable.Friedman(5_000, seed: 22);
        var model = MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Loss = BoostingLoss.Quantile(share), Rounds = 150 });
        Assert.InRange(model.All(unseen).Zip(truth, (quantile, label) => label <= quantile ? 1.0 : 0).Average(), share - 0.05, share + 0.05);
    }

    [Fact]
    public void Outliers_do_not_pull_the_absolute_and_the_huber_loss()
    {
        var (table, labels) = MadeTable.Friedman(5_000, seed: 23);
        var (unseen, truth) = MadeTable.Friedman(2_000, seed: 24);
        for (var row = 0; row < labels.Length; row += 20)
            labels[row] = 10_000;
        double rmse(BoostingLoss loss) => MadeTable.Rmse(MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Loss = loss, Rounds = 200 }), unseen, truth);
        Assert.InRange(rmse(BoostingLoss.Absolute), 0.9, 2.2);
        Assert.InRange(rmse(BoostingLoss.Huber(1)), 0.9, 2.2);
        Assert.True(rmse(BoostingLoss.Squared) > 100);
    }

    [Fact]
    public void Counts_and_amounts_keep_their_mean()
    {
        var (table, rates) = MadeTable.Friedman(20_000, seed: 25, noise: 0);
        var random = new Random(26);
        var counts = rates.Select(rate => (float)Enumerable.Range(0, 40).Count(_ => random.NextDouble() < rate / 40 / 4)).ToArray();
        foreach (var loss in (BoostingLoss[])[BoostingLoss.Poisson, BoostingLoss.Tweedie(1.3)])
        {
            var predictions = MadeTable.Train(table, new LearningTarget(counts), new BoostingOptions { Loss = loss }).All(table);
            Assert.All(predictions, prediction => Assert.True(prediction > 0));
            Assert.Equal(counts.Average(count => (double)count), predictions.Average(), 0.15);
        }
    }

    [Fact]
    public void Probabilities_of_classes_add_up_and_are_what_comes_true()
    {
        var random = new Random(27);
        var (table, _) = MadeTable.Friedman(20_000, seed: 28);
        var labels = new float[20_000];
        for (var row = 0; row < labels.Length; row++)
            labels[row] = random.NextDouble() < table.Columns[0].Values[row] ? 2 : random.Next(2);
        var model = MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Loss = BoostingLoss.Classes(3), Rounds = 40 });
        var predictions = model.All(table);
        for (var row = 0; row < 1000; row++)
            Assert.Equal(1, predictions[row * 3] + predictions[row * 3 + 1] + predictions[row * 3 + 2], 1e-9);
        var likely = Enumerable.Range(0, labels.Length).Where(row => predictions[row * 3 + 2] is > 0.65 and < 0.75).ToList();
        Assert.InRange(likely.Average(row => labels[row] == 2 ? 1.0 : 0), 0.63, 0.77);
    }

    [Fact]
    public void Alarms_are_ranked_with_the_grave_ones_first()
    {
        var (table, values) = MadeTable.Friedman(5_000, seed: 29);
        var grades = values.Select(value => value > 20 ? 3f : value > 16 ? 1f : 0f).ToArray();
        int[] groups = [.. Enumerable.Repeat(50, 100)];
        var model = MadeTable.Train(table, new LearningTarget(grades, null, groups), new BoostingOptions { Loss = BoostingLoss.Ranking, Rounds = 60 });
        var scores = model.All(table);
        var inOrder = 0;
        for (var group = 0; group < 100; group++)
        {
            var rows = Enumerable.Range(group * 50, 50).OrderByDescending(row => scores[row]).ToList();
            if (grades[rows[0]] == rows.Max(row => grades[row]))
                inOrder++;
        }
        Assert.InRange(inOrder, 95, 100);
    }
}
