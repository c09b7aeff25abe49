using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>What a forwarder has done since its start, and how it is doing.</summary>
/// <param name="Accepted">Samples the node did not have before.</param>
/// <param name="Duplicates">Samples the node had already: sent again after a crash or a lost answer.</param>
/// <param name="Rejected">Samples the node does not take; they are kept with its reasons.</param>
public sealed record ForwarderStatus(SourceState State, Problem? Problem, long Requests, long Accepted, long Duplicates, long Rejected);

/// <summary>
/// Sends what a spool holds to a node, until the node has said that it is durable there. One request is under way at a time, so each lane is
/// in order; what a crash lets be sent twice, the node knows by series, time and value and drops.
/// </summary>
public sealed class Forwarder : IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>A batch that waited longer is an older one: it is sent at the pace of replay.</summary>
    private const long OldMicros = 5_000_000;

    private static readonly Problem Refusal = new("urn:dure:gateway:refused", "The node refused samples.", RefusedBatches.FileName,
        "The file names the reasons and holds the samples; mend the cause, and send what is needed again with 'dure ingest'.");

    private readonly Spool spool;
    private readonly GatewaySettings settings;
    private readonly NodeDoor node;
    private readonly RefusedBatches refused;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly ReplayPace pace;
    private readonly Action<ForwarderStatus> tell;
    private ForwarderStatus status = new(SourceState.Starting, null, 0, 0, 0, 0);
    private int maxRequestBytes;
    private long liveFrom;
    private double liveCredit;

    /// <param name="folder">Where what the node refuses is kept.</param>
    /// <param name="tell">Told when the state or the problem changes.</param>
    public Forwarder(Spool spool, GatewaySettings settings, Uri node, string token, string folder, TimeProvider time, Action<ForwarderStatus> tell)
    {
        (this.spool, this.settings, this.time, this.tell) = (spool, settings, time, tell);
        this.node = new NodeDoor(node, token, settings.Register);
        refused = new RefusedBatches(folder, time);
        backoff = new Backoff(FirstWait, LongestWait, new Random(HashCode.Combine(settings.Gateway, time.GetTimestamp())));
        pace = new ReplayPace(settings.ReplayPerSecond, time);
        maxRequestBytes = settings.MaxRequestBytes;
        liveFrom = spool.LastSequence + 1;
    }

    public ForwarderStatus Status => Volatile.Read(ref status);

    /// <summary>Runs until cancelled; losses of the node are told and tried again.</summary>
    public async Task Run(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                if (await SendNext(cancel) is not { } problem)
                    continue;
                // What gathers from now on is the present when the node is back.
                liveFrom = spool.LastSequence + 1;
                Tell(SourceState.Retrying, problem);
            }
            catch (ProblemException stopped)
            {
                Tell(SourceState.Failed, stopped.Problem);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Tell(SourceState.Failed, new Problem("urn:dure:gateway:disk-failed", failure.Message, "the gateway's folder", "Free space or mend the disk; what waits in the spool is kept."));
            }
            await Task.Delay(backoff.Next(), time, cancel);
        }
    }

    public void Dispose() => node.Dispose();

    /// <summary>Sends the next request of the lane whose turn it is. Returns why it must be tried again; null when it need not.</summary>
    private async Task<Problem?> SendNext(CancellationToken cancel)
    {
        var seen = spool.LastSequence;
        var batches = NextBatches(out var isLive);
        if (batches.Count == 0)
        {
            if (spool.Status.Waiting == 0)
                await spool.UntilBeyond(seen, cancel);
            return null;
        }
        var isOld = !isLive && batches[0].SpooledAtMicros < Micros.Of(time.GetUtcNow()) - OldMicros;
        if (isOld && pace.Wait() is var wait && wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancel);

        var (first, last) = (batches[0].Sequence, batches[^1].Sequence);
        var name = $"{settings.Gateway} {spool.Id} {first}-{last}";
        var request = BatchJson.Request(name, batches);
        var answer = await node.Send(request, cancel);
        switch (answer)
        {
            case NodeAnswer.NotNow notNow:
                return notNow.Problem;
            case NodeAnswer.TooLarge when batches.Count > 1:
                maxRequestBytes = Math.Max(1, request.Length / 2);
                return null;
            case NodeAnswer.TooLarge tooLarge:
                refused.Keep(name, tooLarge.What, request);
                Count(0, 0, batches.Sum(batch => (long)batch.Samples));
                break;
            case NodeAnswer.Refused all:
                refused.Keep(name, all.Reasons ?? all.What, request);
                Count(0, 0, batches.Sum(batch => (long)batch.Samples));
                break;
            case NodeAnswer.Taken taken:
                if (taken.Rejected > 0)
                    refused.Keep(name, taken.Reasons, request);
                Count(taken.Accepted, taken.Duplicates, taken.Rejected);
                break;
        }
        spool.Acknowledge(first, last);
        if (isOld)
            pace.Sent(batches.Sum(batch => batch.Samples));
        backoff.Succeeded();
        Tell(SourceState.Connected, Status.Rejected == 0 ? null : refused.Dropped == 0 ? Refusal
            : Refusal with { What = $"The node refused samples; the oldest {refused.Dropped:N0} requests of them were dropped to make room for newer ones." });
        return null;
    }

    /// <summary>
    /// In order, unless present batches have a share: then they take their turns among the older ones, which are those from before the node was
    /// last lost.
    /// </summary>
    private IReadOnlyList<SpooledBatch> NextBatches(out bool isLive)
    {
        isLive = false;
        if (settings.LiveShare <= 0)
            return spool.Read(0, long.MaxValue, maxRequestBytes);
        // While the older ones keep their pace, present ones need not wait for it.
        if ((liveCredit >= 1 || pace.Wait() > TimeSpan.Zero) && spool.MayOvertake && spool.Read(liveFrom, long.MaxValue, maxRequestBytes) is { Count: > 0 } live)
        {
            (isLive, liveCredit) = (true, Math.Max(0, liveCredit - 1));
            return live;
        }
        var older = spool.Read(0, liveFrom, maxRequestBytes);
        if (older.Count == 0)
        {
            isLive = true;
            return spool.Read(liveFrom, long.MaxValue, maxRequestBytes);
        }
        // So many present requests per older one that their share of all is as set.
        liveCredit = Math.Min(10, liveCredit + settings.LiveShare / (1 - settings.LiveShare));
        return older;
    }

    private void Count(long accepted, long duplicates, long rejected) => Volatile.Write(ref status, status with
    {
        Requests = status.Requests + 1,
        Accepted = status.Accepted + accepted,
        Duplicates = status.Duplicates + duplicates,
        Rejected = status.Rejected + rejected,
    });

    private void Tell(SourceState state, Problem? problem)
    {
        var isNew = status.State != state || status.Problem != problem;
        Volatile.Write(ref status, status with { State = state, Problem = problem });
        if (isNew)
            tell(status);
    }
}
