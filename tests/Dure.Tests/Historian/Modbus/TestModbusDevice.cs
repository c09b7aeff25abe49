using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Dure.Tests.Historian.Modbus;

/// <summary>A Modbus TCP device on a loopback port, with tables that tests set and manners that tests spoil.</summary>
internal sealed class TestModbusDevice : IAsyncDisposable
{
    private const int RequestSize = 12;
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> conversations = [];
    private readonly Task accepting;
    private readonly TcpListener listener;
    private int requests;
    private int connections;

    public TestModbusDevice()
    {
        listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = Accept(listener);
    }

    public int Port { get; }

    public ushort[] Holding { get; } = new ushort[65_536];

    public bool[] Coils { get; } = new bool[65_536];

    /// <summary>Addresses of the holding table that do not exist.</summary>
    public HashSet<int> Holes { get; } = [];

    /// <summary>Turns a right answer into what is sent; null closes the connection, a shorter one closes it afterwards.</summary>
    public Func<int, byte[], byte[]?> Manner { get; set; } = (_, answer) => answer;

    /// <summary>Waited for before each answer.</summary>
    public Func<int, Task> Pace { get; set; } = _ => Task.CompletedTask;

    public int Requests => Volatile.Read(ref requests);

    public int Connections => Volatile.Read(ref connections);

    /// <summary>Start, count of each request, in order.</summary>
    public List<(int Function, int Start, int Count)> Asked { get; } = [];

    public void SetFloat(int address, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        (Holding[address], Holding[address + 1]) = ((ushort)(bits >> 16), (ushort)bits);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(conversations);
        stop.Dispose();
    }

    private async Task Accept(TcpListener from)
    {
        try
        {
            while (true)
            {
                var client = await from.AcceptTcpClientAsync(stop.Token);
                Interlocked.Increment(ref connections);
                conversations.Add(Converse(client));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task Converse(TcpClient client)
    {
        using var owned = client;
        var stream = client.GetStream();
        var request = new byte[RequestSize];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(request, stop.Token);
                var number = Interlocked.Increment(ref requests);
                await Pace(number).WaitAsync(stop.Token);
                var right = Answer(request);
                var whole = right.Length;
                if (Manner(number, right) is not { } answer)
                    return;
                await stream.WriteAsync(answer, stop.Token);
                if (answer.Length < whole)
                    return;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The client went, or the test is over.
        }
    }

    private byte[] Answer(byte[] request)
    {
        var (function, start, count) = (request[7], BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(8)), BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(10)));
        lock (Asked)
            Asked.Add((function, start, count));
        if (function is 3 or 4 && Holes.Any(hole => hole >= start && hole < start + count))
            return Frame(request, [(byte)(function | 0x80), 2]);
        var data = function is 1 or 2 ? Bits(start, count) : Words(start, count);
        return Frame(request, [function, (byte)data.Length, .. data]);
    }

    private byte[] Words(int start, int count)
    {
        var data = new byte[2 * count];
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2 * i), Holding[start + i]);
        return data;
    }

    private byte[] Bits(int start, int count)
    {
        var data = new byte[(count + 7) / 8];
        for (var i = 0; i < count; i++)
            data[i / 8] |= (byte)(Coils[start + i] ? 1 << (i % 8) : 0);
        return data;
    }

    private static byte[] Frame(byte[] request, byte[] pdu) => [request[0], request[1], 0, 0, 0, (byte)(pdu.Length + 1), request[6], .. pdu];
}
