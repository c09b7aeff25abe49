using Dure.Historian;
using Dure.Historian.Mqtt;
using Dure.Historian.Sparkplug;
using Dure.Kernel;

namespace Dure.Tests.Historian.Sparkplug;

/// <summary>A host and one edge node <c>plant/edge1</c> with a device <c>press</c> that talks to it.</summary>
internal sealed class EdgeNodeMessages
{
    public const ulong Start = 1_750_000_000_000;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public SparkplugHost Host { get; } = new(new SparkplugOptions { HostId = "here", ReorderTimeout = Patience });
    public ulong Now { get; set; } = Start;
    public Reading Last { get; private set; } = new("test");

    public static SparkplugWriterMetric Temperature(double? value, bool isHistorical = false, ulong? at = null) =>
        new() { Name = "Temp", Alias = 1, Type = SparkplugType.Double, Value = value, IsHistorical = isHistorical, Timestamp = at, Properties = [("engUnit", "Cel"), ("engLow", 0.0), ("engHigh", 90.0)] };

    public static SparkplugWriterMetric Pressure(double value) => new() { Name = "Pressure", Alias = 2, Type = SparkplugType.Float, Value = value };

    /// <summary>A value as data messages carry it: by alias, without name and type.</summary>
    public static SparkplugWriterMetric Value(ulong alias, double? value, SparkplugType type = SparkplugType.Double, bool isHistorical = false, ulong? at = null) =>
        new() { Alias = alias, Value = value, ValueType = type, IsHistorical = isHistorical, Timestamp = at };

    public Reading NodeBirth(ulong seq = 0, ulong bdSeq = 0, params SparkplugWriterMetric[] metrics) =>
        Send("NBIRTH/edge1", seq, [new SparkplugWriterMetric { Name = "bdSeq", Type = SparkplugType.Int64, Value = bdSeq }, new SparkplugWriterMetric { Name = "Node Control/Rebirth", Type = SparkplugType.Boolean, Value = 0 }, .. metrics]);

    public Reading NodeDeath(ulong bdSeq) => Send("NDEATH/edge1", null, new SparkplugWriterMetric { Name = "bdSeq", Type = SparkplugType.Int64, Value = bdSeq });

    public Reading DeviceBirth(ulong seq, params SparkplugWriterMetric[] metrics) => Send("DBIRTH/edge1/press", seq, metrics);

    public Reading DeviceData(ulong seq, params SparkplugWriterMetric[] metrics) => Send("DDATA/edge1/press", seq, metrics);

    public Reading DeviceDeath(ulong seq) => Send("DDEATH/edge1/press", seq);

    public Reading Send(string what, ulong? seq, params SparkplugWriterMetric[] metrics)
    {
        var payload = new SparkplugWriter(Now);
        foreach (var metric in metrics)
            payload.Metric(metric);
        if (seq is { } number)
            payload.Seq(number);
        return SendBytes($"spBv1.0/plant/{what}", payload.Written.ToArray());
    }

    public Reading SendBytes(string topic, byte[] payload)
    {
        Last = new Reading("test");
        Host.Receive(topic, payload, (long)Now * 1000, Last);
        return Last;
    }

    public Reading Later(TimeSpan by)
    {
        Now += (ulong)by.TotalMilliseconds;
        Last = new Reading("test");
        Host.Tick((long)Now * 1000, Last);
        return Last;
    }

    /// <summary>Samples as <c>name=value</c>, and <c>name!</c> for those of bad quality.</summary>
    public static List<string> Samples(SampleBatch batch)
    {
        var shown = new List<string>();
        foreach (var block in batch.Blocks)
        {
            for (var i = 0; i < block.Count; i++)
                shown.Add(block.Qualities[i] == Quality.Bad ? $"{block.Signal}!" : FormattableString.Invariant($"{block.Signal}={block.Values[i]}"));
        }
        return shown;
    }
}
