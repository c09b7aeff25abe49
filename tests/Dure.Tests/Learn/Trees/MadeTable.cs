using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Trees;

/// <summary>Tables whose truth is known.</summary>
internal static class MadeTable
{
    /// <summary>Friedman's first function (1991) on the first five of several columns, with noise, and if wanted missing values and a category.</summary>
    public static (FeatureTable Table, float[] Labels) Friedman(int rows, int seed, int columns = 8, double noise = 1, double missing = 0, int categories = 0)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, columns).Select(_ => Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble()).ToArray()).ToArray();
        var labels = new float[rows];
        var codes = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            codes[row] = categories == 0 ? 0 : random.Next(categories);
            labels[row] = (float)(10 * Math.Sin(Math.PI * values[0][row] * values[1][row]) + 20 * Math.Pow(values[2][row] - 0.5, 2) + 10 * values[3][row] + 5 * values[4][row]
                + (categories == 0 ? 0 : 4 * ((int)codes[row] % 3)) + noise * Normal(random));
        }
        foreach (var column in values)
            for (var row = 0; row < rows; row++)
                if (random.NextDouble() < missing)
                    column[row] = float.NaN;
        IEnumerable<FeatureColumn> all = values.Select((column, i) => new FeatureColumn { Name = $"x{i}", Values = column });
        return (new FeatureTable([.. categories == 0 ? all : all.Append(new FeatureColumn { Name = "line", Values = codes, IsCategorical = true })]), labels);
    }

    public static FeatureTable Of(params float[][] columns) => new([.. columns.Select((values, i) => new FeatureColumn { Name = $"x{i}", Values = values })]);

    public static BoostedTrees Train(FeatureTable table, LearningTarget target, BoostingOptions options, (FeatureTable Table, LearningTarget Target)? validation = null, IProgress<BoostingProgress>? progress = null) =>
        Boosting.Train(table, target, options, validation, progress, null, default, TestContext.Current.CancellationToken);

    /// <summary>The predictions for all rows.</summary>
    public static double[] All(this BoostedTrees model, FeatureTable table) => model.Predict(table, cancel: TestContext.Current.CancellationToken);

    public static double Rmse(BoostedTrees model, FeatureTable table, float[] labels) =>
        Math.Sqrt(model.All(table).Zip(labels, (prediction, label) => Math.Pow(prediction - label, 2)).Average());

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
