using System.Net;
using System.Net.Sockets;
using System.Text;
using Dure.Devices.Scpi;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Devices.Scpi;

public sealed class ScpiLinkTests
{
    [Fact]
    public async Task A_late_answer_is_never_taken_for_the_next_one()
    {
        var late = new TaskCompletionSource();
        using var device = new MadeDevice(async (question, count) =>
        {
            if (count == 1)
                await late.Task;
            return $"answer to {question}\n";
        });
        using var link = new ScpiLink("127.0.0.1", device.Port);
        using var hurry = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => link.Ask("FIRST?", hurry.Token));
        late.SetResult();
        Assert.Equal("answer to SECOND?", await link.Ask("SECOND?", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_doubled_answer_ends_the_connection_before_the_next_question()
    {
        using var device = new MadeDevice((question, _) => Task.FromResult($"{question}\n{question}\n"));
        using var link = new ScpiLink("127.0.0.1", device.Port);
        Assert.Equal("A?", await link.Ask("A?", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(() => link.Ask("B?", TestContext.Current.CancellationToken));
        Assert.Equal("C?", await link.Ask("C?", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_block_is_read_whole_with_line_ends_in_it()
    {
        using var device = new MadeDevice((question, _) => Task.FromResult(question == "DATA?" ? "#210ab\ncd\nefgh\n" : "rest\n"));
        using var link = new ScpiLink("127.0.0.1", device.Port);
        Assert.Equal("ab\ncd\nefgh", Encoding.ASCII.GetString(await link.AskBlock("DATA?", TestContext.Current.CancellationToken)));
        Assert.Equal("rest", await link.Ask("MORE?", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off_and_garbage_is_refused()
    {
        using var device = new MadeDevice((question, _) => Task.FromResult(question == "LONG?" ? new string('x', 100_000) : "\u0001garbage\n"));
        using var link = new ScpiLink("127.0.0.1", device.Port);
        await Assert.ThrowsAsync<IOException>(() => link.Ask("LONG?", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ProblemException>(() => link.AskBlock("DATA?", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_command_with_a_line_end_is_never_sent()
    {
        using var link = new ScpiLink("127.0.0.1", 9);
        await Assert.ThrowsAsync<ArgumentException>(() => link.Send("VOLT 1\nINIT", TestContext.Current.CancellationToken));
    }

    /// <summary>Answers each line it is sent.</summary>
    private sealed class MadeDevice : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private int questions;

        public MadeDevice(Func<string, int, Task<string>> answer)
        {
            listener.Start();
            _ = Accept(answer);
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Dispose() => listener.Dispose();

        private async Task Accept(Func<string, int, Task<string>> answer)
        {
            try
            {
                while (true)
                    _ = Serve(await listener.AcceptTcpClientAsync(), answer);
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // the test is over
            }
        }

        private async Task Serve(TcpClient client, Func<string, int, Task<string>> answer)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                while (await reader.ReadLineAsync() is { } question)
                    await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(await answer(question, Interlocked.Increment(ref questions))));
            }
            catch (Exception over) when (over is IOException or ObjectDisposedException)
            {
                // the other side has gone
            }
        }
    }
}
