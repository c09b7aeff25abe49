using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;
using Dure.Mqtt;
using Dure.Mqtt.Server;

namespace Dure.Historian.Mqtt;

/// <summary>
/// The node's own MQTT door: what clients publish to its server is read and handed to a desk, and acknowledged once it is durable. Towards
/// Sparkplug's edge nodes it is the host application.
/// </summary>
public sealed class MqttIntake : IMqttTap, IAsyncDisposable
{
    private readonly SparkplugHost sparkplug;
    private readonly MessageDesk desk;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private MqttPublisher? publisher;
    private Func<MqttMessage, CancellationToken, ValueTask>? publish;
    private Task ticking = Task.CompletedTask;
    private int disposed;

    /// <param name="to">Where samples go.</param>
    /// <param name="templates">How topics become names.</param>
    /// <param name="options">Sparkplug's limits and this host application's id.</param>
    /// <param name="time">The clock.</param>
    public MqttIntake(ISourceDesk to, TopicTemplates templates, SparkplugOptions options, TimeProvider time)
    {
        this.time = time;
        sparkplug = new SparkplugHost(options);
        desk = new MessageDesk(new MessageReader(templates, sparkplug), to, "mqtt", time);
    }

    /// <summary>The Sparkplug host application it is.</summary>
    public string HostId => sparkplug.HostId;

    /// <summary>Gives it the server to publish through: it says that the host application is online, and asks edge nodes for births from now on.</summary>
    public async Task Attach(MqttServer server, CancellationToken cancel)
    {
        publish = (message, ending) => server.Publish(message.Topic, message.Payload, message.Qos, message.Retain, ending);
        publisher = new MqttPublisher(publish);
        desk.Publish = publisher.Send;
        sparkplug.Will(time.GetUtcNow()); // no server could publish it for its own host; it sets the time of the birth
        await publish(sparkplug.Birth(), cancel);
        ticking = desk.Tick(stop.Token);
    }

    /// <inheritdoc />
    public ValueTask Take(ReadOnlyMemory<TappedMessage> messages, CancellationToken cancel) =>
        desk.Take((reader, now, into) =>
        {
            foreach (ref readonly var message in messages.Span)
            {
                if (!message.Topic.StartsWith('$'))
                    reader.Read(message.Topic, message.Payload, reader.ReceivedAt(now), into);
            }
        }, cancel);

    /// <summary>Says that the host application is offline, which stays retained. To be called before the server ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        await stop.CancelAsync();
        await ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (publisher is not null)
            await publisher.DisposeAsync();
        if (publish is not null)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
            try
            {
                await publish(sparkplug.Death(time.GetUtcNow()), patience.Token);
            }
            catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException or IOException)
            {
                // The server has ended before.
            }
        }
        stop.Dispose();
    }
}
