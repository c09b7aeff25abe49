using System.Buffers;
using System.IO.Pipelines;
using Dure.Mqtt.Packets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Dure.Mqtt.Server;

/// <summary>One client's connection: CONNECT, then batches of packets until either side leaves.</summary>
internal sealed partial class Connection(MqttServer server, ConnectionContext transport)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WillTime = TimeSpan.FromSeconds(2);

    private readonly Outbox outbox = new(transport.Transport.Output);
    // Not linked to the transport's end: that comes with the client's FIN, when its last packets are still to be read.
    private readonly CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(server.Stopping);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock closing = new();
    private (ReasonCode Reason, string Message)? closedWith;
    private ConnectPacket? connect;
    private IMqttPrincipal? principal;
    private Session? session;
    private Link? link;
    private long keepAliveTicks;
    private long lastReceived = server.Time.GetTimestamp();
    private bool isLeaving;
    private bool leavesWithWill = true;

    /// <summary>Completes when the session has been let go.</summary>
    public Task Ended => ended.Task;

    private MqttVersion Version => connect!.Version;

    /// <summary>Serves the connection to its end.</summary>
    public async Task Run()
    {
        try
        {
            if (await Accept())
                await Read(ending.Token);
        }
        catch (MqttProtocolException broken)
        {
            Close(broken.Reason, broken.Message);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ConnectionResetException or ConnectionAbortedException or ObjectDisposedException)
        {
            // The client went, or Close() or the server's end stopped the reading; which of them, closedWith tells.
        }
        finally
        {
            await Leave();
        }
    }

    /// <summary>Ends the connection with a reason for the client; the first one counts. Any thread may call it.</summary>
    public void Close(ReasonCode reason, string message)
    {
        lock (closing)
        {
            if (closedWith is not null)
                return;
            closedWith = (reason, message);
        }
        if (reason >= ReasonCode.UnspecifiedError && reason is not (ReasonCode.SessionTakenOver or ReasonCode.ServerShuttingDown))
        {
            server.Counters.Refused();
            LogRefused(server.Logger, connect?.ClientId ?? "", reason, message);
        }
        _ = Task.Run(() =>
        {
            try
            {
                ending.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended meanwhile.
            }
        });
    }

    /// <summary>The keeper's regular look: closes a connection that was silent for too long, gives back memory of an idle one.</summary>
    public void Watch(TimeSpan idleTrim)
    {
        if (isCommitting)
            return; // it is the server that takes its time
        var silent = server.Time.GetElapsedTime(Volatile.Read(ref lastReceived));
        if (connect is null ? silent > server.Options.ConnectTimeout : keepAliveTicks > 0 && silent.Ticks > keepAliveTicks)
            Close(ReasonCode.KeepAliveTimeout, connect is null ? "CONNECT did not come in time." : "Nothing came for one and a half keep-alive times.");
        else if (principal is { IsValid: false })
            Close(ReasonCode.NotAuthorized, "The token or user is no longer valid.");
        else if (silent > idleTrim)
            outbox.Trim();
    }

    private async Task Leave()
    {
        try
        {
            if (link is { Version: MqttVersion.V50 } said && closedWith is { } reason)
                SayWhy(said, reason.Reason, reason.Message);
            // Whoever waits to take the session over must not speak before the will, which would then have the last word.
            if (LetSessionGo() is { } will)
                await server.Publish(will).WaitAsync(WillTime, server.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.TrySetResult();
            await outbox.Finish(LastWords, server.Time);
        }
        finally
        {
            ended.TrySetResult();
            outbox.Close();
            ending.Dispose();
            _ = AbortLater();
        }
    }

    private void SayWhy(Link said, ReasonCode reason, string message)
    {
        var packet = new DisconnectPacket(reason);
        packet.Properties.ReasonText = message;
        lock (outbox.Gate)
        {
            var mark = outbox.Filling.Length;
            packet.Write(outbox.Filling, MqttVersion.V50);
            if (said.Fits(outbox.Filling.Length - mark))
                return;
            outbox.Filling.Cut(mark);
            new DisconnectPacket(reason).Write(outbox.Filling, MqttVersion.V50);
        }
    }

    // The transport sends what it has and closes; a far side that takes nothing must not keep it open.
    private async Task AbortLater()
    {
        await Task.Delay(LastWords, server.Time, transport.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        transport.Abort();
    }

    /// <summary>Ends the connection's hold on its session; returns the will if it is due now.</summary>
    private DelayedWill? LetSessionGo()
    {
        if (session is not { } held)
            return null;
        var now = server.Time.GetUtcNow();
        DelayedWill? will = null;
        if (leavesWithWill && connect!.Will is { } asked)
        {
            will = new DelayedWill(asked, principal!, now.AddSeconds(Math.Min(asked.Properties.WillDelaySeconds ?? 0, held.ExpirySeconds)));
            if (will.At > now)
                server.Wills.Put(held, will);
        }
        if (server.Sessions.Close(held, now))
            server.End(held);
        return will is not null && will.At <= now ? will : null;
    }

    private async Task Read(CancellationToken cancel)
    {
        var input = transport.Transport.Input;
        while (!isLeaving)
        {
            var result = await input.ReadAsync(cancel);
            Volatile.Write(ref lastReceived, server.Time.GetTimestamp());
            if (!principal!.IsValid)
                throw new MqttProtocolException(ReasonCode.NotAuthorized, "The token or user is no longer valid.");
            var rest = result.Buffer;
            bool hasMore;
            do
            {
                hasMore = Parse(ref rest);
                if (!await TryCommit(cancel))
                    return;
            }
            while (hasMore && !isLeaving);
            input.AdvanceTo(rest.Start, rest.End);
            if (result.IsCompleted)
                return;
        }
    }

    // The tap or the log may fail: then nothing was acknowledged, and the client will send again.
    private async ValueTask<bool> TryCommit(CancellationToken cancel)
    {
        try
        {
            await Commit(cancel);
            return true;
        }
        catch (Exception failed) when (failed is not (MqttProtocolException or OperationCanceledException))
        {
            LogFailed(server.Logger, failed, connect!.ClientId);
            Close(ReasonCode.ImplementationSpecificError, "The server could not keep what was sent; send it again.");
            return false;
        }
    }

    [LoggerMessage(1511, LogLevel.Error, "MQTT client {Client}: keeping its messages failed; it was disconnected unacknowledged")]
    private static partial void LogFailed(ILogger logger, Exception failed, string client);

    [LoggerMessage(1512, LogLevel.Information, "MQTT client {Client} was closed with {Reason}: {Message}")]
    private static partial void LogRefused(ILogger logger, string client, ReasonCode reason, string message);
}
