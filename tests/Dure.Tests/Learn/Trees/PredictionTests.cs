using System.Text;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Trees;

/// <summary>However an ensemble is asked - row, table, file, ONNX - it gives the same answer, and its explanation adds up to it.</summary>
public sealed class PredictionTests
{
    private static BoostedTrees Trained(int seed, out FeatureTable table, int leaves = 20, double missing = 0.1, int categories = 6, BoostingLoss? loss = null)
    {
        (table, var labels) = MadeTable.Friedman(1500, seed, columns: 6, missing: missing, categories: categories);
        if (loss is { Outputs: > 1 })
            labels = [.. labels.Select(label => (float)Math.Clamp((int)(label / 8), 0, loss.Outputs - 1))];
        return MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Rounds = 25, Leaves = leaves, MinRows = 5, Loss = loss ?? BoostingLoss.Squared });
    }

    [Theory]
    [InlineData(20, 0, 0)]
    [InlineData(32, 0.2, 0)]
    [InlineData(60, 0, 0)]
    [InlineData(60, 0.2, 0)]
    [InlineData(255, 0.01, 0)]
    [InlineData(20, 0.2, 6)]
    public void A_table_is_predicted_as_its_rows_are(int leaves, double missing, int categories)
    {
        var model = Trained(31, out var table, leaves, missing, categories);
        var all = model.All(table);
        var (row, prediction) = (new float[table.Columns.Count], new double[1]);
        for (var i = 0; i < table.Rows; i++)
        {
            table.CopyRow(i, row);
            model.Predict(row, prediction);
            Assert.Equal(prediction[0], all[i]);
            Assert.Equal(prediction[0], model.Start[0] + model.Trees.Sum(tree => (double)tree.Leaves[tree.LeafOf(row, model.Bins)]), 1e-9);
        }
    }

    [Fact]
    public void A_file_gives_the_same_ensemble_back()
    {
        foreach (var loss in (BoostingLoss[])[BoostingLoss.Squared, BoostingLoss.Quantile(0.3), BoostingLoss.Classes(4)])
        {
            var model = Trained(32, out var table, loss: loss);
            var file = TreesFile.Write(model);
            var read = TreesFile.Read(file);
            Assert.Equal(file, TreesFile.Write(read));
            Assert.Equal(model.All(table), read.All(table));
        }
    }

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_else_happens()
    {
        var file = TreesFile.Write(Trained(33, out var table, leaves: 4));
        var text = Encoding.UTF8.GetString(file);
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var bytes = (byte[])file.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)"0123456789-,[]{}\"e.ntrue "[random.Next(25)];
            try
            {
                TreesFile.Read(bytes).All(table);
            }
            catch (ProblemException refused)
            {
                return refused.Problem.Type == "urn:dure:learn:damaged-model" || refused.Problem.Type == "urn:dure:learn:bad-option";
            }
            return true;
        }).QuickCheckThrowOnFailure();
        Assert.Contains("dure-trees-1", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.2, 0)]
    [InlineData(0.2, 6)]
    public void The_onnx_form_gives_the_same_predictions(double missing, int categories)
    {
        foreach (var loss in (BoostingLoss[])[BoostingLoss.Squared, BoostingLoss.Classes(3)])
        {
            var model = Trained(34, out var table, missing: missing, categories: categories, loss: loss);
            var session = OnnxSession.Create(OnnxModel.Read(model.ToOnnx("test").Write()));
            var all = model.All(table);
            var row = new float[table.Columns.Count];
            for (var i = 0; i < 300; i++)
            {
                table.CopyRow(i, row);
                if (categories > 0 && i % 50 == 0)
                    row[^1] = i == 0 ? float.NaN : 99;
                var expected = new double[loss.Outputs];
                model.Predict(row, expected);
                session.Set<float>("x", row, 1, row.Length);
                session.Run();
                var run = session.Get<float>("prediction");
                for (var output = 0; output < loss.Outputs; output++)
                    Assert.Equal(expected[output], run[output], 2e-5 * Math.Max(1, Math.Abs(expected[output])));
            }
            Assert.Equal(table.Rows * loss.Outputs, all.Length);
        }
    }

    [Fact]
    public void Contributions_are_the_shapley_values()
    {
        Prop.ForAll<int>(seed =>
        {
            var model = Trained(seed, out var table, leaves: 8);
            var explained = new TreeShap(model);
            var (row, found) = (new float[table.Columns.Count], new double[table.Columns.Count]);
            table.CopyRow(Math.Abs(seed % table.Rows), row);
            explained.Explain(row, found);
            var expected = ByDefinition(model, row);
            return Enumerable.Range(0, row.Length).All(i => Math.Abs(found[i] - expected[i]) < 1e-9);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(15));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(200)]
    public void Contributions_add_up_to_the_score(int leaves)
    {
        var model = Trained(35, out var table, leaves, loss: BoostingLoss.Classes(3));
        var explained = new TreeShap(model);
        var (row, parts, scores) = (new float[table.Columns.Count], new double[3 * table.Columns.Count], new double[3]);
        for (var i = 0; i < 200; i++)
        {
            table.CopyRow(i, row);
            explained.Explain(row, parts);
            model.Score(row, scores);
            for (var output = 0; output < 3; output++)
                Assert.Equal(scores[output], explained.Expected[output] + parts.AsSpan(output * row.Length, row.Length).ToArray().Sum(), 1e-9);
        }
    }

    /// <summary>The definition: the mean over all orders of what a column adds to those before it, unknown columns by the shares of the training rows.</summary>
    private static double[] ByDefinition(BoostedTrees model, float[] row)
    {
        var count = row.Length;
        var worth = new double[1 << count];
        for (var known = 0; known < worth.Length; known++)
            worth[known] = model.Trees.Sum(tree => Expected(model, tree, tree.Branches.Length == 0 ? -1 : 0, row, known));
        var values = new double[count];
        for (var i = 0; i < count; i++)
            for (var known = 0; known < worth.Length; known++)
                if ((known >> i & 1) == 0)
                    values[i] += Factorial(System.Numerics.BitOperations.PopCount((uint)known)) * Factorial(count - 1 - System.Numerics.BitOperations.PopCount((uint)known)) / Factorial(count) * (worth[known | 1 << i] - worth[known]);
        return values;
    }

    private static double Expected(BoostedTrees model, Tree tree, int at, float[] row, int known)
    {
        if (at < 0)
            return tree.Leaves[~at];
        var branch = tree.Branches[at];
        if ((known >> branch.Feature & 1) != 0)
        {
            var value = row[branch.Feature];
            var left = branch.Categories >= 0 ? tree.Sets[branch.Categories].Contains(model.Bins[branch.Feature].BinOf(value)) : float.IsNaN(value) ? branch.MissingLeft : value <= branch.Cut;
            return Expected(model, tree, left ? branch.Left : branch.Right, row, known);
        }
        double rows(int child) => child < 0 ? tree.LeafRows[~child] : tree.Branches[child].Rows;
        return (rows(branch.Left) * Expected(model, tree, branch.Left, row, known) + rows(branch.Right) * Expected(model, tree, branch.Right, row, known)) / branch.Rows;
    }

    private static double Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);
}
