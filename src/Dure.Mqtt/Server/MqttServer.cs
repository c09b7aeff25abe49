using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;
using Dure.Mqtt.Server.Sessions;
using Dure.Mqtt.Server.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Dure.Mqtt.Server;

/// <summary>
/// An MQTT 3.1.1 and 5.0 server for Kestrel's listeners (<c>listen.UseConnectionHandler&lt;MqttServer&gt;()</c>, with <c>UseHttps</c> before it for
/// TLS). Who may do what is the host's <see cref="IMqttAccess"/>; what is published goes to the host's <see cref="IMqttTap"/> before it is acknowledged.
/// </summary>
public sealed partial class MqttServer : ConnectionHandler, IAsyncDisposable
{
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Connection, bool> connections = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Keeper keeper;
    private bool isDisposed;

    private MqttServer(MqttServerOptions options, IMqttAccess access, IMqttTap? tap, TimeProvider time, ILogger logger)
    {
        (Options, Access, Tap, Time, Logger) = (options, access, tap, time, logger);
        Tree = new TopicTree();
        Routes = new RouteCache(Tree);
        Retained = new RetainedMessages(options.MaxRetainedMessages, options.MaxRetainedBytes);
        Sessions = new SessionBook(options);
        keeper = new Keeper(this);
    }

    /// <summary>What was found in the data folder and, if bytes were cut, how many; empty when there was nothing to say.</summary>
    public string Recovery { get; private set; } = "";

    public MqttServerStatistics Statistics =>
        new(Counters.Connections, Sessions.Count, Tree.Count, Retained.Count, Counters.ReceivedMessages, Counters.DroppedMessages, Counters.RefusedPackets);

    internal MqttServerOptions Options { get; }
    internal IMqttAccess Access { get; }
    internal IMqttTap? Tap { get; }
    internal TimeProvider Time { get; }
    internal ILogger Logger { get; }
    internal TopicTree Tree { get; }
    internal RouteCache Routes { get; }
    internal RetainedMessages Retained { get; }
    internal SessionBook Sessions { get; }
    internal WillBook Wills { get; } = new();
    internal ServerCounters Counters { get; } = new();
    internal SessionLog? Log { get; private set; }
    internal CancellationToken Stopping => stopping.Token;
    internal IEnumerable<Connection> Connections => connections.Keys;

    /// <summary>Opens the server's state, from its log when <see cref="MqttServerOptions.DataPath"/> is set, and starts its clockwork.</summary>
    public static async Task<MqttServer> Open(MqttServerOptions options, IMqttAccess access, IMqttTap? tap, TimeProvider time, ILogger logger, CancellationToken cancel)
    {
        var server = new MqttServer(options, access, tap, time, logger);
        if (options.DataPath is { } folder)
            await server.Restore(folder, cancel);
        server.keeper.Start();
        return server;
    }

