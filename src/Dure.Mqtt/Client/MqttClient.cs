using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dure.Kernel;
using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Client;

/// <summary>
/// One connection to an MQTT server, 3.1.1 or 5.0. Received messages go to a handler in the order they come, those that lie in one read
/// together; QoS 1 and 2 are acknowledged after the handler returned, so a handler that waits holds the server back. It does not connect again
/// by itself: whoever runs it decides when.
/// </summary>
public sealed partial class MqttClient : IAsyncDisposable
{
    private const int ReadBytes = 64 * 1024;
    private const uint SessionForAWeekSeconds = 7 * 24 * 3600;

    private readonly MqttClientOptions options;
    private readonly TimeProvider time;
    private readonly Func<IReadOnlyList<ReceivedMessage>, CancellationToken, ValueTask> handle;
    private readonly TcpClient tcp;
    private readonly Stream stream;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<ReasonCode>> awaited = [];
    private readonly HashSet<ushort> heldQos2 = [];
    private readonly CancellationTokenSource ending = new();
    private byte[] buffer = new byte[ReadBytes];
    private int filled;
    private int nextId;
    private bool isPingOpen;
    private TimeSpan keepAlive;

    private MqttClient(MqttClientOptions options, TimeProvider time, Func<IReadOnlyList<ReceivedMessage>, CancellationToken, ValueTask> handle, TcpClient tcp, Stream stream) =>
        (this.options, this.time, this.handle, this.tcp, this.stream) = (options, time, handle, tcp, stream);

    /// <summary>Whether the server still had this client's session.</summary>
    public bool SessionPresent { get; private set; }

