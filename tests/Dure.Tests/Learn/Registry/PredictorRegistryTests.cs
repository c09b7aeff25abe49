using Dure.Datasets;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Learn.Trees;
using Dure.Tests.Effects;
using Dure.Tests.Learn.Recipes;
using Xunit;

namespace Dure.Tests.Learn.Registry;

public sealed class PredictorRegistryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("level", "rmse")]
    [InlineData("hot", "auc")]
    public async Task The_better_model_leads_its_board_whichever_way_the_figure_goes(string target, string metric)
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var registry = PredictorRegistry.Open(node.Journal, node.Blobs);
        await registry.Register(Trained("blind", target, metric, "load"), "engineer", Cancel);
        await registry.Register(Trained("seeing", target, metric, "noise"), "engineer", Cancel);
        var board = Assert.Single(PredictorLeaderboard.All(registry.Versions));
        Assert.Equal(["seeing", "blind"], board.Versions.Select(one => one.Name));
    }

    [Theory]
    [InlineData("level", "rmse")]
    [InlineData("hot", "auc")]
    public async Task A_card_says_the_same_in_both_languages(string target, string metric)
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var manifest = (await PredictorRegistry.Open(node.Journal, node.Blobs).Register(Trained("seeing", target, metric, "noise"), "engineer", Cancel)).Manifest;
        CardLanguages.SayTheSame(manifest);
    }

    [Fact]
    public async Task Two_models_are_compared_on_machines_and_not_on_rows_as_if_they_stood_alone()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var registry = PredictorRegistry.Open(node.Journal, node.Blobs);
        var blind = await registry.Register(Trained("blind", "level", "rmse", "load"), "engineer", Cancel);
        var seeing = await registry.Register(Trained("seeing", "level", "rmse", "noise"), "engineer", Cancel);
        var compared = PredictorComparison.Of(registry, seeing, blind, Cancel);
        var (one, other) = (registry.ReadTest(seeing), registry.ReadTest(blind));
        Assert.Equal(one.Truth.Length, compared.Rows);
        Assert.Equal(seeing.Manifest.Split.TestGroups, one.Clusters.Distinct().Count());
        var byMachine = ModelComparison.Paired("seeing 1", new(LearningTask.Regression, one.Truth, one.Values), "blind 1", new(LearningTask.Regression, other.Truth, other.Values), Metrics.Of("rmse"), Resampling.ByGroup(one.Clusters), seeing.Manifest.Seed, Cancel);
        Assert.Equal((byMachine.Difference.Value, byMachine.Difference.Low, byMachine.Difference.High), (compared.Main.Difference.Value, compared.Main.Difference.Low, compared.Main.Difference.High));
        Assert.True(compared.Main is { IsDistinguishable: true, Difference.Value: < 0 });
    }

    private static TableResult Trained(string name, string target, string metric, string leave)
    {
        var random = new Random(3);
        var machines = MadeDatasetTable.Machines(40, 30, 3);
        var level = machines.TryFind("level")!.Values;
        DatasetTableColumn[] more = [MadeDatasetTable.Column("hot", [.. level.Select(value => value > 1 ? 1f : 0)], ["no", "yes"]), MadeDatasetTable.Column("noise", [.. level.Select(_ => (float)random.NextDouble())])];
        var recipe = new TableRecipe { Name = name, Target = target, Metric = metric, Ahead = 1, Leave = [leave, target == "hot" ? "level" : "hot"], Learner = new BoostedTreesLearner { Rounds = 30, LearningRate = 0.1 } };
        return TableTraining.Run(recipe, MadeDatasetTable.Of([.. machines.Columns, .. more], machines.TimesMicros, machines.Groups, 40), TimeProvider.System, null, null, 1, Cancel);
    }
}
