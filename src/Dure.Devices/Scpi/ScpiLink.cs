using System.Net.Sockets;
using System.Text;
using Dure.Kernel;

namespace Dure.Devices.Scpi;

/// <summary>
/// Commands and queries over TCP, usually port 5025; one at a time. After a failure or a cancellation the connection is closed: a late answer must never
/// be taken for the answer to the next question. The next exchange connects again.
/// </summary>
public sealed class ScpiLink(string host, int port, int maxAnswerBytes = 16 * 1024 * 1024) : IDisposable
{
    private const int MaxLineBytes = 64 * 1024;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly byte[] buffer = new byte[8 * 1024];
    private TcpClient? tcp;
    private int at;
    private int filled;

    /// <summary>Sends a command that has no answer.</summary>
    public Task Send(string command, CancellationToken cancel) => Exchange(command, _ => Task.FromResult(true), cancel);

    /// <summary>Sends a query and gives its one line.</summary>
    /// <exception cref="IOException">The link failed, or the line is longer than 64 KiB.</exception>
    public Task<string> Ask(string query, CancellationToken cancel) => Exchange(query, ReadLine, cancel);

    /// <summary>Sends a query whose answer is a definite block of bytes.</summary>
    public Task<byte[]> AskBlock(string query, CancellationToken cancel) => Exchange(query, ReadBlock, cancel);

    /// <summary>Ends the connection, because an answer was not what was asked for: others may be out of step, too.</summary>
    public async Task Reset(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        tcp?.Dispose();
        tcp = null;
        turn.Release();
    }

    public void Dispose()
    {
        tcp?.Dispose();
        turn.Dispose();
    }

    private async Task<T> Exchange<T>(string command, Func<CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        if (command.Any(c => !char.IsAscii(c) || char.IsControl(c)))
            throw new ArgumentException("A command is one line of ASCII.", nameof(command));
        await turn.WaitAsync(cancel);
        var isWhole = false;
        try
        {
            if (tcp is null)
                await Connect(cancel);
            else if (at < filled || tcp.Available > 0)
                throw new IOException("The device said something that nobody asked for.");
            await tcp!.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), cancel);
            var answer = await read(cancel);
            isWhole = true;
            return answer;
        }
        finally
        {
            if (!isWhole)
            {
                tcp?.Dispose();
                tcp = null;
            }
            turn.Release();
        }
    }

    private async Task Connect(CancellationToken cancel)
    {
        (at, filled) = (0, 0);
        tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(host, port, cancel);
    }

    private async Task<string> ReadLine(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            var next = await ReadByte(cancel);
            if (next == '\n')
                return line.ToString().TrimEnd('\r');
            if (line.Length >= MaxLineBytes)
                throw new IOException($"The device's answer is longer than {MaxLineBytes} bytes.");
            line.Append((char)next);
        }
    }

    private async Task<byte[]> ReadBlock(CancellationToken cancel)
    {
        var head = new List<byte>();
        (int Head, int Length)? block;
        do
            head.Add(await ReadByte(cancel));
        while ((block = ScpiReader.Block(head.ToArray(), maxAnswerBytes)) is null);
        var data = new byte[block.Value.Length];
        var taken = Math.Min(data.Length, filled - at);
        buffer.AsSpan(at, taken).CopyTo(data);
        at += taken;
        await tcp!.GetStream().ReadExactlyAsync(data.AsMemory(taken), cancel);
        return await ReadByte(cancel) is (byte)'\n' ? data : throw new IOException("After the block there is no end of line.");
    }

    private async ValueTask<byte> ReadByte(CancellationToken cancel)
    {
        if (at == filled)
        {
            (at, filled) = (0, await tcp!.GetStream().ReadAsync(buffer, cancel));
            if (filled == 0)
                throw new EndOfStreamException("The device closed the connection.");
        }
        return buffer[at++];
    }
}