    /// <summary>Runs from connecting to the end of the connection; faults with what ended it.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Connects, and is answered by CONNACK before it returns.</summary>
    /// <exception cref="ProblemException">The server cannot be reached, or refuses: the reason in words.</exception>
    public static async Task<MqttClient> Connect(
        MqttClientOptions options, TimeProvider time, Func<IReadOnlyList<ReceivedMessage>, CancellationToken, ValueTask> handle, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Timeout);
        var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync(options.Host, options.Port, limit.Token);
            Stream stream = tcp.GetStream();
            if (options.UseTls)
            {
                var secured = new SslStream(stream);
                await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = options.Host }, limit.Token);
                stream = secured;
            }
            var client = new MqttClient(options, time, handle, tcp, stream);
            await client.Greet(limit.Token);
            client.Completion = Task.WhenAny(client.Read(), client.KeepAlive()).Unwrap();
            return client;
        }
        catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException or MqttProtocolException)
        {
            tcp.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw Lost(options, failure is OperationCanceledException ? $"It did not answer within {options.Timeout.TotalSeconds:0} s." : failure.Message, failure);
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    /// <summary>Subscribes; the codes say which filters were taken and with which QoS.</summary>
    /// <exception cref="ProblemException">A filter was refused.</exception>
    public async Task Subscribe(IReadOnlyList<TopicSubscription> subscriptions, CancellationToken cancel)
    {
        var id = NextId();
        var code = await Ask(id, into => new SubscribePacket(id, subscriptions, new MqttProperties()).Write(into, options.Version), cancel);
        if (code >= ReasonCode.UnspecifiedError)
        {
            throw new ProblemException("urn:dure:mqtt:subscription-refused", $"The server does not let this client read ({code}).", string.Join(", ", subscriptions.Select(subscription => subscription.Filter)),
                "Allow the topics to this user at the server, or read others.");
        }
    }

    /// <summary>Publishes; with QoS 1 and 2 it returns when the server has acknowledged.</summary>
    /// <exception cref="ProblemException">The server refused the message.</exception>
    public async Task Publish(string topic, ReadOnlyMemory<byte> payload, QualityOfService qos, bool retain, CancellationToken cancel)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        if (qos == QualityOfService.AtMostOnce)
        {
            await Send(into => PublishPacket.Write(into, options.Version, name, payload.Span, retain: retain), cancel);
            return;
        }
        var id = NextId();
        var code = await Ask(id, into => PublishPacket.Write(into, options.Version, name, payload.Span, qos, id, retain), cancel);
        if (code >= ReasonCode.UnspecifiedError)
            throw new ProblemException("urn:dure:mqtt:message-refused", $"The server refused the message ({code}).", $"topic {topic}", "Allow the topic to this user at the server, or wait until its queue is shorter.");
    }

    /// <summary>Says good-bye, so that the server does not publish the will, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (ending.IsCancellationRequested)
            return;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            await Send(into => new DisconnectPacket(ReasonCode.Success).Write(into, options.Version), limit.Token);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody there to say it to.
        }
        await End(null);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        writing.Dispose();
    }

    private async Task Greet(CancellationToken cancel)
    {
        var properties = new MqttProperties();
        if (options.Version == MqttVersion.V50)
        {
            properties.MaximumPacketSize = (uint)options.MaxPacketBytes;
            properties.SessionExpirySeconds = options.CleanStart ? null : SessionForAWeekSeconds;
        }
        await Send(into => new ConnectPacket
        {
            Version = options.Version,
            ClientId = options.ClientId,
            CleanStart = options.CleanStart,
            KeepAliveSeconds = (ushort)options.KeepAlive.TotalSeconds,
            UserName = options.UserName,
            Password = options.Password is { } password ? Encoding.UTF8.GetBytes(password) : (ReadOnlyMemory<byte>?)null,
            Will = options.Will,
            Properties = properties,
        }.Write(into), cancel);
        FixedHeader header;
        while (!FixedHeader.TryRead(buffer.AsSpan(0, filled), options.MaxPacketBytes, out header) || filled < header.PacketSize)
            await Fill(cancel);
        if (header.Type != PacketType.Connack)
            throw new MqttProtocolException(ReasonCode.ProtocolError, $"The server answered CONNECT with {header.Type}.");
        var answer = ConnackPacket.Read(buffer.AsSpan(header.Length, header.Remaining), options.Version);
        Consume(header.PacketSize);
        if (answer.Reason != ReasonCode.Success)
        {
            throw new ProblemException("urn:dure:mqtt:refused", $"The server refuses the connection: {answer.Reason}{(answer.Properties.ReasonText is { } text ? $" ({text})" : "")}.", Where(options),
                "Check user, password or token, and the client id.");
        }
        SessionPresent = answer.SessionPresent;
        keepAlive = answer.Properties.ServerKeepAliveSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.KeepAlive;
    }

    private async Task Read()
    {
        var messages = new List<ReceivedMessage>();
        var acknowledgements = new PacketBuffer();
        try
        {
            while (true)
            {
                var used = 0;
                FixedHeader header;
                while (FixedHeader.TryRead(buffer.AsSpan(used, filled - used), MaxSize(used), out header) && header.PacketSize <= options.MaxPacketBytes && filled - used >= header.PacketSize)
                {
                    Take(header, buffer.AsMemory(used + header.Length, header.Remaining), messages, acknowledgements);
                    used += header.PacketSize;
                }
                if (messages.Count > 0)
                    await handle(messages, ending.Token);
                messages.Clear();
                if (acknowledgements.Length > 0)
                    await Send(acknowledgements.WrittenMemory, ending.Token);
                acknowledgements.Clear();
                Consume(used);
                if (header.PacketSize > options.MaxPacketBytes)
                    await Skip(header);
                else
                    await Fill(ending.Token);
            }
        }
        catch (Exception failure)
        {
            // The connection's outermost loop: whoever waits is told, and the reason is the task's.
            var problem = failure as ProblemException ?? Lost(options, failure.Message, failure);
            await End(problem);
            throw problem;
        }
    }

    private void Take(in FixedHeader header, ReadOnlyMemory<byte> body, List<ReceivedMessage> messages, PacketBuffer acknowledgements)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                TakeMessage(header.Flags, body, messages, acknowledgements);
                break;
            case PacketType.Pubrel:
                var released = AckPacket.Read(header.Type, body.Span, options.Version).PacketId;
                heldQos2.Remove(released);
                AckPacket.Write(acknowledgements, options.Version, PacketType.Pubcomp, released);
                break;
            case PacketType.Pubrec:
                var received = AckPacket.Read(header.Type, body.Span, options.Version);
                if (received.Reason >= ReasonCode.UnspecifiedError)
                    Answer(received.PacketId, received.Reason);
                else
                    AckPacket.Write(acknowledgements, options.Version, PacketType.Pubrel, received.PacketId);
                break;
            case PacketType.Puback or PacketType.Pubcomp:
                var acknowledged = AckPacket.Read(header.Type, body.Span, options.Version);
                Answer(acknowledged.PacketId, acknowledged.Reason);
                break;
            case PacketType.Suback:
                var codes = SubackCodes(body.Span, out var id);
                Answer(id, codes.Max());
                break;
            case PacketType.Pingresp:
                isPingOpen = false;
                break;
            case PacketType.Disconnect:
                throw Lost(options, $"The server ended the connection: {DisconnectPacket.Read(header.Type, body.Span, options.Version).Reason}.", null);
            default:
                throw new MqttProtocolException(ReasonCode.ProtocolError, $"The server sent {header.Type}, which is for clients to send.");
        }
    }

    private void TakeMessage(byte flags, ReadOnlyMemory<byte> body, List<ReceivedMessage> messages, PacketBuffer acknowledgements)
    {
        var publish = PublishPacket.Read(flags, body.Span, options.Version);
        // A QoS 2 message is handed on when it first comes; until its PUBREL the same id is the same message.
        if (publish.Qos != QualityOfService.ExactlyOnce || heldQos2.Add(publish.PacketId))
        {
            var payload = body[^publish.Payload.Length..];
            messages.Add(new ReceivedMessage(Encoding.UTF8.GetString(publish.Topic), payload, publish.Qos, publish.Retain));
        }
        if (publish.Qos != QualityOfService.AtMostOnce)
            AckPacket.Write(acknowledgements, options.Version, publish.Qos == QualityOfService.AtLeastOnce ? PacketType.Puback : PacketType.Pubrec, publish.PacketId);
    }

    private ReasonCode[] SubackCodes(ReadOnlySpan<byte> body, out ushort id)
    {
        var reader = new MqttReader(body);
        id = reader.ReadPacketId();
        if (options.Version == MqttVersion.V50)
            _ = MqttProperties.Read(ref reader, PropertyPlace.Suback);
        return reader.AtEnd ? throw new MqttProtocolException(ReasonCode.ProtocolError, "SUBACK has no code.") : [.. reader.Rest.ToArray().Select(code => (ReasonCode)code)];
    }

    private async Task KeepAlive()
    {
        if (keepAlive <= TimeSpan.Zero)
            await Task.Delay(Timeout.InfiniteTimeSpan, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            while (true)
            {
                await Task.Delay(keepAlive * 0.7, time, ending.Token);
                if (isPingOpen)
                    throw Lost(options, "It answers no more.", null);
                isPingOpen = true;
                await Send(into => PingPacket.Write(into, PacketType.Pingreq), ending.Token);
            }
        }
        catch (Exception failure)
        {
            var problem = failure as ProblemException ?? Lost(options, failure.Message, failure);
            await End(problem);
            throw problem;
        }
    }

    private async Task<ReasonCode> Ask(ushort id, Action<PacketBuffer> write, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<ReasonCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        awaited[id] = answer;
        try
        {
            await Send(write, cancel);
            return await answer.Task.WaitAsync(options.Timeout, time, cancel);
        }
        catch (Exception failure) when (failure is TimeoutException or IOException or SocketException or ObjectDisposedException)
        {
            throw Lost(options, failure is TimeoutException ? "It did not acknowledge." : failure.Message, failure);
        }
        finally
        {
            awaited.TryRemove(id, out _);
        }
    }

    private void Answer(ushort id, ReasonCode code)
    {
        if (awaited.TryRemove(id, out var answer))
            answer.TrySetResult(code);
    }

    private Task Send(Action<PacketBuffer> write, CancellationToken cancel)
    {
        var packet = new PacketBuffer();
        write(packet);
        return Send(packet.WrittenMemory, cancel);
    }

    private async Task Send(ReadOnlyMemory<byte> packet, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            await stream.WriteAsync(packet, cancel);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task Fill(CancellationToken cancel)
    {
        if (filled == buffer.Length)
            Array.Resize(ref buffer, Math.Min(2 * buffer.Length, options.MaxPacketBytes + ReadBytes));
        var read = await stream.ReadAsync(buffer.AsMemory(filled), cancel);
        if (read == 0)
            throw new IOException("The server closed the connection.");
        filled += read;
    }

    private void Consume(int count)
    {
        buffer.AsSpan(count, filled - count).CopyTo(buffer);
        filled -= count;
    }

    private ushort NextId()
    {
        while (true)
        {
            var id = (ushort)Interlocked.Increment(ref nextId);
            if (id != 0 && !awaited.ContainsKey(id))
                return id;
        }
    }

    private async Task End(ProblemException? reason)
    {
        await ending.CancelAsync();
        tcp.Dispose();
        foreach (var id in awaited.Keys)
        {
            if (awaited.TryRemove(id, out var answer))
                answer.TrySetException(reason ?? Lost(options, "The connection was closed.", null));
        }
    }

    private static string Where(MqttClientOptions options) => $"{(options.UseTls ? "mqtts" : "mqtt")}://{options.Host}:{options.Port}";

    private static ProblemException Lost(MqttClientOptions options, string why, Exception? cause) =>
        new("urn:dure:mqtt:no-connection", $"The MQTT server cannot be reached or was lost: {why}", Where(options), "Check host, port, TLS and that the server runs.", cause);
}
