using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>Puts a reader in front of a desk: one message after the other is read, whoever brings it; delivering goes on side by side.</summary>
internal sealed class MessageDesk(MessageReader reader, ISourceDesk desk, string source, TimeProvider time)
{
    private readonly Lock gate = new();

    /// <summary>What the readers want published goes here.</summary>
    public Action<IEnumerable<MqttMessage>> Publish { get; set; } = _ => { };

    /// <summary>Reads under the gate and hands in what came of it; on return it is durable.</summary>
    public async ValueTask Take(Action<MessageReader, long, Reading> read, CancellationToken cancel)
    {
        var reading = new Reading(source);
        lock (gate)
        {
            read(reader, Micros.Of(time.GetUtcNow()), reading);
            reader.Forget();
        }
        if (reading.Items.Count > 0)
            desk.Announce(reading.Items);
        if (reading.ToPublish.Count > 0)
            Publish(reading.ToPublish);
        await Deliver(reading.Live, cancel);
        // Once a part is kept the rest must not be called off: the messages would come again, and their samples without a time a second time.
        await Deliver(reading.Historical, reading.Live.Blocks.Count > 0 ? CancellationToken.None : cancel);
    }

    /// <summary>Lets time do its part once a second until cancelled; what cannot be delivered then is told and not lost, since it comes with the next birth.</summary>
    public async Task Tick(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                await Take((each, now, into) => each.Sparkplug.Tick(now, into), cancel);
            }
            catch (ProblemException refused)
            {
                desk.Report(SourceState.Connected, refused.Problem);
            }
        }
    }

    private async ValueTask Deliver(SampleBatch batch, CancellationToken cancel)
    {
        if (batch.Blocks.Count > 0 || batch.RejectedCount > 0)
            await desk.Deliver(batch, cancel);
    }
}
