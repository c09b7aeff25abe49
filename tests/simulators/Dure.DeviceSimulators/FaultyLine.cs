using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Dure.Devices.Conformance;

namespace Dure.DeviceSimulators;

/// <summary>The line to the device, which swallows, cuts, doubles, delays and garbles as the fault says.</summary>
internal sealed class FaultyLine : IDisposable
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(200);
    private readonly TcpListener listener;
    private readonly int inner;
    private readonly SimulatedReactor reactor;
    private readonly ConcurrentDictionary<TcpClient, TcpClient> open = [];
    private volatile int executedBefore;

    public FaultyLine(int port, int inner, SimulatedReactor reactor)
    {
        (this.inner, this.reactor) = (inner, reactor);
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Inject(DeviceFault fault)
    {
        var before = reactor.Fault;
        executedBefore = reactor.Executions;
        reactor.Fault = fault;
        // A line on which bytes were lost or made up is of no use any more.
        if (before is DeviceFault.Hang or DeviceFault.Garbage or DeviceFault.DuplicateReply)
        {
            foreach (var (outside, inside) in open)
                Close(outside, inside);
        }
    }

    public void Dispose() => listener.Dispose();

    private async Task Accept()
    {
        while (true)
        {
            var outside = await listener.AcceptTcpClientAsync();
            _ = Serve(outside);
        }
    }

    private async Task Serve(TcpClient outside)
    {
        var inside = new TcpClient { NoDelay = true };
        outside.NoDelay = true;
        open[outside] = inside;
        try
        {
            await inside.ConnectAsync(IPAddress.Loopback, inner);
            await Task.WhenAny(Forward(outside, inside), Answer(inside, outside));
        }
        catch (Exception over) when (over is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // one side has gone
        }
        Close(outside, inside);
    }

    private async Task Forward(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
        {
            if (reactor.Fault != DeviceFault.Hang)
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private async Task Answer(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
        {
            var bytes = buffer.AsMemory(0, count);
            switch (reactor.Fault)
            {
                case DeviceFault.Hang: continue;
                case DeviceFault.DropReply when await HasExecuted(): return;
                case DeviceFault.Garbage: bytes = "\u0001\u0002!? \n garbage \n"u8.ToArray(); break;
                case DeviceFault.DuplicateReply: bytes = (byte[])[.. bytes.Span, .. bytes.Span]; break;
                case DeviceFault.Delay: await Task.Delay(Lateness); break;
            }
            await to.GetStream().WriteAsync(bytes);
        }
    }

    /// <summary>Whether what was asked has begun; waits a little, since some protocols answer before they begin.</summary>
    private async Task<bool> HasExecuted()
    {
        for (var i = 0; i < 30 && reactor.Executions == executedBefore; i++)
            await Task.Delay(10);
        return reactor.Executions > executedBefore;
    }

    private void Close(TcpClient outside, TcpClient inside)
    {
        open.TryRemove(outside, out _);
        outside.Dispose();
        inside.Dispose();
    }
}
