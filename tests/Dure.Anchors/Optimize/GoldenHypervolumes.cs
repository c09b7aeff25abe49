using System.Text.Json.Nodes;
using Dure.Optimize.Pareto;
using Xunit;

namespace Dure.Anchors.Optimize;

public sealed class GoldenHypervolumes
{
    [Fact]
    public void Volumes_of_random_sets_in_two_to_five_directions_are_exact()
    {
        var cases = JsonNode.Parse(File.ReadAllText(Shared.Path("data/lab/golden/hypervolume.json")))!.AsArray();
        Assert.NotEmpty(cases);
        foreach (var each in cases)
        {
            double[] numbers(JsonNode list) => [.. list.AsArray().Select(number => number!.GetValue<double>())];
            var points = each!["points"]!.AsArray().Select(point => numbers(point!)).ToArray();
            var expected = each["hypervolume"]!.GetValue<double>();
            Assert.Equal(expected, Hypervolume.Of(points, numbers(each["ref"]!)), 1e-12 * Math.Max(1, expected));
        }
    }
}
