using Dure.Kernel;
using Dure.Lab;
using Dure.Optimize.Campaigns;
using Xunit;

namespace Dure.Tests.Lab;

public sealed class CampaignTextTests
{
    [Fact]
    public void The_plan_to_begin_with_is_one()
    {
        var plan = CampaignText.Parse(CampaignText.Example);
        Assert.Equal(("coupling", 4, 2, 30), (plan.Name, plan.Space.Factors.Count, plan.Outcomes.Count, plan.Budget));
        Assert.False(plan.Space.Contains([80, 10, 1, 1])); // ethanol above its boiling point
        Assert.True(plan.Space.Contains([70, 10, 1, 1]));
        Assert.Equal(Aim.Held, plan.Outcomes[1].Aim);
    }

    [Fact]
    public void Sums_mixtures_whole_numbers_and_descriptors_are_read()
    {
        var plan = CampaignText.Parse("""
            {"version":1,"name":"m","budget":10,"outcomes":[{"name":"y","aim":"less"}],
             "factors":[{"name":"a","low":0,"high":1},{"name":"b","low":0,"high":1},{"name":"c","low":0,"high":1},{"name":"n","low":1,"high":4,"whole":true},
                        {"name":"salt","options":["Na","K"],"descriptors":[[1.0,22.9],[1.4,39.1]]}],
             "constraints":[{"name":"all","mixture":["a","b","c"],"mostParts":2,"leastAmount":0.1},{"name":"sum","terms":{"a":2,"n":1},"atMost":4}]}
            """);
        Assert.True(plan.Space.Contains([0.5, 0.5, 0, 3, 1]));
        Assert.False(plan.Space.Contains([0.4, 0.4, 0.2, 3, 1])); // three parts
        Assert.False(plan.Space.Contains([0.95, 0.05, 0, 2, 1])); // too little of one
        Assert.False(plan.Space.Contains([0.9, 0.1, 0, 3, 1])); // 2 * 0.9 + 3
    }

    [Theory]
    [InlineData("", "plan")]
    [InlineData("[1]", "plan")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[null],"outcomes":[{"name":"y","aim":"more"}]}""", "null")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","options":["water ","ether"]}],"outcomes":[{"name":"y","aim":"more"}]}""", "'water '")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","levels":[1,2],"log":true}],"outcomes":[{"name":"y","aim":"more"}]}""", "log")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":100},{"name":"b","low":0,"high":100}],"outcomes":[{"name":"y","aim":"more"}],"constraints":[{"name":"m","mixture":["a","b"],"atMost":100}]}""", "atMost")]
    [InlineData("""{"version":2}""", "version")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1,"hihg":2}],"outcomes":[{"name":"y","aim":"more"}]}""", "hihg")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0}],"outcomes":[{"name":"y","aim":"more"}]}""", "factor 'a'")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":3,"high":1}],"outcomes":[{"name":"y","aim":"more"}]}""", "a")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","unit":"degC!","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}]}""", "Cel")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"a","aim":"more"}]}""", "outcome 'a'")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"state","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}]}""", "state")]
    [InlineData("""{"version":1,"name":"x","budget":0,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}]}""", "budget")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"y","aim":"best"}]}""", "outcome 'y'")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}],"constraints":[{"name":"c","terms":{"b":1},"atMost":1}]}""", "b")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}],"constraints":[{"name":"c","terms":{"a":1},"atMost":1,"atLeast":0}]}""", "constraint 'c'")]
    [InlineData("""{"version":1,"name":"x","budget":5,"factors":[{"name":"a","low":0,"high":1}],"outcomes":[{"name":"y","aim":"more"}],"constraints":[{"name":"high","terms":{"a":1},"atLeast":0.8},{"name":"low","terms":{"a":1},"atMost":0.2}]}""", "high")]
    public void What_is_wrong_is_named(string text, string word)
    {
        var refused = Assert.Throws<ProblemException>(() => CampaignText.Parse(text));
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Problem.Mend);
    }

    [Fact]
    public void Any_change_of_a_plan_is_read_or_refused_in_words()
    {
        var random = new Random(1);
        for (var i = 0; i < 3_000; i++)
        {
            var text = CampaignText.Example.ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                text[random.Next(text.Length)] = "{}[]\",:0123456789.-eXatruefls\n"[random.Next(30)];
            try
            {
                CampaignText.Parse(new string(text));
            }
            catch (ProblemException)
            {
                // in words
            }
        }
    }
}
