using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Calibration;
using Xunit;

namespace Dure.Tests.Learn.Calibration;

public sealed class BandsByPredictionTests
{
    [Fact]
    public void Each_part_has_the_width_its_own_misses_ask_for_and_one_that_few_groups_come_by_that_of_all()
    {
        // Twenty groups: little predicted is missed by up to 1, much by up to 10; only five come by the middle, where they are missed by 100.
        double[] shares = [.. Enumerable.Range(1, 20).Select(group => group / 20.0)];
        int[] groups = [.. Enumerable.Range(0, 20), .. Enumerable.Range(0, 20), .. Enumerable.Range(0, 5)];
        double[] scores = [.. shares, .. shares.Select(share => 10 * share), 100, 100, 100, 100, 100];
        double[] predictions = [.. shares.Select(_ => 5.0), .. shares.Select(_ => 29.0), 15, 15, 15, 15, 15];
        var all = SplitConformal.OfGroups(scores, groups, 0.9);
        var bands = BandsByPrediction.OfGroups(scores, predictions, groups, 30, 3, all);
        Assert.Equal([0.95, all.Radius, 9.5], bands.Bands.Select(band => band.Radius)); // the 19th of 20
        Assert.Equal([0.95, 0.95, all.Radius, 9.5, 9.5, 9.5], new[] { -1, 9.99, 10, 20.01, 30, 31 }.Select(bands.RadiusAt));
    }

    [Fact]
    public void It_is_read_as_it_was_written_and_nonsense_is_refused()
    {
        var bands = new BandsByPrediction(30, [new(0.9, 1, 20), new(0.9, 2, 20)]);
        Assert.Equal(bands.ToJson().ToJsonString(), BandsByPrediction.Read(bands.ToJson()).ToJson().ToJsonString());
        foreach (var (part, value) in new (string, JsonNode?)[] { ("most", 0), ("bands", new JsonArray()), ("bands", new JsonArray(new SplitConformal(0.9, double.PositiveInfinity, 3).ToJson())), ("bands", null) })
        {
            var text = bands.ToJson();
            text[part] = value;
            Assert.Throws<ProblemException>(() => BandsByPrediction.Read(text));
        }
    }
}
