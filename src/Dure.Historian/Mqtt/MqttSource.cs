using System.Net.Sockets;
using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Client;
using Dure.Mqtt.Packets;

namespace Dure.Historian.Mqtt;

/// <summary>What an MQTT source reads.</summary>
/// <param name="HostId">The Sparkplug host application it says to be; null says nothing.</param>
public sealed record MqttSettings(
    string Host, int Port, bool UseTls, MqttVersion Version, string ClientId, string? User, string? Password, IReadOnlyList<string> Topics, TopicTemplates Templates, string? HostId);

/// <summary>
/// Reads an MQTT server's messages into samples. Messages are acknowledged when their samples are durable; the server keeps what comes
/// while this source is away, except where it is a Sparkplug host, whose sessions must be clean (Sparkplug B 3.0, 5.4).
/// </summary>
public sealed class MqttSource : ISource
{
    private readonly MqttSettings settings;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly SparkplugHost sparkplug;
    private readonly MessageReader reader;
    private volatile bool hasConnected;

    // Retained messages that answer the subscription were read before: without a time of their own they would become new samples with each connection.
    private volatile bool isRetainedOld;

    public MqttSource(MqttSettings settings, TimeProvider time, Backoff backoff)
    {
        (this.settings, this.time, this.backoff) = (settings, time, backoff);
        sparkplug = new SparkplugHost(new SparkplugOptions { HostId = settings.HostId ?? "dure" });
        reader = new MessageReader(settings.Templates, sparkplug);
    }

    public async Task Run(ISourceDesk desk, CancellationToken cancel)
    {
        var taking = new MessageDesk(reader, desk, $"mqtt {settings.Host}:{settings.Port}", time);
        while (true)
        {
            try
            {
                await Serve(desk, taking, cancel);
            }
            catch (Exception loss) when (loss is ProblemException or IOException or SocketException or ObjectDisposedException)
            {
                cancel.ThrowIfCancellationRequested();
                var problem = (loss as ProblemException)?.Problem ?? new Problem("urn:dure:mqtt:no-connection", loss.Message, $"{settings.Host}:{settings.Port}", "It is tried again by itself; if this stays, look at the server.");
                desk.Report(SourceState.Retrying, problem);
                await Task.Delay(backoff.Next(), time, cancel);
            }
        }
    }

    private async Task Serve(ISourceDesk desk, MessageDesk taking, CancellationToken cancel)
    {
        var will = settings.HostId is null ? null : sparkplug.Will(time.GetUtcNow());
        var options = new MqttClientOptions
        {
            Host = settings.Host,
            Port = settings.Port,
            UseTls = settings.UseTls,
            Version = settings.Version,
            ClientId = settings.ClientId,
            UserName = settings.User,
            Password = settings.Password,
            CleanStart = settings.HostId is not null,
            Will = will is null ? null : new MqttWill(will.Topic, will.Payload, will.Qos, will.Retain, new MqttProperties()),
        };
        isRetainedOld = false; // what comes before the subscription is what was not acknowledged
        await using var client = await MqttClient.Connect(options, time, (messages, ending) => taking.Take((each, now, into) => ReadAll(messages, each, now, into), ending), cancel);
        await using var publisher = new MqttPublisher((message, ending) => new ValueTask(client.Publish(message.Topic, message.Payload, message.Qos, message.Retain, ending)));
        taking.Publish = publisher.Send;
        using var ticks = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ticking = Task.CompletedTask;
        try
        {
            // A 5.0 server that has the session sends retained messages only for topics that are new to it.
            isRetainedOld = settings.Version == MqttVersion.V50 ? hasConnected && !client.SessionPresent : hasConnected || client.SessionPresent;
            var retained = settings.Version == MqttVersion.V50 ? RetainHandling.IfNew : RetainHandling.Always;
            IEnumerable<string> topics = settings.HostId is null ? settings.Topics : settings.Topics.Append(sparkplug.StateTopic);
            await client.Subscribe([.. topics.Distinct(StringComparer.Ordinal).Select(topic => new TopicSubscription(topic, QualityOfService.AtLeastOnce, RetainHandling: retained))], cancel);
            hasConnected = true;
            if (settings.HostId is not null)
                publisher.Send([sparkplug.Birth()]);
            await taking.Take((each, now, into) => each.Sparkplug.AskForBirths(now, into), cancel);
            backoff.Succeeded();
            desk.Report(SourceState.Connected);
            ticking = taking.Tick(ticks.Token);
            await client.Completion.WaitAsync(cancel);
        }
        finally
        {
            await ticks.CancelAsync();
            await ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Leave(client, taking, cancel.IsCancellationRequested);
        }
    }

    /// <summary>After a loss nobody knows how the edge nodes are; on leaving the STATE topic says so.</summary>
    private async Task Leave(MqttClient client, MessageDesk taking, bool isAsked)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            if (isAsked && settings.HostId is not null)
            {
                var death = sparkplug.Death(time.GetUtcNow());
                await client.Publish(death.Topic, death.Payload, death.Qos, death.Retain, patience.Token);
            }
            await taking.Take((each, now, into) => each.Sparkplug.Disconnected(now, into), patience.Token);
        }
        catch (Exception gone) when (gone is ProblemException or IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The loss itself is told by the caller.
        }
    }

    private void ReadAll(IReadOnlyList<ReceivedMessage> messages, MessageReader reader, long now, Reading into)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].SkippedBytes > 0)
                into.Live.Reject(messages[i].Topic, $"The message has {messages[i].SkippedBytes:N0} bytes, which is more than is taken; it was passed over.", "Send smaller messages, or fewer samples in one.");
            else
                reader.Read(messages[i].Topic, messages[i].Payload, reader.ReceivedAt(now), into, hasBeenTold: messages[i].Retain && isRetainedOld);
        }
    }
}
