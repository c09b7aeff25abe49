using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>One source at work: run, and run again after it failed by surprise, until it is told to stop or a person must mend it.</summary>
internal sealed class RunningSource : IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    /// <summary>A run this long counts as a success: the next wait is short again.</summary>
    private static readonly TimeSpan LongRun = TimeSpan.FromMinutes(1);

    private readonly SourceDesk desk;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    public RunningSource(string name, Func<ISource> create, SourceDesk desk, TimeProvider time)
    {
        (this.desk, this.time) = (desk, time);
        // The jitter needs no secrecy, only that sources which failed together do not come back together.
        var backoff = new Backoff(FirstWait, LongestWait, new Random(HashCode.Combine(name, time.GetTimestamp())));
        running = Task.Run(() => Run(create, backoff), CancellationToken.None);
    }

    /// <summary>Returns when it has stopped, within seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        var problem = await SourceEnd.Of(running, StopWithin, time);
        desk.Report(SourceState.Stopped, problem);
        if (running.IsCompleted)
            stop.Dispose();
    }

    private async Task Run(Func<ISource> create, Backoff backoff)
    {
        while (!stop.IsCancellationRequested)
        {
            var begun = time.GetTimestamp();
            Problem problem;
            try
            {
                desk.Report(SourceState.Starting);
                await create().Run(desk, stop.Token);
                problem = new Problem("urn:dure:sources:ended", "The source ended by itself.", "source", "It is started again by itself.");
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (ProblemException refused)
            {
                desk.Report(SourceState.Failed, refused.Problem);
                return;
            }
#pragma warning disable CA1031 // the outermost loop of a source: whatever it throws, the node and the other sources go on
            catch (Exception fault)
            {
                problem = SourceEnd.Fault(fault);
            }
#pragma warning restore CA1031
            if (time.GetElapsedTime(begun) > LongRun)
                backoff.Succeeded();
            desk.Report(SourceState.Retrying, problem);
            await Task.Delay(backoff.Next(), time, stop.Token);
        }
    }
}
