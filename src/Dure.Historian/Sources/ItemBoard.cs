using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>An item and what is known of it. Guarded by its board's owner.</summary>
internal sealed class Item(string name)
{
    public string Name => name;
    public SourceItem? Announced { get; set; }
    public string? SourceUnit { get; set; }
    public ItemMapping? Mapping { get; set; }
    public bool IsIgnored { get; set; }

    /// <summary>A person said that it waits: nothing but a person's word accepts it again.</summary>
    public bool IsWithdrawn { get; set; }
    public string? Question { get; set; }
    public long Samples { get; set; }
    public DateTimeOffset? FirstSeen { get; set; }
    public DateTimeOffset? LastSeen { get; set; }
    public Sample? Newest { get; set; }

    /// <summary>The newest samples of an item that waits.</summary>
    public Queue<(long Time, double Value, Quality Quality)> Held { get; } = [];

    /// <summary>When to look again whether a signal of this name has become known.</summary>
    public DateTimeOffset NextLook { get; set; }

    public bool IsWaiting => Mapping is null && !IsIgnored;
}

/// <summary>
/// The items of one source with their newest values, bounded: beyond <see cref="MostWaiting"/> unknown names are only counted. Samples of
/// waiting items are held, the newest few of each, so that accepting an item keeps them too. Not safe for threads: its owner locks.
/// </summary>
internal sealed class ItemBoard(string source)
{
    public const int MostWaiting = 10_000;

    /// <summary>Longer names come from senders that write values into them.</summary>
    public const int MostNameLength = 1000;

    private const int HeldPerItem = 500;
    private const int HeldInAll = 200_000;
    private const int FirstShown = 5;

    private readonly Dictionary<string, Item> items = new(StringComparer.Ordinal);
    private readonly Dictionary<SignalId, string> takers = [];
    private int heldInAll;

    public int WaitingItems { get; private set; }

    public int AcceptedItems { get; private set; }

    /// <summary>Blocks of names that found no room.</summary>
    public long Unseen { get; private set; }

    public IReadOnlyCollection<Item> Items => items.Values;

    public Item? Find(string name) => items.GetValueOrDefault(name);

    /// <summary>The item of a name, new when there is room; null when the name is too long or there are too many.</summary>
    public Item? Meet(string name)
    {
        if (items.TryGetValue(name, out var known))
            return known;
        if (WaitingItems >= MostWaiting || name.Length is 0 or > MostNameLength)
        {
            Unseen++;
            return null;
        }
        WaitingItems++;
        return items[name] = new Item(name);
    }

    public void Announce(SourceItem announced)
    {
        if (Meet(announced.Name) is not { } item)
            return;
        (item.Announced, item.Question) = (announced, null);
        item.SourceUnit = Said(announced.Unit) ?? item.SourceUnit;
    }

    public static void Note(Item item, SignalBlock block, DateTimeOffset now)
    {
        item.Samples += block.Count;
        item.FirstSeen ??= now;
        item.LastSeen = now;
        item.SourceUnit = Said(block.Unit) ?? item.SourceUnit;
        var last = block.Count - 1;
        if (last >= 0 && TryTime(block.TimesMicros[last]) is { } time)
            item.Newest = new Sample(time, block.Values[last], block.Qualities[last]);
    }

    public void Hold(Item item, SignalBlock block)
    {
        for (var i = Math.Max(0, block.Count - HeldPerItem); i < block.Count; i++)
        {
            if (item.Held.Count >= HeldPerItem)
                item.Held.Dequeue();
            else if (heldInAll >= HeldInAll)
                return;
            else
                heldInAll++;
            item.Held.Enqueue((block.TimesMicros[i], block.Values[i], block.Qualities[i]));
        }
    }

    /// <summary>Takes the held samples out; null when there is none.</summary>
    public SignalBlock? Release(Item item)
    {
        heldInAll -= item.Held.Count;
        if (item.Held.Count == 0)
            return null;
        var block = new SignalBlock(item.Name, item.SourceUnit);
        while (item.Held.TryDequeue(out var held))
            block.Add(held.Time, held.Value, held.Quality);
        return block;
    }

