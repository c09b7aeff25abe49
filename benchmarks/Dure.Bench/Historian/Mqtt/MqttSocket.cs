using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>An MQTT 3.1.1 client that costs next to nothing: it sends packets made beforehand and counts what comes by its length.</summary>
internal sealed class MqttSocket : IDisposable
{
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private const int KeepAliveSeconds = 600;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private MqttSocket()
    {
    }

    public static MqttSocket Connect(MqttTarget target, string client)
    {
        var connection = new MqttSocket();
        connection.socket.ReceiveTimeout = connection.socket.SendTimeout = (int)Silence.TotalMilliseconds;
        connection.socket.Connect(new IPEndPoint(IPAddress.Loopback, target.Port));
        connection.Send(ConnectPacket(target, client));
        var answer = connection.ReceiveExactly(4);
        return answer is [0x20, 2, _, 0] ? connection : throw new InvalidOperationException($"{target.Name} answers CONNECT with {Convert.ToHexString(answer)}.");
    }

    public static byte[] ConnectPacket(MqttTarget target, string client)
    {
        var hasPassword = target.Password is not null;
        byte[] body =
        [
            .. Text("MQTT"), 4, (byte)(hasPassword ? 0xC2 : 0x02), KeepAliveSeconds >> 8, KeepAliveSeconds & 0xff, .. Text(client),
            .. hasPassword ? Text(target.User) : [], .. hasPassword ? Text(target.Password!) : [],
        ];
        return [0x10, .. Length(body.Length), .. body];
    }

    public void Subscribe(string filter, byte quality)
    {
        byte[] body = [0, 1, .. Text(filter), quality];
        Send([0x82, .. Length(body.Length), .. body]);
        if (ReceiveExactly(5) is not [0x90, 3, 0, 1, < 3])
            throw new InvalidOperationException($"The subscription to {filter} was refused.");
    }

    public void Send(ReadOnlySpan<byte> packets)
    {
        while (!packets.IsEmpty)
            packets = packets[socket.Send(packets)..];
    }

    /// <summary>What has come; 0 after <see cref="Silence"/> without anything.</summary>
    public int Receive(Span<byte> buffer)
    {
        try
        {
            return socket.Receive(buffer);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.TimedOut)
        {
            return 0;
        }
    }

    public byte[] ReceiveExactly(int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = Receive(bytes.AsSpan(read));
            if (more == 0)
                throw new InvalidOperationException($"The broker closed or was silent for {Silence.TotalSeconds} s.");
            read += more;
        }
        return bytes;
    }

    public void Dispose() => socket.Dispose();

    private static byte[] Text(string text) => [(byte)(Encoding.UTF8.GetByteCount(text) >> 8), (byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Length(int length) => length < 128 ? [(byte)length] : [(byte)(length & 127 | 128), (byte)(length >> 7)];
}

/// <summary>A broker to load, with the topics and payloads it takes.</summary>
/// <param name="Port">On 127.0.0.1.</param>
internal sealed record MqttTarget(string Name, int Port, string User = "", string? Password = null);
