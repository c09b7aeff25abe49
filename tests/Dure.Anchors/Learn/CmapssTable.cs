using System.Text.Json.Nodes;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Prognosis;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>Remaining life of the engines of C-MAPSS FD001, at the last cycle that is known of each; the truth is not capped.</summary>
public sealed class CmapssTable(ITestOutputHelper output)
{
    private static readonly int[] Seeds = [0, 1, 2, 3, 4];

    private static readonly BoostingOptions BaselineTrees = new() { Rounds = 300, LearningRate = 0.05, Leaves = 32, MaxDepth = 5, MinRows = 20, RowShare = 0.8, ColumnShare = 0.5, Patience = 0 };

    /// <summary>Boosted trees on 113 window features: RMSE 11.86, score 217 by another engine of boosted trees.</summary>
    private static readonly FeatureSet BaselineFeatures = FeatureSet.Parse(JsonNode.Parse("""
        {"version": 1, "features": ["*", {"kind": "ewma", "of": "*", "alpha": [0.3, 0.1]}, {"kind": "mean", "of": "*", "rows": [10, 30]}, {"kind": "slope", "of": "*", "rows": 20},
         {"kind": "sd", "of": "*", "rows": 20}, {"kind": "minus", "of": {"kind": "mean", "of": "*", "rows": 10}, "by": {"kind": "expanding-mean", "of": "*"}}, {"kind": "count"}]}
        """)!.AsObject());

    [Fact]
    public void Remaining_life_is_told_better_than_by_boosted_trees_on_window_features()
    {
        var (failed, asked, truth) = (CmapssEngines.Failed(), CmapssEngines.CutOff(), CmapssEngines.Truth());
        var baseline = Seeds.Select(seed => Baseline(failed, asked, seed)).ToArray();
        var ours = Seeds.Select(seed => Ours(failed, asked, seed)).ToArray();
        foreach (var (name, runs) in new[] { ("trees on windows", baseline), ("ours", ours) })
            foreach (var (seed, run) in runs.Index())
                output.WriteLine($"{name,-18} seed {seed}  RMSE {CmapssEngines.Rmse(run, truth):0.00}  score {CmapssEngines.Score(run, truth):0}  (truth capped at 125: {CmapssEngines.Rmse(run, [.. truth.Select(t => Math.Min(t, 125))]):0.00})");
        var (rmse, score) = (Median(ours.Select(run => CmapssEngines.Rmse(run, truth))), Median(ours.Select(run => CmapssEngines.Score(run, truth))));
        output.WriteLine($"median of five seeds: trees on windows RMSE {Median(baseline.Select(run => CmapssEngines.Rmse(run, truth))):0.00} score {Median(baseline.Select(run => CmapssEngines.Score(run, truth))):0}; ours {rmse:0.00} {score:0}");
        foreach (var (name, of) in new[] { ("RMSE", (Func<double[], double[], double>)CmapssEngines.Rmse), ("score", CmapssEngines.Score) })
        {
            var (low, high, better) = Bootstrap(ours, baseline, truth, of);
            output.WriteLine($"{name}, ours less trees on windows, engines drawn again: 95 % from {low:0.00} to {high:0.00}; ours is better in {better:0.0%} of the draws");
        }
        Assert.True(rmse <= 11.5, $"RMSE {rmse:0.00}");
        Assert.True(score <= 205, $"score {score:0}");
    }

