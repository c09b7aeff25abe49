using Dure.Edge.Fleet;

namespace Dure.Edge.Device.Forwarding;

/// <summary>How long the device waits for the node.</summary>
internal sealed record Patience
{
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After the end of input: how long without any success before the rest stays in the buffer.</summary>
    public TimeSpan AfterEnd { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How forwarding ended.</summary>
internal abstract record ForwardingEnd
{
    private ForwardingEnd() { }

    public sealed record AllSent : ForwardingEnd;

    public sealed record NodeAway(string Why) : ForwardingEnd;

    public sealed record Refused(string Why) : ForwardingEnd;
}

/// <summary>
/// Sends what the buffer holds, in order, one at a time, until the node has acknowledged it. A report's number is its place in the buffer
/// plus an offset that the first, empty report of a new buffer brings: so a device whose buffer was lost goes on behind what the node has.
/// </summary>
internal sealed class Forwarder(ReportBuffer buffer, NodeLink node, Func<DeviceHealth> health, Patience patience, TimeProvider time, Action<string> say)
{
    private volatile bool isInputDone;
    private long lastSuccess;

    /// <summary>No more reports will be added.</summary>
    public void Complete()
    {
        lastSuccess = time.GetTimestamp();
        isInputDone = true;
        buffer.Wake();
    }

    public async Task<ForwardingEnd> Run(CancellationToken cancel)
    {
        while (true)
        {
            var changed = buffer.Changed;
            if (buffer.Waiting == 0)
            {
                if (isInputDone)
                    return new ForwardingEnd.AllSent();
                await changed.WaitAsync(cancel);
                continue;
            }
            if (buffer.Offset is null)
            {
                if (await Deliver(new DeviceReport(1, [], [], health()), receipt => buffer.SetOffset(receipt.Sequence), cancel) is { } noOffset)
                    return noOffset;
                continue;
            }
            var report = buffer.Oldest()!; // this loop alone removes reports
            var sent = new DeviceReport(buffer.Offset.Value + report.Index, report.Scores, report.Alarms, health());
            if (await Deliver(sent, _ => buffer.Acknowledge(report), cancel) is { } end)
                return end;
        }
    }

    /// <summary>Tries until the node has the report; the answer is null then.</summary>
    private async Task<ForwardingEnd?> Deliver(DeviceReport report, Action<ReportReceipt> accepted, CancellationToken cancel)
    {
        var wait = patience.FirstWait;
        for (var attempt = 1; ; attempt++)
        {
            switch (await node.Send(report, cancel))
            {
                case Delivery.Accepted(var receipt):
                    accepted(receipt);
                    lastSuccess = time.GetTimestamp();
                    if (attempt > 1)
                        say($"The node answers again; report {report.Sequence} is delivered.");
                    return null;
                case Delivery.Refused(var why):
                    return new ForwardingEnd.Refused(why);
                case Delivery.Later(var why, var after):
                    if (isInputDone && time.GetElapsedTime(lastSuccess) >= patience.AfterEnd)
                        return new ForwardingEnd.NodeAway(why);
                    if (attempt == 1)
                        say($"The node does not take reports ({why}); they wait in the buffer.");
                    await Task.Delay(after is { } asked && asked < patience.LongestWait && asked > wait ? asked : wait, time, cancel);
                    wait = wait * 2 < patience.LongestWait ? wait * 2 : patience.LongestWait;
                    break;
            }
        }
    }
}
