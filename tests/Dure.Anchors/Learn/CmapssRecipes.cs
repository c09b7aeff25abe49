using System.Text;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Recipes;
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
        double[] predicted = [.. CmapssEngines.CutOff().Select(engine => AtEnd(result.Predictor, engine))];
        var (truth, own) = (CmapssEngines.Truth(), result.Judgement.Of("rmse")!.Value);
        output.WriteLine($"{name}: {result.Target}; on engines that judge RMSE {own.Value:0.0} ({own.Low:0.0} to {own.High:0.0}); on engines that were cut off RMSE {CmapssEngines.Rmse(predicted, truth):0.00}, score {CmapssEngines.Score(predicted, truth):0}");
        Assert.Equal("remaining life, up to 130 rows", result.Target);
        Assert.InRange(CmapssEngines.Rmse(predicted, truth), 0, most);
    }

    private static double AtEnd(Predictor predictor, SignalRows engine)
    {
        var stream = predictor.Start();
        var places = CmapssEngines.Signals.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index, StringComparer.Ordinal);
        var last = double.NaN;
        for (var row = 0; row < engine.TimesMicros.Length; row++)
        {
            var at = row;
            last = stream.Next(Micros.Time(engine.TimesMicros[row]), signal => engine.Signals[places[signal]][at])!.Value; // each row gives one
        }
        return last;
    }

    private static DatasetTable Table(SignalRows[] engines) => new()
    {
        Version = new()
        {
            Id = ContentHash.Of("engines"u8),
            Name = "engines",
            Title = "Engines",
            Number = 1,
            Parquet = ContentHash.Of("engines"u8),
            ParquetBytes = 1,
            Rows = engines.Sum(engine => engine.TimesMicros.Length),
            Columns = [],
            HasLabels = false,
            Parts = [],
            QualityScore = 1,
            Entry = 0,
            EntryHash = ContentHash.Of("engines"u8),
            At = DateTimeOffset.UnixEpoch,
            Actor = "engineer",
        },
        Rows = engines.Sum(engine => engine.TimesMicros.Length),
        Columns = [.. CmapssEngines.Signals.Select((signal, i) => new DatasetTableColumn(signal.Name, TableColumnType.Number, TableRole.Feature, "", [.. engines.SelectMany(engine => engine.Signals[i].Select(value => (float)value))], []))],
        TimesMicros = [.. engines.SelectMany(engine => engine.TimesMicros)],
        Groups = [.. engines.SelectMany((engine, number) => Enumerable.Repeat(number, engine.TimesMicros.Length))],
        GroupNames = [.. engines.Select(engine => engine.Name)],
        IsHeldOut = null,
    };
}