    /// <inheritdoc />
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (stopping.IsCancellationRequested)
        {
            connection.Abort();
            return;
        }
        var served = new Connection(this, connection);
        connections[served] = true;
        Counters.ConnectionOpened();
        try
        {
            await served.Run();
        }
        finally
        {
            connections.TryRemove(served, out _);
            Counters.ConnectionClosed();
        }
    }

    /// <summary>Publishes for the host. It goes to subscribers and, if asked, is retained; the tap does not get it.</summary>
    public async ValueTask Publish(string topic, ReadOnlyMemory<byte> payload, QualityOfService qos, bool retain, CancellationToken cancel)
    {
        var publications = new Publication[] { new() { Route = Routes.Get(topic), Payload = payload, Qos = qos, Retain = retain, ExpiresAt = Message.Never } };
        var plan = new DeliveryPlan();
        var position = Distribute(publications, plan, null);
        await Settle(plan, position, null, cancel);
    }

    /// <summary>Tells all clients that the server shuts down, and takes no more. Returns at once.</summary>
    public void Leave()
    {
        foreach (var connection in connections.Keys)
            connection.Close(ReasonCode.ServerShuttingDown, "The server shuts down.");
        if (!isDisposed)
            stopping.Cancel();
    }

    /// <summary>Lets all clients go and closes its state.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        Leave();
        isDisposed = true;
        await Task.WhenAll(connections.Keys.Select(connection => connection.Ended)).WaitAsync(LeaveTime, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await keeper.DisposeAsync();
        if (Log is not null)
            await Log.DisposeAsync();
        stopping.Dispose();
    }

    /// <summary>Retains and routes a batch. Results that are failures come back in the publications.</summary>
    /// <returns>The log position that must be safe before the batch is acknowledged; 0: none.</returns>
    internal long Distribute(Span<Publication> publications, DeliveryPlan plan, Session? from)
    {
        var position = 0L;
        for (var i = 0; i < publications.Length; i++)
        {
            ref var publication = ref publications[i];
            if (!publication.IsDelivered)
                continue;
            if (publication.Retain)
                position = Math.Max(position, Retain(ref publication));
            Plan(ref publication, i, plan, from);
        }
        foreach (var (session, deliveries) in CollectionsMarshal.AsSpan(plan.Sessions))
        {
            position = Math.Max(position, session.Deliver(deliveries, publications));
            position = Math.Max(position, session.WaitsFor);
        }
        if (Tap is null)
            TellRefused(publications);
        return position;
    }

    /// <summary>Sends what was planned, but for <paramref name="from"/>, whose connection sends it with its acknowledgements; what must be safe first is sent once it is.</summary>
    internal async ValueTask Settle(DeliveryPlan plan, long position, Session? from, CancellationToken cancel)
    {
        Flush(plan, from);
        if (position == 0)
            return;
        await Log!.Sync(position, cancel);
        foreach (var (session, _) in plan.Sessions)
        {
            if (session.WaitsFor != 0)
                session.Pump();
        }
        Flush(plan, from);
    }

    /// <summary>Ends a session: its subscriptions, its will, and what it had not acknowledged of shared subscriptions, which goes to other members.</summary>
    internal void End(Session session)
    {
        var shared = session.End(out var subscriptions);
        foreach (var subscription in subscriptions)
            Tree.Remove(subscription);
        foreach (var outgoing in shared)
            Redeliver(outgoing);
        if (Wills.Take(session) is { } will)
            keeper.PublishSoon(will);
    }

    internal Task Publish(DelayedWill will) => keeper.Publish(will);

    // One full queue is that session's loss. The publisher's it is only when nobody has the message.
    private static void TellRefused(Span<Publication> publications)
    {
        foreach (ref var publication in publications)
        {
            if (publication is { IsRefused: true, IsTaken: false })
                publication.Result = ReasonCode.QuotaExceeded;
        }
    }

    private static void Flush(DeliveryPlan plan, Session? except)
    {
        foreach (var (session, _) in CollectionsMarshal.AsSpan(plan.Sessions))
        {
            if (session != except)
                session.Link?.Outbox.Flush();
        }
    }

    private void Plan(ref Publication publication, int index, DeliveryPlan plan, Session? from)
    {
        var audience = publication.Route.Audience;
        foreach (var target in audience.Targets)
        {
            var chosen = target.Session == from ? target.OwnMessages : target;
            if (chosen is not null)
                plan.Add(chosen, index);
        }
        foreach (var group in audience.Groups)
        {
            if (group.Next(publication.Qos) is { } member)
                plan.Add(member, index);
        }
        if (Tap is null && audience.Targets.Length + audience.Groups.Length == 0)
            publication.Result = ReasonCode.NoMatchingSubscribers;
    }

    private long Retain(ref Publication publication)
    {
        var message = publication.Keep();
        if (!Retained.TryPut(message, out var position))
        {
            publication.Result = ReasonCode.QuotaExceeded;
            Counters.Dropped();
            return 0;
        }
        return publication.Qos == QualityOfService.AtMostOnce ? 0 : position;
    }

    private void Redeliver(in Outgoing outgoing)
    {
        if (Tree.FindGroup(outgoing.Group!)?.Next(outgoing.Qos) is not { } member)
        {
            Counters.Dropped();
            return;
        }
        member.Session.Deliver(outgoing.Message!, member.SubscriptionIds, outgoing.Qos < member.Qos ? outgoing.Qos : member.Qos, outgoing.Retain, outgoing.Group);
        member.Session.Link?.Outbox.Flush();
    }
}
