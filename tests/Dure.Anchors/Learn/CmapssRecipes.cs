using System.Text;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Recipes;
using Dure.Tests.Learn;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>
/// What someone gets who asks for the remaining life of the engines of C-MAPSS FD001 by a recipe alone: learnt from 65 of the 100 engines that failed, for
/// others set the interval and judge, and asked of the 100 that were cut off, whose lives are not capped.
/// </summary>
public sealed class CmapssRecipes(ITestOutputHelper output)
{
    private const string Windows = """
        "features": {"version": 1, "features": ["*", {"kind": "ewma", "of": "*", "alpha": [0.3, 0.1]}, {"kind": "mean", "of": "*", "rows": [10, 30]}, {"kind": "slope", "of": "*", "rows": 20},
         {"kind": "sd", "of": "*", "rows": 20}, {"kind": "minus", "of": {"kind": "mean", "of": "*", "rows": 10}, "by": {"kind": "expanding-mean", "of": "*"}}, {"kind": "count"}]},
        """;

    private const string OwnCourse = """
        "features": {"version": 1, "features": ["*", {"kind": "minus", "of": {"kind": "mean", "of": "*", "rows": 10}, "by": {"kind": "expanding-mean", "of": "*"}}, {"kind": "count"}]},
        """;

    private const int Cap = 130;

    /// <summary>What is promised less what a draw of 100 engines may lie below it 39 times of 40.</summary>
    private const double LeastHeld = 0.9 - 0.059;

    [Theory, Trait("Speed", "Slow")]
    [InlineData("boosted trees of single rows", """ "learner": {"kind": "boosted-trees"} """, 20)]
    [InlineData("boosted trees on features of windows", Windows + """ "learner": {"kind": "boosted-trees"} """, 14.5)]
    [InlineData("network over windows", """ "learner": {"kind": "window-network"} """, 19.5)]
    [InlineData("network over windows, told each engine's own course", OwnCourse + """ "learner": {"kind": "window-network", "rows": 16} """, 14.5)]
    [InlineData("search of a minute, nothing said", """ "searchSeconds": 60 """, 16.5)]
    public void A_recipe_that_names_no_column_tells_how_long_engines_last(string name, string said, double most)
    {
        var cancel = TestContext.Current.CancellationToken;
        var recipe = RecipeText.Parse(Encoding.UTF8.GetBytes($$"""{"version": 1, "name": "engines", "remainingLife": {}, {{said}}}"""));
        var result = TableTraining.Run(recipe, Table(CmapssEngines.Failed()), TimeProvider.System, null, null, 0, cancel);
        Prediction[] asked = [.. CmapssEngines.CutOff().Select(engine => AtEnd(result.Predictor, engine))];
        double[] predicted = [.. asked.Select(one => one.Value)];
        var (truth, own) = (CmapssEngines.Truth(), result.Judgement.Of("rmse")!.Value);
        output.WriteLine($"{name}: {result.Target}; on engines that judge RMSE {own.Value:0.0} ({own.Low:0.0} to {own.High:0.0}); on engines that were cut off RMSE {CmapssEngines.Rmse(predicted, truth):0.00}, score {CmapssEngines.Score(predicted, truth):0}");
        double held = asked.Zip(truth).Count(one => one.First.Low <= Math.Min(Cap, one.Second) && Math.Min(Cap, one.Second) <= one.First.High) / (double)truth.Length;
        output.WriteLine($"{name}: the interval of {result.Predictor.Conformal.Level:P0} held in {result.Coverage:P1} of the rows that judge and for {held:P0} of the engines that were cut off, {asked.Average(one => one.High - one.Low):0.0} rows wide there");
        Assert.Equal($"remaining life, up to {Cap} rows", result.Target);
        Assert.InRange(held, LeastHeld, 1);
        Assert.InRange(CmapssEngines.Rmse(predicted, truth), 0, most);
    }

    private static Prediction AtEnd(Predictor predictor, SignalRows engine)
    {
        var stream = predictor.Start();
        var places = CmapssEngines.Signals.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index, StringComparer.Ordinal);
        Prediction? last = null;
        for (var row = 0; row < engine.TimesMicros.Length; row++)
        {
            var at = row;
            last = stream.Next(Micros.Time(engine.TimesMicros[row]), signal => engine.Signals[places[signal]][at]);
        }
        return last!; // each row gives one
    }

    private static DatasetTable Table(SignalRows[] engines) => new()
    {
        Version = MadeVersion.Of("engines", engines.Sum(engine => engine.TimesMicros.Length), hasLabels: false),
        Rows = engines.Sum(engine => engine.TimesMicros.Length),
        Columns = [.. CmapssEngines.Signals.Select((signal, i) => new DatasetTableColumn(signal.Name, TableColumnType.Number, TableRole.Feature, "", [.. engines.SelectMany(engine => engine.Signals[i].Select(value => (float)value))], []))],
        TimesMicros = [.. engines.SelectMany(engine => engine.TimesMicros)],
        Groups = [.. engines.SelectMany((engine, number) => Enumerable.Repeat(number, engine.TimesMicros.Length))],
        GroupNames = [.. engines.Select(engine => engine.Name)],
        IsHeldOut = null,
    };
}
