using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Features;
using Xunit;

namespace Dure.Tests.Learn.Features;

/// <summary>What a recipe may say, how it is called, and what is refused with which words.</summary>
public sealed class FeatureLanguageTests
{
    private static readonly FeatureSignal[] Pump = [new("Pressure", Unit.Parse("bar")), new("Inlet", Unit.Parse("kPa")), new("Oil", Unit.Parse("Cel")), new("Speed", Unit.Parse("/min")), new("Product", IsCategory: true)];

    [Theory]
    [InlineData("\"Pressure\"", "Pressure")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":30}""", "Pressure mean 30")]
    [InlineData("""{"kind":"mean","of":"Pressure","seconds":2.5}""", "Pressure mean 2.5 s")]
    [InlineData("""{"kind":"ewma","of":"Pressure","alpha":0.1}""", "Pressure ewma 0.1")]
    [InlineData("""{"kind":"quantile","of":"Pressure","rows":30,"share":0.9}""", "Pressure quantile 30 share 0.9")]
    [InlineData("""{"kind":"minus","of":{"kind":"mean","of":"Pressure","rows":5},"by":{"kind":"baseline","of":"Pressure","rows":10}}""", "Pressure mean 5 minus Pressure baseline 10")]
    [InlineData("""{"kind":"mean","of":{"kind":"minus","of":"Pressure","by":"Inlet"},"rows":3}""", "(Pressure minus Inlet) mean 3")]
    [InlineData("""{"kind":"over","of":"Pressure","by":"Inlet","name":"lift"}""", "lift")]
    [InlineData("""{"kind":"count"}""", "count")]
    public void A_feature_is_called_by_what_it_says(string text, string name) => Assert.Equal(name, Assert.Single(Bind(text).Features).Name);

    [Fact]
    public void A_list_of_numbers_and_a_pattern_stand_for_many_features()
    {
        var plan = Bind("""{"kind":"minus","of":{"kind":"mean","of":"P*","rows":[5,30]},"by":{"kind":"baseline","of":"P*","rows":10}}""", new FeatureSignal("Power"));
        Assert.Equal(["Pressure mean 5 minus Pressure baseline 10", "Power mean 5 minus Power baseline 10", "Pressure mean 30 minus Pressure baseline 10", "Power mean 30 minus Power baseline 10"], plan.Features.Select(f => f.Name));
    }

    [Fact]
    public void A_pattern_passes_categories_by_unless_they_are_taken_as_they_are()
    {
        Assert.Equal(5, Bind("\"*\"").Features.Count);
        Assert.True(Bind("\"Product\"").Features[0].IsCategory);
        Assert.Equal(4, Bind("""{"kind":"mean","of":"*","rows":2}""").Features.Count);
    }

    [Fact]
    public void What_is_written_is_read_as_the_same()
    {
        var text = JsonNode.Parse("""{"version":1,"every":4,"features":["Pressure",{"kind":"minus","of":{"kind":"mean","of":"*","rows":5},"by":"Pressure"},{"kind":"count","name":"cycle"}]}""")!.AsObject();
        Assert.True(JsonNode.DeepEquals(text, FeatureSet.Parse(FeatureSet.Parse(text).ToJson()).ToJson()));
    }

    [Theory]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":30}""", "bar", 29, 0, false)]
    [InlineData("""{"kind":"sd","of":"Oil","seconds":60}""", "K", 0, 60, false)]
    [InlineData("""{"kind":"mean","of":"Oil","rows":2}""", "Cel", 1, 0, false)]
    [InlineData("""{"kind":"slope","of":"Oil","seconds":60}""", "K/s", 0, 60, false)]
    [InlineData("""{"kind":"difference","of":"Pressure","rows":7}""", "bar", 7, 0, false)]
    [InlineData("""{"kind":"lag","of":{"kind":"mean","of":"Pressure","rows":5},"rows":3}""", "bar", 7, 0, false)]
    [InlineData("""{"kind":"minus","of":"Pressure","by":{"kind":"baseline","of":"Pressure","rows":10}}""", "bar", 0, 0, true)]
    [InlineData("""{"kind":"times","of":"Pressure","by":"Speed"}""", "bar.(/min)", 0, 0, false)]
    [InlineData("""{"kind":"over","of":"Pressure","by":"Pressure"}""", "1", 0, 0, false)]
    [InlineData("""{"kind":"band-power","of":"Pressure","rows":64,"every":8,"low":1,"high":2}""", "bar.bar", 70, 0, false)]
    [InlineData("""{"kind":"ewma","of":"Pressure","alpha":0.5}""", "bar", 10, 0, false)]
    public void Each_feature_knows_its_unit_and_how_far_back_it_looks(string text, string unit, long rows, double seconds, bool isWhole)
    {
        var feature = Assert.Single(Bind(text).Features);
        Assert.Equal(unit, feature.Unit?.Code);
        Assert.Equal(new FeatureReach(rows, seconds, isWhole), feature.Reach);
    }

    [Theory]
    [InlineData("""{"kind":"mean","of":"Presure","rows":3}""", "There is no signal 'Presure'.", "'Pressure'")]
    [InlineData("""{"kind":"mean","of":"pressure","rows":3}""", "There is no signal 'pressure'.", "Write 'Pressure'.")]
    [InlineData("""{"kind":"average","of":"Pressure","rows":3}""", "There is no feature 'average'.", "mean")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":3,"colour":1}""", "'colour' means nothing here.", "of, rows, seconds")]
    [InlineData("""{"kind":"mean","of":"Pressure","by":"Oil","rows":3}""", "'by' means nothing here.", "of, rows, seconds")]
    [InlineData("""{"kind":"mean","of":"Pressure"}""", "how long the window is", "'rows' or 'seconds'")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":3,"seconds":3}""", "or says it twice", "'rows' or 'seconds'")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":0}""", "'rows' is 0.", "a whole number from 1")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":2.5}""", "'rows' is 2.5.", "a whole number from 1")]
    [InlineData("""{"kind":"mean","of":"Pressure","rows":"3"}""", "'rows' is no number.", "a whole number from 1")]
    [InlineData("""{"kind":"dominant-frequency","of":"Pressure","rows":100}""", "'rows' is 100.", "a power of two")]
    [InlineData("""{"kind":"ewma","of":"Pressure"}""", "'alpha' is missing.", "a number from")]
    [InlineData("""{"kind":"mean","rows":3}""", "does not say 'of' what", "Name a signal")]
    [InlineData("""{"kind":"mean","of":"Product","rows":3}""", "holds categories", "as it is")]
    [InlineData("""{"kind":"minus","of":"Pressure","by":"Oil"}""", "'bar' and 'Cel' measure different things", "'times' or 'over'")]
    [InlineData("""{"kind":"times","of":"Pressure","by":"Oil"}""", "'Cel' cannot be multiplied", "in K")]
    [InlineData("""{"kind":"minus","of":"P*","by":"O*"}""", "the patterns 'P*' and 'O*'", "one pattern")]
    [InlineData("""{"kind":"mean","of":"X*","rows":3}""", "No signal fits 'X*'", "'Pressure'")]
    [InlineData("""["Pressure"]""", "neither a signal's name nor an object", "Write")]
    [InlineData("""{"of":"Pressure"}""", "It has no kind.", "mean")]
    public void What_makes_no_sense_is_refused_by_name_with_a_way_to_mend_it(string text, string what, string mend)
    {
        var problem = Assert.Throws<ProblemException>(() => Bind(text)).Problem;
        Assert.Contains(what, problem.What, StringComparison.Ordinal);
        Assert.Contains(mend, problem.Mend, StringComparison.Ordinal);
        Assert.Contains("feature", problem.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"features":["*"]}""", "of version none")]
    [InlineData("""{"version":2,"features":["*"]}""", "of version 2")]
    [InlineData("""{"version":1,"features":[]}""", "no features")]
    [InlineData("""{"version":1,"features":["*"],"windows":3}""", "'windows' means nothing")]
    [InlineData("""{"version":1,"features":["*","Pressure"]}""", "Two features have this name")]
    [InlineData("""{"version":1,"features":["*"],"every":0}""", "'every' makes no sense")]
    public void A_set_is_read_strictly(string text, string what) =>
        Assert.Contains(what, Assert.Throws<ProblemException>(() => FeatureSet.Parse(JsonNode.Parse(text)!.AsObject()).Bind(Pump)).Problem.What, StringComparison.Ordinal);

    [Fact]
    public void A_recipe_cannot_ask_for_more_than_fits()
    {
        var deep = "\"Pressure\"";
        for (var i = 0; i < 20; i++)
            deep = $$"""{"kind":"lag","of":{{deep}},"rows":1}""";
        Assert.Contains("nested", Assert.Throws<ProblemException>(() => Bind(deep)).Problem.What, StringComparison.Ordinal);
        var many = "\"Pressure\"";
        for (var i = 0; i < 5; i++)
            many = $$"""{"kind":"lag","of":{{many}},"rows":[1,2,3,4,5,6,7,8,9,10]}""";
        Assert.Contains("at most 10000", Assert.Throws<ProblemException>(() => Bind(many)).Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_bounded_before_a_row_comes_and_in_windows_of_time()
    {
        FeatureSignal[] signals = [.. Enumerable.Range(0, 100).Select(i => new FeatureSignal($"s{i}"))];
        Assert.Contains("remember 100000000 rows", Assert.Throws<ProblemException>(() => Set("""{"kind":"median","of":"*","rows":1000000}""").Bind(signals)).Problem.What, StringComparison.Ordinal);
        Assert.Equal(100, Set("""{"kind":"baseline","of":"*","rows":1000000}""").Bind(signals).Features.Count);
        string[] many = [.. Enumerable.Range(1, 20).Select(i => $$"""{"kind":"max","of":"*","seconds":{{1000 + i}}}""")];
        var stream = Set(many).Bind(signals).Start();
        var (row, features) = (new double[100], new float[2000]);
        var full = Assert.Throws<ProblemException>(() =>
        {
            for (var i = 0; i < 5000; i++)
                stream.Next(i, row, features);
        }).Problem;
        Assert.Contains("more than 2097 rows", full.What, StringComparison.Ordinal);
        Assert.Equal("feature 's0 max 1001 s'", full.Where);
    }

    [Fact]
    public void A_signal_that_is_called_like_a_feature_is_another_thing()
    {
        FeatureSignal[] signals = [new("x"), new("x mean 2")];
        var plan = Set("""{"kind":"lag","of":"x mean 2","rows":1}""", """{"kind":"lag","of":{"kind":"mean","of":"x","rows":2},"rows":1,"name":"other"}""").Bind(signals);
        var table = plan.Compute([new SignalRows("m", [0, 1], [[10, 20], [1, 2]])], cancel: TestContext.Current.CancellationToken);
        Assert.Equal((1f, 10f), (table.Columns[0].Values[1], table.Columns[1].Values[1]));
    }

    private static FeaturePlan Bind(string feature, params FeatureSignal[] more) => Set(feature).Bind([.. Pump, .. more]);

    internal static FeatureSet Set(params string[] features) => FeatureSet.Parse(JsonNode.Parse($$"""{"version":1,"features":[{{string.Join(',', features)}}]}""")!.AsObject());
}
