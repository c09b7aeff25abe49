using System.Text;
using Dure.Historian.Sparkplug;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Sparkplug;

public sealed class SparkplugPayloadTests
{
    [Fact]
    public void The_published_bytes_are_read()
    {
        var bytes = Convert.FromHexString("0880b883a1f732121a0a0b4c696e65312f54656d70301000200a69" + "0000000000803540");
        Assert.True(SparkplugPayload.TryRead(bytes, out var payload));
        Assert.Equal((1750000000000ul, 1), (payload.Timestamp!.Value, payload.MetricCount));
        Assert.True(payload.NextMetric(out var metric));
        Assert.Equal("Line1/Temp0", Encoding.UTF8.GetString(metric.Name));
        Assert.True(metric.HasAlias);
        Assert.Equal(0ul, metric.Alias);
        Assert.Equal(SparkplugType.Double, metric.Type);
        Assert.True(metric.TryNumber(metric.Type, out var value));
        Assert.Equal(21.5, value);
    }

    [Fact]
    public void The_writer_begins_as_the_published_bytes()
    {
        var metric = new SparkplugWriterMetric { Name = "Line1/Temp0", Alias = 0, Timestamp = 1750000000000, Type = SparkplugType.Double, Value = 21.5 };
        var hex = Convert.ToHexStringLower(new SparkplugWriter(1750000000000).Metric(metric).Written);
        Assert.StartsWith("0880b883a1f73212210a0b4c696e65312f54656d70301000", hex, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SparkplugType.Int8, -128)]
    [InlineData(SparkplugType.Int16, -32768)]
    [InlineData(SparkplugType.Int32, int.MinValue)]
    [InlineData(SparkplugType.Int64, -9007199254740992)]
    [InlineData(SparkplugType.UInt8, 255)]
    [InlineData(SparkplugType.UInt16, 65535)]
    [InlineData(SparkplugType.UInt32, uint.MaxValue)]
    [InlineData(SparkplugType.UInt64, 9007199254740992)]
    [InlineData(SparkplugType.Float, 0.5)]
    [InlineData(SparkplugType.Double, -1e300)]
    [InlineData(SparkplugType.Boolean, 1)]
    [InlineData(SparkplugType.DateTime, 1750000000000)]
    public void Every_type_with_a_number_comes_back_as_written(SparkplugType type, double value)
    {
        var bytes = new SparkplugWriter(1).Metric(new SparkplugWriterMetric { Name = "m", Type = type, Value = value }).Written;
        Assert.True(SparkplugPayload.TryRead(bytes, out var payload) && payload.NextMetric(out var metric) && metric.TryNumber(type, out var read) && read.Equals(value));
    }

    [Fact]
    public void Properties_give_unit_range_and_quality()
    {
        var bytes = new SparkplugWriter(1).Metric(new SparkplugWriterMetric { Name = "m", Type = SparkplugType.Double, Value = 1, Properties = [("engUnit", "bar"), ("engLow", 0.0), ("engHigh", 10.0), ("Quality", 500)] }).Written;
        Assert.True(SparkplugPayload.TryRead(bytes, out var payload));
        Assert.True(payload.NextMetric(out var metric));
        Assert.Equal(new SparkplugProperties("bar", 0, 10, null, Quality.Bad), SparkplugProperties.Read(metric.Properties));
    }

    [Fact]
    public void A_payload_cut_anywhere_is_told_and_never_throws()
    {
        var whole = new SparkplugWriter(1750000000000).Seq(3).Metric(new SparkplugWriterMetric { Name = "m", Type = SparkplugType.Double, Value = 1, Properties = [("engUnit", "bar")] }).Written;
        for (var length = 0; length < whole.Length; length++)
        {
            if (!SparkplugPayload.TryRead(whole[..length], out var payload))
                continue;
            while (payload.NextMetric(out var metric))
                SparkplugProperties.Read(metric.Properties);
        }
        Assert.False(SparkplugPayload.TryRead(whole[..^1], out _));
    }
}
