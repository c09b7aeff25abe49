using System.Text.Json;
using Dure.Effects;
using Xunit;

namespace Dure.Anchors.Effects;

public sealed class ExactIntervals
{
    [Fact]
    public void Clopper_Pearson_intervals_match_the_reference_values()
    {
        using var reference = JsonDocument.Parse(File.ReadAllBytes(Shared.Path("data/alliance/mv-formulas/known-values.json")));
        Assert.All(reference.RootElement.GetProperty("clopper_pearson_95").EnumerateArray(), row =>
        {
            var interval = ClopperPearson.Interval(row[0].GetInt64(), row[1].GetInt64());
            Assert.Equal(row[2].GetDouble(), interval.Low, 1e-9);
            Assert.Equal(row[3].GetDouble(), interval.High, 1e-9);
        });
    }
}