    [Fact, Trait("Speed", "Slow")]
    public void The_recipe_was_chosen_on_engines_held_out_of_those_that_failed()
    {
        var (failed, lengths) = (CmapssEngines.Failed(), CmapssEngines.CutOff().Select(engine => engine.TimesMicros.Length).ToArray());
        var cuts = Cuts(failed, lengths);
        var folds = Enumerable.Range(0, failed.Length).ToArray();
        new Random(3).Shuffle(folds);
        foreach (var (name, predict) in new (string, Func<SignalRows[], SignalRows[], double[]>)[]
            {
                ("trees on windows", (learnt, asked) => Baseline(learnt, asked, 0)),
                ("ours, most life 115", (learnt, asked) => Ours(learnt, asked, 0, 115)),
                ("ours, most life 125", (learnt, asked) => Ours(learnt, asked, 0, 125)),
                ("ours", (learnt, asked) => Ours(learnt, asked, 0)),
                ("ours, most life 140", (learnt, asked) => Ours(learnt, asked, 0, 140)),
            })
        {
            var predicted = new double[cuts.Count];
            for (var fold = 0; fold < 5; fold++)
            {
                bool isHeld(int engine) => Array.IndexOf(folds, engine) % 5 == fold;
                int[] held = [.. Enumerable.Range(0, cuts.Count).Where(i => isHeld(cuts[i].Engine))];
                var answers = predict([.. failed.Where((_, engine) => !isHeld(engine))], [.. held.Select(i => CmapssEngines.First(failed[cuts[i].Engine], cuts[i].Cycles))]);
                for (var i = 0; i < held.Length; i++)
                    predicted[held[i]] = answers[i];
            }
            double[] truth = [.. cuts.Select(cut => (double)(failed[cut.Engine].TimesMicros.Length - cut.Cycles))];
            output.WriteLine($"{name,-20} RMSE {CmapssEngines.Rmse(predicted, truth):0.00}  score of 100 {CmapssEngines.Score(predicted, truth) * 100 / truth.Length:0}");
        }
    }

    /// <summary>Ten places to cut each engine off: at lengths that the engines that were cut off have, with 5 to 150 cycles left.</summary>
    private static List<(int Engine, int Cycles)> Cuts(SignalRows[] failed, int[] lengths)
    {
        var random = new Random(7);
        var cuts = new List<(int, int)>();
        for (var engine = 0; engine < failed.Length; engine++)
            for (var found = 0; found < 10;)
                if (lengths[random.Next(lengths.Length)] is var cycles && failed[engine].TimesMicros.Length - cycles is >= 5 and <= 150)
                {
                    cuts.Add((engine, cycles));
                    found++;
                }
        return cuts;
    }

    private static double[] Ours(SignalRows[] learnt, SignalRows[] asked, int seed, double mostLife = 130)
    {
        var model = RemainingLifeModel.Train(new RemainingLifeRecipe { MostLife = mostLife }, CmapssEngines.Signals, learnt, new LearningContext { Seed = seed, Cancel = TestContext.Current.CancellationToken });
        return [.. asked.Select(engine => model.AtEnd(engine, TestContext.Current.CancellationToken))];
    }

    private static double[] Baseline(SignalRows[] learnt, SignalRows[] asked, int seed)
    {
        var plan = BaselineFeatures.Bind(CmapssEngines.Signals);
        float[] labels = [.. learnt.SelectMany(engine => Enumerable.Range(0, engine.TimesMicros.Length).Select(cycle => Math.Min(125f, engine.TimesMicros.Length - 1 - cycle)))];
        var cancel = TestContext.Current.CancellationToken;
        var trees = Boosting.Train(plan.Compute(learnt, cancel: cancel), new LearningTarget(labels), BaselineTrees with { Seed = seed }, cancel: cancel);
        var all = trees.Predict(plan.Compute(asked, cancel: cancel), cancel: cancel);
        var end = 0;
        return [.. asked.Select(engine => all[(end += engine.TimesMicros.Length) - 1])];
    }

    /// <summary>How much the medians over seeds differ when the 100 engines are drawn again, the same for both.</summary>
    private static (double Low, double High, double Better) Bootstrap(double[][] ours, double[][] baseline, double[] truth, Func<double[], double[], double> of)
    {
        const int draws = 2000;
        var random = new Random(1);
        var differences = new double[draws];
        for (var draw = 0; draw < draws; draw++)
        {
            int[] engines = [.. truth.Select(_ => random.Next(truth.Length))];
            double[] drawnTruth = [.. engines.Select(engine => truth[engine])];
            double median(double[][] runs) => Median(runs.Select(run => of([.. engines.Select(engine => run[engine])], drawnTruth)));
            differences[draw] = median(ours) - median(baseline);
        }
        Array.Sort(differences);
        return (differences[draws / 40], differences[draws - draws / 40 - 1], differences.Count(difference => difference < 0) / (double)draws);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Seeds.Length / 2);
}
