using System.IO.Pipelines;
using Dure.Mqtt.Server;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class OutboxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_receiver_that_takes_some_of_much_is_seen_to_take_it_and_gets_all_in_order()
    {
        var time = new ManualTime();
        var pipe = new Pipe();
        var outbox = new Outbox(pipe.Writer);
        var sent = Enumerable.Range(0, 2_000_000).Select(i => (byte)(i * 31 / 7)).ToArray();
        lock (outbox.Gate)
            outbox.Filling.Write(sent);
        outbox.Flush();
        var room = outbox.WaitForRoom(10, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), time, Cancel).AsTask();
        var received = new List<byte>();
        while (received.Count < sent.Length)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            Assert.False(room.IsCompleted && !await room, "It counts as taking nothing.");
            var result = await pipe.Reader.ReadAsync(Cancel);
            foreach (var part in result.Buffer)
                received.AddRange(part.Span);
            pipe.Reader.AdvanceTo(result.Buffer.End);
            await Task.Delay(10, Cancel);
        }
        Assert.Equal(sent, received);
        Assert.True(await room);
        Assert.Equal((sent.Length, 0), (outbox.SentBytes, outbox.Unsent));
    }
}
