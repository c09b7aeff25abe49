using System.Net.Sockets;
using Dure.Kernel;

namespace Dure.Historian.Modbus;

/// <summary>
/// A TCP connection to a device, one request at a time. When it throws, what the device still sends cannot be told from an answer to the next
/// request, so the connection is of no more use.
/// </summary>
internal sealed class ModbusConnection : IDisposable
{
    private readonly Socket socket;
    private readonly string where;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;
    private readonly byte[] frame = new byte[ModbusFrame.MaxSize];
    private ushort transaction;

    private ModbusConnection(Socket socket, string where, TimeSpan timeout, TimeProvider time) =>
        (this.socket, this.where, this.timeout, this.time) = (socket, where, timeout, time);

    /// <exception cref="ProblemException">Nobody answers there in time.</exception>
    public static async Task<ModbusConnection> Open(string host, int port, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        var where = $"{host}:{port}";
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = new CancellationTokenSource(timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            await socket.ConnectAsync(host, port, either.Token);
            return new ModbusConnection(socket, where, timeout, time);
        }
        catch (Exception failure) when (failure is SocketException || failure is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            socket.Dispose();
            throw new ProblemException("urn:dure:modbus:no-device",
                failure is SocketException refused ? $"The device cannot be reached: {refused.Message}." : $"The device does not answer within {timeout.TotalSeconds:0.###} s.", where,
                "Check host, port, cable and that the device serves Modbus TCP; the source tries again by itself.", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="ProblemException">No whole and fitting answer came in time; the connection must be closed.</exception>
    public async Task<ModbusAnswer> Ask(byte unit, ModbusRead read, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            transaction++;
            ModbusFrame.WriteRead(frame, transaction, unit, read);
            await socket.SendAsync(frame.AsMemory(0, ModbusFrame.RequestSize), either.Token);
            await Fill(frame.AsMemory(0, ModbusFrame.PrefixSize), either.Token);
            if (!ModbusFrame.TryLength(frame.AsSpan(0, ModbusFrame.PrefixSize), transaction, out var length, out var fault))
                throw Lost("broken-answer", fault, "Check that nothing else answers on this port, and that the device keeps to the standard.");
            await Fill(frame.AsMemory(ModbusFrame.PrefixSize, length), either.Token);
            return ModbusFrame.Parse(frame.AsSpan(0, ModbusFrame.PrefixSize + length), transaction, unit, read) is var answer && answer is ModbusAnswer.Broken broken
                ? throw Lost("broken-answer", broken.What, "Check that nothing else answers on this port, and that the device keeps to the standard.")
                : answer;
        }
        catch (SocketException failure)
        {
            throw Lost("lost", $"The connection was lost: {failure.Message}.", "Check the cable and the device; the source connects again by itself.", failure);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw Lost("timeout", $"The device does not answer within {timeout.TotalSeconds:0.###} s.", "Check the unit id and the device's load, or allow a longer timeout.", late);
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task Fill(Memory<byte> wanted, CancellationToken cancel)
    {
        for (var filled = 0; filled < wanted.Length;)
        {
            var read = await socket.ReceiveAsync(wanted[filled..], cancel);
            filled += read > 0 ? read
                : throw Lost("lost", "The device closed the connection in the middle of an answer.", "Check how many connections the device allows; the source connects again by itself.");
        }
    }

    private ProblemException Lost(string name, string what, string mend, Exception? cause = null) => new($"urn:dure:modbus:{name}", what, where, mend, cause);
}
