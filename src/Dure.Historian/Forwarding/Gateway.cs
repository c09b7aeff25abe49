using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>Where a gateway sends to and what it keeps where.</summary>
/// <param name="Folder">Holds the spool and what the node refused; it is this gateway's alone.</param>
public sealed record GatewayPlace(Uri Node, string Token, string Folder);

/// <summary>
/// Runs sources beside machines and forwards what they read. Samples are on its disk before a source is told so, and stay there until the
/// node has them: it may lose the node for a day, and be killed at any moment.
/// </summary>
public sealed class Gateway(GatewaySettings settings, GatewayPlace place, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="tell">Told what happens, a line each; may be called from any thread.</param>
    /// <exception cref="ProblemException">A source's settings cannot work, or another gateway has the folder.</exception>
    public async Task Run(Action<string> tell, CancellationToken cancel)
    {
        var sources = settings.Sources.Select(source => (Settings: source, Source: source.Kind.Create(source.Settings, time))).ToArray();
        Directory.CreateDirectory(place.Folder);
        using var own = OwnFolder();
        await using var spool = Spool.Open(Path.Combine(place.Folder, "spool"), new SpoolOptions(settings.MaxSpoolBytes), time);
        foreach (var note in spool.Notes)
            tell(note);
        using var forwarder = new Forwarder(spool, settings, place.Node, place.Token, place.Folder, time,
            status => tell($"node {place.Node.Authority}: {status.State}{Words(status.Problem)} ({spool.Status.Waiting:N0} batches wait)"));
        // Sources that break are told and started again. When the forwarder does in a way it does not know, all ends: samples would wait in silence.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts = [forwarder.Run(end.Token), .. sources.Select(source => Run(source.Settings, source.Source, spool, tell, end.Token))];
        var first = await Task.WhenAny(parts);
        await end.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task Run(GatewaySource settings, ISource source, Spool spool, Action<string> tell, CancellationToken cancel)
    {
        using var desk = new GatewayDesk(settings, spool, (name, state, problem) => tell($"source {name}: {state}{Words(problem)}"));
        var backoff = new Backoff(FirstWait, LongestWait, new Random(HashCode.Combine(settings.Name, time.GetTimestamp())));
        try
        {
            while (true)
            {
                try
                {
                    await source.Run(desk, cancel);
                }
                catch (ProblemException failed)
                {
                    desk.Report(SourceState.Failed, failed.Problem);
                }
#pragma warning disable CA1031 // the outermost loop of a source: whatever it throws, the others go on
                catch (Exception fault) when (fault is not OperationCanceledException || !cancel.IsCancellationRequested)
                {
                    desk.Report(SourceState.Retrying, SourceEnd.Fault(fault));
                }
#pragma warning restore CA1031
                await Task.Delay(backoff.Next(), time, cancel);
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(LastFlush, time);
            await desk.Flush(limit.Token);
        }
    }

    private FileStream OwnFolder()
    {
        var path = Path.Combine(place.Folder, "gateway.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new ProblemException("urn:dure:gateway:folder-in-use", "Another gateway runs on this folder.", place.Folder, "Stop it, or give each gateway its own --data folder.", taken);
        }
    }

    private static string Words(Problem? problem) => problem is null ? "" : $": {problem}";
}
