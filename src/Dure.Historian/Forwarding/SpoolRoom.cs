using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>Who may put how much into a spool, and what was refused. Not safe for threads: its spool locks.</summary>
internal sealed class SpoolRoom(long maxBytes, string folder)
{
    /// <summary>Senders that can wait leave the rest to those that cannot.</summary>
    private const double ShareOfPatient = 0.8;

    private TaskCompletionSource freed = NewSignal();
    private long underWay; // let in and not on disk yet

    public long RefusedBatches { get; private set; }

    public long RefusedSamples { get; private set; }

    /// <summary>Lets a batch in; else gives what completes when there may be room, or refuses it where its sender cannot wait.</summary>
    /// <param name="onDisk">Bytes on disk that are not spent.</param>
    /// <exception cref="ProblemException">The spool is full.</exception>
    public bool TryReserve(long onDisk, int size, int samples, bool isPatient, [NotNullWhen(false)] out Task? room)
    {
        var taken = onDisk + underWay;
        room = null;
        // One that is too large for its share is let in alone: else it would wait for ever.
        if (taken + size <= maxBytes && (!isPatient || taken == 0 || taken + size <= ShareOfPatient * maxBytes))
        {
            underWay += size;
            return true;
        }
        if (isPatient && taken > 0)
        {
            room = freed.Task;
            return false;
        }
        Refuse(1, samples);
        throw new ProblemException("urn:dure:gateway:spool-full",
            $"The spool holds its {maxBytes:N0} bytes; {RefusedBatches:N0} batches with {RefusedSamples:N0} samples were refused since the start.", folder,
            "Bring the node back, or allow the spool more disk; what waits in it is kept and sent first.");
    }

    /// <summary>What those are told who wait.</summary>
    public Problem Crowded => new("urn:dure:gateway:spool-crowded", "The spool has no room; what is read waits where it lies.", folder, "Bring the node back, or allow the spool more disk.");

    public void Refuse(int batches, long samples)
    {
        RefusedBatches += batches;
        RefusedSamples += samples;
    }

    /// <summary>What was let in is on disk.</summary>
    public void Written(long size) => underWay -= size;

    /// <summary>What was let in came to nothing.</summary>
    public void GiveBack(long size)
    {
        underWay -= size;
        Free();
    }

    /// <summary>Lets those that wait look again.</summary>
    public void Free()
    {
        freed.SetResult(); // what waits for it goes on elsewhere, not under the lock
        freed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
