using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>CONNECT and CONNACK: who it is, which session, which limits.</summary>
internal sealed partial class Connection
{
    private const int MaxConnectBytes = 256 * 1024;
    private const int MaxClientIdBytes = 512;
    private const int MaxTakeOvers = 10;
    private static readonly TimeSpan TakeOverTime = TimeSpan.FromSeconds(5);

    private async Task<bool> Accept()
    {
        ConnectPacket? asked;
        try
        {
            asked = await ReadConnect();
        }
        catch (MqttProtocolException broken)
        {
            await Refuse(connect?.Version ?? (broken.Reason == ReasonCode.UnsupportedProtocolVersion ? MqttVersion.V311 : null), broken.Reason, broken.Message);
            return false;
        }
        if (asked is null)
            return false;
        if (await Check(asked) is { } refusal)
        {
            await Refuse(asked.Version, refusal.Reason, refusal.Message);
            return false;
        }
        return await OpenSession(asked);
    }

    private async Task<ConnectPacket?> ReadConnect()
    {
        var input = transport.Transport.Input;
        while (true)
        {
            var result = await input.ReadAsync(ending.Token);
            var buffer = result.Buffer;
            var bytes = buffer.IsSingleSegment ? buffer.First : buffer.ToArray();
            if (FixedHeader.TryRead(bytes.Span, MaxConnectBytes, out var header))
            {
                if (header.Type != PacketType.Connect)
                    throw MqttProtocolException.Error($"The first packet is {header.Type}; CONNECT is required.");
                if (bytes.Length >= header.PacketSize)
                {
                    var packet = ConnectPacket.Read(bytes.Span.Slice(header.Length, header.Remaining));
                    input.AdvanceTo(buffer.GetPosition(header.PacketSize));
                    return packet;
                }
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                return null;
        }
    }

    private async Task<(ReasonCode Reason, string Message)?> Check(ConnectPacket asked)
    {
        if (server.Counters.Connections > server.Options.MaxConnections || !server.Sessions.HasRoom)
            return (ReasonCode.ServerBusy, $"{server.Options.MaxConnections} connections are open already.");
        if (asked.Properties.AuthenticationMethod is not null)
            return (ReasonCode.BadAuthenticationMethod, "Extended authentication is not offered; use user name and password.");
        if (Encoding.UTF8.GetByteCount(asked.ClientId) > MaxClientIdBytes)
            return (ReasonCode.ClientIdNotValid, $"The client identifier is longer than {MaxClientIdBytes} bytes.");
        if (asked is { ClientId.Length: 0, Version: MqttVersion.V311, CleanStart: false })
            return (ReasonCode.ClientIdNotValid, "A session that is to be kept needs a client identifier.");
        principal = await server.Access.Authenticate(asked.ClientId, asked.UserName, asked.Password, ending.Token);
        if (principal is null)
            return (ReasonCode.BadUserNameOrPassword, "The user name or password is wrong.");
        if (server.Sessions.IsOthers(asked.ClientId, principal.Id))
            return (ReasonCode.ClientIdNotValid, "The client identifier belongs to another user's session.");
        return asked.Will is { } will ? CheckWill(will) : null;
    }

    private (ReasonCode Reason, string Message)? CheckWill(MqttWill will)
    {
        if (RefusalOf(server.Routes.Make(Encoding.UTF8.GetBytes(will.Topic))) is not (>= ReasonCode.UnspecifiedError and var reason))
            return null;
        return (reason, "The will's topic may not be published to.");
    }

    private async Task<bool> OpenSession(ConnectPacket asked)
    {
        var clientId = asked.ClientId.Length > 0 ? asked.ClientId : "dure-" + RandomNumberGenerator.GetHexString(20, lowercase: true);
        connect = asked;
        keepAliveTicks = KeepAliveOf(asked) * TimeSpan.TicksPerSecond * 3 / 2;
        link = new Link(outbox, asked, server.Options, server.Counters, server.Time, Close, Ended);
        for (var attempt = 0; attempt < MaxTakeOvers; attempt++)
        {
            session = server.Sessions.TryOpen(clientId, principal!.Id, asked.CleanStart, () => Make(clientId, asked), (opened, isResumed) => Bind(opened, isResumed, asked),
                out var occupant, out var replaced);
            if (replaced is not null)
                server.End(replaced);
            if (session is not null)
            {
                _ = server.Wills.Take(session);
                await ResumeSending();
                return true;
            }
            if (occupant is null)
                break;
            occupant.Close(ReasonCode.SessionTakenOver, "Another connection uses this client identifier.");
            await occupant.Ended.WaitAsync(TakeOverTime, server.Time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        link = null;
        await Refuse(asked.Version, ReasonCode.ServerBusy, "The client's earlier connection does not end.");
        return false;
    }

    private Session Make(string clientId, ConnectPacket asked)
    {
        var made = new Session(clientId, principal!.Id, server.Options, server.Log, server.Time, server.Counters);
        if (server.Log is { } log && ExpiryOf(asked) > 0)
            made.LogNumber = log.NextSessionNumber();
        return made;
    }

    // Runs while nobody else can bind the session: CONNACK stands in the outbox before any message can.
    private void Bind(Session opened, bool isResumed, ConnectPacket asked)
    {
        opened.ExpirySeconds = ExpiryOf(asked);
        if (isResumed)
        {
            foreach (var forbidden in opened.Forbid(principal!.MayReceive))
                server.Tree.Remove(forbidden);
        }
        lock (outbox.Gate)
        {
            var said = asked.Version == MqttVersion.V50 ? Welcome(opened, asked) : new MqttProperties();
            new ConnackPacket(isResumed, ReasonCode.Success, said).Write(outbox.Filling, asked.Version);
            if (!link!.Fits(outbox.Filling.Length))
            {
                outbox.Filling.Clear();
                said.User.Clear();
                new ConnackPacket(isResumed, ReasonCode.Success, said).Write(outbox.Filling, asked.Version);
            }
        }
        opened.Attach(link, isNew: !isResumed);
    }

    private async Task ResumeSending()
    {
        session!.Pump();
        outbox.Flush();
        if (session.WaitsFor is var position and > 0)
        {
            await server.Log!.Sync(position, ending.Token);
            session.Pump();
            outbox.Flush();
        }
    }

    private MqttProperties Welcome(Session opened, ConnectPacket asked)
    {
        var options = server.Options;
        var said = new MqttProperties
        {
            ReceiveMaximum = options.ReceiveMaximum,
            MaximumPacketSize = (uint)options.MaxPacketBytes,
            TopicAliasMaximum = options.TopicAliasMaximum,
            AssignedClientId = asked.ClientId.Length == 0 ? opened.ClientId : null,
            SessionExpirySeconds = opened.ExpirySeconds != (asked.Properties.SessionExpirySeconds ?? 0) ? opened.ExpirySeconds : null,
            ServerKeepAliveSeconds = KeepAliveOf(asked) != asked.KeepAliveSeconds ? (ushort)KeepAliveOf(asked) : null,
        };
        said.User.Add(new UserProperty("max-topic-bytes", options.MaxTopicBytes.ToString(CultureInfo.InvariantCulture)));
        said.User.Add(new UserProperty("max-topic-levels", options.MaxTopicLevels.ToString(CultureInfo.InvariantCulture)));
        said.User.Add(new UserProperty("max-queued-bytes", options.MaxQueuedBytes.ToString(CultureInfo.InvariantCulture)));
        if (opened.Lost > 0)
            said.User.Add(new UserProperty("messages-lost", opened.Lost.ToString(CultureInfo.InvariantCulture)));
        return said;
    }

    // 3.1.1 cannot be told another keep-alive than it asked for, and zero means never.
    private long KeepAliveOf(ConnectPacket asked)
    {
        var most = (long)Math.Min(ushort.MaxValue, server.Options.MaxKeepAlive.TotalSeconds);
        return asked.Version == MqttVersion.V50 && (asked.KeepAliveSeconds == 0 || asked.KeepAliveSeconds > most) ? most : asked.KeepAliveSeconds;
    }

    private uint ExpiryOf(ConnectPacket asked)
    {
        var most = (uint)Math.Min(uint.MaxValue - 1L, server.Options.MaxSessionExpiry.TotalSeconds);
        if (asked.Version == MqttVersion.V311)
            return asked.CleanStart ? 0 : most;
        return Math.Min(asked.Properties.SessionExpirySeconds ?? 0, most);
    }

    private async Task Refuse(MqttVersion? version, ReasonCode reason, string message)
    {
        Close(reason, message);
        if (version is { } spoken)
        {
            var properties = new MqttProperties { ReasonText = message };
            lock (outbox.Gate)
                new ConnackPacket(SessionPresent: false, reason, properties).Write(outbox.Filling, spoken);
        }
        await outbox.Finish(LastWords, server.Time);
    }
}
