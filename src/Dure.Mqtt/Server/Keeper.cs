using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Dure.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Dure.Mqtt.Server;

/// <summary>The server's clockwork: keep-alive, wills, expiry, <c>$SYS</c> topics, the log's compaction.</summary>
internal sealed partial class Keeper(MqttServer server) : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleTrim = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);
    private const int MaxWaitingWills = 100_000;

    // A will belongs to a connection or session, so their number bounds the queue; this is the bound behind that bound.
    private readonly Channel<(DelayedWill Will, TaskCompletionSource? Published)> wills = Channel.CreateBounded<(DelayedWill, TaskCompletionSource?)>(new BoundedChannelOptions(MaxWaitingWills) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource stop = new();
    private readonly DateTimeOffset startedAt = server.Time.GetUtcNow();
    private DateTimeOffset systemTopicsAt = server.Time.GetUtcNow();
    private Task turning = Task.CompletedTask;
    private Task publishing = Task.CompletedTask;

    public void Start() => (turning, publishing) = (Turn(new PeriodicTimer(Beat, server.Time)), PublishWills());

    public void PublishSoon(DelayedWill will) => wills.Writer.TryWrite((will, null));

    /// <summary>Completes when the will has been published, or could not be.</summary>
    public Task Publish(DelayedWill will)
    {
        var published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return wills.Writer.TryWrite((will, published)) ? published.Task : Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        wills.Writer.TryComplete();
        await publishing.WaitAsync(DrainTime, server.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stop.CancelAsync();
        await Task.WhenAll(turning, publishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task Turn(PeriodicTimer timer)
    {
        using var beats = timer;
        while (await beats.WaitForNextTickAsync(stop.Token))
        {
            try
            {
                var now = server.Time.GetUtcNow();
                foreach (var connection in server.Connections)
                    connection.Watch(IdleTrim);
                foreach (var will in server.Wills.TakeDue(now))
                    PublishSoon(will);
                foreach (var session in server.Sessions.TakeExpired(now))
                    server.End(session);
                if (server.Options.SystemTopicsEvery > TimeSpan.Zero && now >= systemTopicsAt)
                    await PublishSystemTopics(now);
                server.Log?.Nudge();
                if (server.Log is { IsDueForCompaction: true })
                    await server.Compact(stop.Token);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                LogFailed(server.Logger, failed);
            }
        }
    }

    private async Task PublishWills()
    {
        var plan = new DeliveryPlan();
        await foreach (var ((will, principal, _), published) in wills.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await Publish(will, principal, plan);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                LogFailed(server.Logger, failed);
            }
            finally
            {
                published?.TrySetResult();
            }
            plan.Clear();
        }
    }

    private async Task Publish(MqttWill will, IMqttPrincipal principal, DeliveryPlan plan)
    {
        var properties = new PacketBuffer(64);
        will.Properties.WriteBare(properties);
        var route = server.Routes.Get(will.Topic);
        var publications = new Publication[]
        {
            new()
            {
                Route = route, Payload = will.Payload, Qos = will.Qos, Retain = will.Retain,
                Properties = properties.Length == 0 ? default : PublishPacket.TravellingProperties(properties.Written, PropertyPlace.Will),
                ExpiresAt = Message.ExpiryOf(will.Properties.MessageExpirySeconds, server.Time),
            },
        };
        if (server.Tap is { } tap)
            await tap.Take(new[] { new TappedMessage(route.Name, will.Payload, will.Qos, will.Retain, principal) }, stop.Token);
        var position = server.Distribute(publications, plan, null);
        await server.Settle(plan, position, null, stop.Token);
    }

    private async Task PublishSystemTopics(DateTimeOffset now)
    {
        systemTopicsAt = now + server.Options.SystemTopicsEvery;
        server.Retained.Sweep(now);
        var statistics = server.Statistics;
        await Put("uptime", (long)(now - startedAt).TotalSeconds);
        await Put("clients/connected", statistics.Connections);
        await Put("sessions", statistics.Sessions);
        await Put("subscriptions", statistics.Subscriptions);
        await Put("retained", statistics.Retained);
        await Put("messages/received", statistics.Received);
        await Put("messages/dropped", statistics.Dropped);
        await Put("refused", statistics.Refused);
    }

    private ValueTask Put(string name, long value) =>
        server.Publish($"$SYS/broker/{name}", Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)), QualityOfService.AtMostOnce, retain: true, stop.Token);

    [LoggerMessage(1501, LogLevel.Error, "The MQTT server's upkeep failed and goes on")]
    private static partial void LogFailed(ILogger logger, Exception failed);
}
