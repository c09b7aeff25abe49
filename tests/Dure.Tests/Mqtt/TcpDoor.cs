using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Dure.Tests.Mqtt;

/// <summary>Lets TCP connections reach the test's server.</summary>
internal sealed class TcpDoor : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private volatile TcpClient? last;

    public TcpDoor(TestBroker broker)
    {
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
                _ = Serve(broker, last = await listener.AcceptTcpClientAsync());
        });
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose() => listener.Dispose();

    /// <summary>Breaks the connection that came last.</summary>
    public void Break() => last!.Client.Shutdown(SocketShutdown.Both);

    private static async Task Serve(TestBroker broker, TcpClient accepted)
    {
        using (accepted)
        {
            var stream = accepted.GetStream();
            var ends = new Ends(PipeReader.Create(stream), PipeWriter.Create(stream));
            await broker.Server.OnConnectedAsync(new DefaultConnectionContext("tcp", ends, ends));
            await ends.Output.FlushAsync();
        }
    }

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;
        public PipeWriter Output { get; } = output;
    }
}
