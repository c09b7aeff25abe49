using Dure.Historian.Sources;
using Dure.Mqtt;

namespace Dure.Historian.Mqtt;

/// <summary>A message to publish.</summary>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, bool Retain);

/// <summary>What messages were read into: samples, what is known of their items, and what the readers want published.</summary>
public sealed class Reading(string source)
{
    public SampleBatch Live { get; } = new(source);

    /// <summary>Samples whose sender marks them as belated: they are kept apart, so that nobody takes them for present ones.</summary>
    public SampleBatch Historical { get; } = new($"{source} (historical)");

    public List<SourceItem> Items { get; } = [];

    public List<MqttMessage> ToPublish { get; } = [];
}
