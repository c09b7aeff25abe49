namespace Dure.Evidence;

/// <summary>Remembers of which kind each entry is (two bytes an entry), so that whoever folds a few kinds need not read all the others.</summary>
/// <param name="read">Reads the entries from one index up to another.</param>
internal sealed class KindDirectory(Func<long, long, IEnumerable<JournalEntry>> read)
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, ushort> numbers = new(StringComparer.Ordinal);
    private readonly List<string> names = [];
    private readonly List<ushort> kinds = [];

    /// <summary>The indexes of the entries of these kinds among the first <paramref name="end"/>. The first question reads the journal, later ones only what has come since.</summary>
    public List<long> Find(IReadOnlyCollection<string> wanted, long end)
    {
        lock (guard)
        {
            Learn(end);
            var known = wanted.Where(numbers.ContainsKey).Select(kind => numbers[kind]).ToHashSet();
            var found = new List<long>();
            for (var i = 0; i < end && known.Count > 0; i++)
            {
                if (known.Contains(kinds[i]))
                    found.Add(i);
            }
            return found;
        }
    }

    /// <summary>The kind of an entry that is there.</summary>
    public string KindOf(long index)
    {
        lock (guard)
        {
            Learn(index + 1);
            return names[kinds[(int)index]];
        }
    }

    private void Learn(long end)
    {
        if (end > kinds.Count)
            foreach (var entry in read(kinds.Count, end))
                kinds.Add(NumberOf(entry.Kind));
    }

    private ushort NumberOf(string kind)
    {
        if (numbers.TryGetValue(kind, out var number))
            return number;
        names.Add(kind);
        return numbers[kind] = checked((ushort)numbers.Count);
    }
}
