using System.Threading.Channels;
using Dure.Edge.Fleet;
using Dure.Loop;

namespace Dure.Node.Acting;

/// <summary>Turns each alarm into a proposed action and takes it to the gate, one after the other.</summary>
internal sealed class AlarmResponder(DeviceFleet fleet, Gate gate, ILogger<AlarmResponder> log) : IAsyncDisposable
{
    /// <summary>What an alarm asks for. A plant names its own actions when it configures its envelopes.</summary>
    public const string Action = "stop-pump";

    private const int MaxWaiting = 10_000;
    private readonly Channel<RaisedAlarm> waiting = Channel.CreateBounded<RaisedAlarm>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private Task worker = Task.CompletedTask;
    private long taken;
    private long done;

    /// <summary>True while an alarm waits for its decision.</summary>
    public bool IsBusy => Interlocked.Read(ref taken) != Interlocked.Read(ref done);

    public void Start()
    {
        fleet.AlarmRaised += Enqueue;
        worker = Task.Run(Respond);
    }

    public async ValueTask DisposeAsync()
    {
        fleet.AlarmRaised -= Enqueue;
        waiting.Writer.TryComplete();
        await stopping.CancelAsync();
        await worker;
        stopping.Dispose();
    }

    private void Enqueue(RaisedAlarm alarm)
    {
        Interlocked.Increment(ref taken);
        if (waiting.Writer.TryWrite(alarm))
            return;
        Interlocked.Increment(ref done);
        log.LogWarning("Alarm {Entry} of {Asset} was not taken to the gate: {Waiting} alarms wait already", alarm.Entry, alarm.Asset, MaxWaiting);
    }

    private async Task Respond()
    {
        try
        {
            await foreach (var alarm in waiting.Reader.ReadAllAsync(stopping.Token))
            {
                await gate.Propose(ProposalFor(alarm), stopping.Token);
                Interlocked.Increment(ref done);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops. An alarm that was not decided stays in the journal without a decision, for people to see.
        }
    }

    private static ProposedAction ProposalFor(RaisedAlarm alarm)
    {
        var most = alarm.Contributions.Count > 0 ? $"; most from {alarm.Contributions[0].Signal} ({alarm.Contributions[0].Share:P0})" : "";
        return new ProposedAction(alarm.Asset, Action, null, $"alarm, score {alarm.Score:0.00}{most}", $"device {alarm.Device}", alarm.From, new EntryReference(alarm.Entry, alarm.EntryHash));
    }
}
