namespace Dure.Mqtt.Server;

/// <summary>A message a client published and was allowed to.</summary>
/// <param name="Topic">The topic's name; the same string object for the same topic as long as the server knows it.</param>
/// <param name="Payload">Valid until <see cref="IMqttTap.Take"/> completes; copy what is to be kept.</param>
/// <param name="Qos">As published.</param>
/// <param name="Retain">As published.</param>
/// <param name="Principal">Who published it.</param>
public readonly record struct TappedMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, bool Retain, IMqttPrincipal Principal);

/// <summary>
/// Takes every message that clients publish, in the order of each connection, before the server acknowledges it: when <see cref="Take"/>
/// completes, PUBACK and PUBREC go out. So an acknowledged sample is as safe as the tap makes it.
/// </summary>
public interface IMqttTap
{
    /// <summary>
    /// Takes what one connection sent in one go (1 to some thousands of messages). Called for many connections at the same time, for one
    /// connection never twice at a time. An exception closes that connection unacknowledged, so that its client sends again.
    /// </summary>
    ValueTask Take(ReadOnlyMemory<TappedMessage> messages, CancellationToken cancel);
}