    /// <summary>Keeps an item as a signal.</summary>
    /// <returns>The samples that were held of it, for the signal to have; null when there was none.</returns>
    public SignalBlock? SetMapping(Item item, ItemMapping mapping)
    {
        Count(item, -1);
        Forget(item.Mapping);
        (item.Mapping, item.IsIgnored, item.IsWithdrawn, item.Question) = (mapping, false, false, null);
        takers[mapping.Signal] = mapping.Item;
        Count(item, 1);
        return Release(item);
    }

    /// <summary>Drops an item's samples from now on, or lets it wait until a person accepts it.</summary>
    public void SetIgnored(Item item, bool isIgnored)
    {
        Count(item, -1);
        Forget(item.Mapping);
        (item.Mapping, item.IsIgnored, item.IsWithdrawn, item.Question) = (null, isIgnored, !isIgnored, null);
        if (isIgnored)
            Release(item);
        Count(item, 1);
    }

    /// <summary>The other item that is kept as this signal, if any.</summary>
    public string? TakerOf(SignalId signal, string item) => takers.TryGetValue(signal, out var taker) && taker != item ? taker : null;

    /// <summary>Puts a mapping that the journal knows on the board; such items have room always.</summary>
    public void Restore(ItemMapping mapping) => SetMapping(Restored(mapping.Item), mapping);

    public void RestoreIgnored(string name) => SetIgnored(Restored(name), true);

    public void RestoreWithdrawn(string name) => SetIgnored(Restored(name), false);

    public ItemView Describe(Item item)
    {
        var guess = GuessUnit(item);
        return new ItemView(item.Name, item.Mapping is not null ? ItemStanding.Accepted : item.IsIgnored ? ItemStanding.Ignored : ItemStanding.Waiting,
            item.SourceUnit, item.Announced?.Description, item.FirstSeen, item.LastSeen, item.Samples, item.Newest,
            [.. item.Held.Take(FirstShown).Where(held => TryTime(held.Time) is not null).Select(held => new Sample(Micros.Time(held.Time), held.Value, held.Quality))],
            item.Mapping?.Signal.Path ?? ProposePath(item.Name), item.Mapping?.Unit.Code ?? guess?.Unit.Code, item.Mapping is not null || guess is { IsCertain: true }, item.Question, item.Mapping);
    }

    public static UnderstoodUnit? GuessUnit(Item item) =>
        string.IsNullOrWhiteSpace(item.SourceUnit) ? UnitSpelling.GuessFromName(item.Name) : UnitSpelling.TryUnderstand(item.SourceUnit, out var said) ? said : null;

    /// <summary>The name's own path where it has the parts of one, else below the source's name.</summary>
    public string? ProposePath(string name) => PathProposal.Of("", name) ?? PathProposal.Of(source, name);

    /// <summary>A unit that can be one; longer texts come from senders that write values into it.</summary>
    public static string? Said(string? unit) => unit is { Length: <= Unit.MaxLength } ? unit : null;

    /// <summary>Times that senders may write are any number; only those a calendar has can be shown.</summary>
    private static DateTimeOffset? TryTime(long micros) => micros is > -62_135_596_800_000_000 and < 253_402_300_800_000_000 ? Micros.Time(micros) : null;

    private Item Restored(string name)
    {
        if (!items.TryGetValue(name, out var item))
        {
            items[name] = item = new Item(name);
            WaitingItems++;
        }
        return item;
    }

    private void Forget(ItemMapping? mapping)
    {
        if (mapping is not null && takers.GetValueOrDefault(mapping.Signal) == mapping.Item)
            takers.Remove(mapping.Signal);
    }

    private void Count(Item item, int by)
    {
        if (item.IsWaiting)
            WaitingItems += by;
        else if (item.Mapping is not null)
            AcceptedItems += by;
    }
}
