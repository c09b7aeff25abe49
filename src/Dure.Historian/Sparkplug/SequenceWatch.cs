namespace Dure.Historian.Sparkplug;

/// <summary>
/// Watches the sequence numbers of one edge node, which count modulo 256. A number that is jumped over is missing until it comes late or the
/// reorder timeout passes.
/// </summary>
internal sealed class SequenceWatch
{
    private const int Modulus = 256;

    // A number so far ahead is rather one from behind, if one is missing there.
    private const int FarthestAhead = 128;

    private readonly bool[] missing = new bool[Modulus];
    private int next;
    private int missingCount;

    public bool HasHole => missingCount > 0;

    /// <summary>When the oldest hole is no longer waited for; only where <see cref="HasHole"/>.</summary>
    public long Deadline { get; private set; }

    public void Start(ulong seq)
    {
        Forgive();
        next = (int)((seq + 1) % Modulus);
    }

    /// <summary>Notes a number that came.</summary>
    public void Met(ulong seq, long now, long patience)
    {
        var number = (int)(seq % Modulus);
        var ahead = (number - next + Modulus) % Modulus;
        if (ahead >= FarthestAhead && missing[number])
        {
            missing[number] = false;
            missingCount--;
            return;
        }
        if (ahead == Modulus - 1)
            return; // the number that came last, once more
        for (; ahead > 0; ahead--, next = (next + 1) % Modulus)
        {
            if (missingCount == 0)
                Deadline = now + patience;
            if (!missing[next])
                missingCount++;
            missing[next] = true;
        }
        if (missing[number])
        {
            // The count went round before the hole was filled: it stays one, the newer number has come.
            missing[number] = false;
            missingCount--;
        }
        next = (number + 1) % Modulus;
    }

    /// <summary>Waits for nothing any more.</summary>
    public void Forgive()
    {
        Array.Clear(missing);
        missingCount = 0;
    }
}
