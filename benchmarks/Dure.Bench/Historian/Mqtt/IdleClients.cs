using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>Clients that connect over TLS and then say nothing: what each costs the broker in resident memory.</summary>
internal static class IdleClients
{
    private const int AtOnce = 16;
    private const int WarmUp = 200;
    private const int RestSeconds = 5;

    /// <summary>Kibibytes per client.</summary>
    /// <param name="residentKibibytes">The broker's memory now.</param>
    public static async Task<double> KibibytesEach(MqttTarget target, int clients, Func<double> residentKibibytes)
    {
        var open = new ConcurrentBag<SslStream>();
        try
        {
            // The first clients bring code and buffers that all share.
            await Connect(target, 0, WarmUp, open);
            var before = await AtRest(residentKibibytes);
            await Connect(target, WarmUp, clients, open);
            return (await AtRest(residentKibibytes) - before) / clients;
        }
        finally
        {
            foreach (var stream in open)
                await stream.DisposeAsync();
        }
    }

    /// <summary>The least within some seconds: what the handshakes left behind is given back by then.</summary>
    private static async Task<double> AtRest(Func<double> residentKibibytes)
    {
        var least = double.MaxValue;
        for (var second = 0; second < RestSeconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            least = Math.Min(least, residentKibibytes());
        }
        return least;
    }

    private static Task Connect(MqttTarget target, int first, int count, ConcurrentBag<SslStream> open) =>
        Parallel.ForEachAsync(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target.Port), cancel);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, IsOnThisMachine);
            open.Add(stream);
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancel);
            await stream.WriteAsync(MqttSocket.ConnectPacket(target, $"idle-{number}"), cancel);
            var answer = new byte[4];
            await stream.ReadExactlyAsync(answer, cancel);
            if (answer is not [0x20, 2, _, 0])
                throw new InvalidOperationException($"{target.Name} answers CONNECT with {Convert.ToHexString(answer)}.");
        });

    /// <summary>The broker made its certificate itself and is reached on 127.0.0.1 only, so there is nobody to vouch for it.</summary>
    private static bool IsOnThisMachine(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null;
}
