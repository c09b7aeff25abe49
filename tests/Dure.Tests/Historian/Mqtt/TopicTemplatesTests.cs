using Dure.Historian.Mqtt;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Mqtt;

public sealed class TopicTemplatesTests
{
    [Theory]
    [InlineData("{site}/{area}/{machine}/{signal}", "ulsan/paint/oven2/temp", "", "ulsan/paint/oven2/temp")]
    [InlineData("umh/v1/{enterprise}/{site}/{area}/{line}/{machine}/_raw/{signal}", "umh/v1/acme/ulsan/paint/l1/oven2/_raw/temp", "", "acme/ulsan/paint/l1/oven2/temp")]
    [InlineData("plants/{site}/raw/{rest...}", "plants/ulsan/raw/a/b/c", "", "ulsan/a/b/c")]
    [InlineData("plants/{site}/{machine} -> {site}/hall 1/{machine}", "plants/ulsan/oven2", "temp", "ulsan/hall 1/oven2/temp")]
    [InlineData("sensors/{id} -> plant/{field}/{id}", "sensors/17", "temp", "plant/temp/17")]
    [InlineData("sensors/{id}", "other/17", "temp/max", "other/17/temp/max")]
    [InlineData("# a remark\n\nsensors/{id}\r\n{a}/{b}", "other/17", "", "other/17")]
    public void A_topic_is_named_by_the_first_template_that_fits(string templates, string topic, string field, string name) =>
        Assert.Equal(name, TopicTemplates.Parse(templates).NameOf(topic, field));

    [Theory]
    [InlineData("{site}/{site}")]
    [InlineData("{rest...}/x")]
    [InlineData("a/b")]
    [InlineData("a{b}/c")]
    [InlineData("{a} -> {b}")]
    [InlineData("{a} -> {b")]
    [InlineData("{field}")]
    public void A_template_that_cannot_be_is_named_by_its_line(string template)
    {
        var refused = Assert.Throws<ProblemException>(() => TopicTemplates.Parse("{ok}\n" + template)).Problem;
        Assert.Equal(("urn:dure:mqtt:bad-template", "templates, line 2"), (refused.Type, refused.Where));
    }
}
