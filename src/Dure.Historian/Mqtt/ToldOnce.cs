namespace Dure.Historian.Mqtt;

/// <summary>
/// What comes with every message and can never be a sample, such as texts: told in words the first time, counted after that. Remembers a
/// bounded number of names; beyond it things are only counted.
/// </summary>
internal sealed class ToldOnce
{
    private const int MostNames = 10_000;
    private readonly HashSet<string> told = new(StringComparer.Ordinal);

    /// <summary>All that was not kept, told or not.</summary>
    public long Count { get; private set; }

    public void Say(SampleBatch into, string name, string what, string mend)
    {
        Count++;
        if (told.Count < MostNames && told.Add(name))
            into.Reject(name, what, mend);
    }
}
