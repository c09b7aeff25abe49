using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class TrainingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_recipe_is_judged_beside_answers_that_look_at_nothing()
    {
        var result = await Train();
        Assert.Equal(["isolation-forest", "mewma", "pca", "recovering-mewma"], result.Leaderboard.Select(r => r.Recipe.Name).Order());
        Assert.All(result.Leaderboard, r => Assert.NotNull(r.Protocol));
        Assert.Equal(["always 0", "always 1", "random, same rate"], result.Dummies.Select(d => d.Name));
        Assert.True(result.Chosen.Protocol!.Pooled.F1.Value > result.Dummies.Max(d => d.F1.Value));
    }

    [Fact]
    public async Task A_recipe_that_needs_more_rows_than_a_machine_has_is_left_out_unless_all_do()
    {
        AnomalyRecipe slow = new RecoveringMewma { Weight = 0.005 };
        Assert.Equal(["pca"], (await Train(recipes: [slow, new PcaMonitor()])).Leaderboard.Select(r => r.Recipe.Name));
        var problem = await Assert.ThrowsAsync<ProblemException>(() => Train(recipes: [slow]));
        Assert.Equal("urn:dure:learn:too-few-rows", problem.Problem.Type);
    }

    [Fact]
    public async Task Detectors_can_be_named_and_only_those_that_there_are()
    {
        var result = await Train(recipes: [.. DetectorCatalog.Named(["autoencoder", "mewma", "mewma"]).Select(recipe => recipe is Autoencoder network ? network with { Rows = 8 } : recipe)]);
        Assert.Equal(["autoencoder", "mewma"], result.Leaderboard.Select(row => row.Recipe.Name).Order());
        Assert.Equal(new TrainingOptions().Recipes.Select(recipe => recipe.Name), DetectorCatalog.Named([]).Select(recipe => recipe.Name));
        Assert.Contains("nearest-neighbour, autoencoder", Assert.Throws<ProblemException>(() => DetectorCatalog.Named(["mewma", "oracle"])).Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_change_no_choice_and_no_score()
    {
        var (plain, flipped) = (await Train(), await Train(Flipped()));
        Assert.Equal(plain.Chosen.Recipe.ToJson().ToJsonString(), flipped.Chosen.Recipe.ToJson().ToJsonString());
        Assert.Equal(plain.Machines.Select(m => m.HeldOutScores), flipped.Machines.Select(m => m.HeldOutScores));
        Assert.NotEqual(plain.Chosen.Protocol!.Pooled.Counts, flipped.Chosen.Protocol!.Pooled.Counts);
    }

    [Fact]
    public async Task Held_out_rows_change_no_choice_and_no_limit()
    {
        var (plain, other) = (await Train(), await Train(HeldOutReplaced()));
        Assert.Equal(plain.Chosen.Recipe.ToJson().ToJsonString(), other.Chosen.Recipe.ToJson().ToJsonString());
        Assert.Equal(plain.Machines.Select(m => m.Detector.Limit), other.Machines.Select(m => m.Detector.Limit));
    }

    [Fact]
    public async Task The_order_in_which_machines_arrive_changes_nothing()
    {
        var (a, b) = (await Train(MadeDataset.Frames(1, 2, 3, 4)), await Train(MadeDataset.Frames(4, 2, 1, 3)));
        Assert.Equal(a.Machines.Select(m => (m.Asset, m.Detector.Limit)), b.Machines.Select(m => (m.Asset, m.Detector.Limit)));
    }

    [Fact]
    public async Task A_reference_machine_is_neither_fitted_nor_judged()
    {
        var result = await Train();
        Assert.DoesNotContain(result.Machines, m => m.Asset == MadeDataset.Reference);
        Assert.Equal(4 * (MadeDataset.Rows - MadeDataset.TrainRows), result.Chosen.Protocol!.Pooled.Counts.Rows);
    }

    [Fact]
    public async Task Without_labels_a_model_is_chosen_all_the_same()
    {
        var result = await Train(Unlabelled());
        Assert.Null(result.Chosen.Protocol);
        Assert.Empty(result.Dummies);
        Assert.Equal(2, result.Machines.Count);
    }

    [Fact]
    public async Task A_machine_with_too_few_rows_is_named()
    {
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => Train(Short()))).Problem;
        Assert.Equal("urn:dure:learn:too-few-rows", problem.Type);
    }

    [Fact]
    public async Task Only_references_leave_nothing_to_train()
    {
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => Train(MadeDataset.Frames()))).Problem;
        Assert.Equal("urn:dure:learn:no-machine", problem.Type);
    }

    [Fact]
    public async Task A_cancelled_run_stops() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new TrainingJob(new(), TimeProvider.System)
            .Run(MadeDataset.Version(), MadeDataset.Frames(1, 2), null, new CancellationToken(true)));

    [Fact]
    public async Task An_explanation_names_the_signal_that_moved_and_which_way()
    {
        var machine = (await Train()).Machines[0];
        var explanation = Explanation.At(machine, Micros.Time((MadeDataset.FaultFrom + 40) * 1_000_000L));
        Assert.Equal("b", explanation.Parts[0].Signal);
        Assert.True(explanation.Score > 1);
        Assert.Contains("higher than commissioning", explanation.Parts[0].InWords, StringComparison.Ordinal);
        Assert.Equal(machine.HeldOutScores[MadeDataset.FaultFrom + 40 - MadeDataset.TrainRows], explanation.Score);
    }

    [Fact]
    public async Task A_time_before_the_held_out_rows_cannot_be_explained()
    {
        var machine = (await Train()).Machines[0];
        Assert.Equal("urn:dure:learn:no-row-to-explain",
            Assert.Throws<ProblemException>(() => Explanation.At(machine, DateTimeOffset.UnixEpoch)).Problem.Type);
    }

    internal static Task<TrainingResult> Train(IAsyncEnumerable<Frame>? frames = null, IReadOnlyList<AnomalyRecipe>? recipes = null) =>
        new TrainingJob(new TrainingOptions { Reference = [MadeDataset.Reference], Recipes = recipes ?? new TrainingOptions().Recipes }, TimeProvider.System)
            .Run(MadeDataset.Version(), frames ?? MadeDataset.Frames(1, 2, 3, 4), null, Cancel);

    private static IAsyncEnumerable<Frame> Flipped() =>
        MadeDataset.Frames(1, 2, 3, 4).Select(f => f with { Labels = [.. f.Labels!.Select(l => !l)] });

    private static IAsyncEnumerable<Frame> Unlabelled() => MadeDataset.Frames(1, 2).Select(f => f with { Labels = null });

    private static IAsyncEnumerable<Frame> Short() => MadeDataset.Frames(1, 2).Select(f => f with { TrainRows = 5 });

    private static IAsyncEnumerable<Frame> HeldOutReplaced() => MadeDataset.Frames(1, 2, 3, 4).Select(f => f.Asset == MadeDataset.Reference ? f
        : f with { Values = [.. f.Values.Select(column => column.Select((v, row) => row < f.TrainRows ? v : 7 * v + 3).ToArray())] });
}
