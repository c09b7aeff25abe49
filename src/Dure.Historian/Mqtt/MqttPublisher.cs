using System.Threading.Channels;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>
/// Publishes what readers ask for beside the reading, so that reading never waits for an acknowledgement that it would have to read itself.
/// What is too much is dropped: rebirths are asked for again.
/// </summary>
internal sealed class MqttPublisher : IAsyncDisposable
{
    private const int MostWaiting = 20_000;

    private readonly Channel<MqttMessage> waiting = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    public MqttPublisher(Func<MqttMessage, CancellationToken, ValueTask> publish) => running = Task.Run(() => Run(publish), CancellationToken.None);

    public void Send(IEnumerable<MqttMessage> messages)
    {
        foreach (var message in messages)
            waiting.Writer.TryWrite(message);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task Run(Func<MqttMessage, CancellationToken, ValueTask> publish)
    {
        await foreach (var message in waiting.Reader.ReadAllAsync(stop.Token))
        {
            try
            {
                await publish(message, stop.Token);
            }
            catch (Exception refused) when (refused is ProblemException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // A broken connection is told by its owner; a server that refuses NCMD or STATE must not end the reading.
            }
        }
    }
}
