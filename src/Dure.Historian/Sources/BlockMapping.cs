using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>Writes an item's samples as its signal's.</summary>
internal static class BlockMapping
{
    /// <summary>The block under the signal's path with the values the mapping makes; null, and a rejection, when its unit has become another that is not known.</summary>
    public static SignalBlock? Map(SignalBlock block, ItemMapping mapping, SampleBatch rejections)
    {
        if (UnitOf(block, mapping) is not { } unit)
        {
            rejections.Reject($"item '{mapping.Item}'", $"The source now gives the unit '{Shown(block.Unit)}'; it was accepted with '{mapping.SourceUnit}' as '{mapping.Unit.Code}'.",
                "Accept the item again with the unit its values are in.", block.Count);
            return null;
        }
        if (!mapping.ChangesValues && block.Signal == mapping.Signal.Path && block.Unit == unit.Code)
            return block;
        var mapped = new SignalBlock(mapping.Signal.Path, unit.Code);
        for (var i = 0; i < block.Count; i++)
            mapped.Add(block.TimesMicros[i], mapping.ChangesValues ? block.Values[i] * mapping.Scale + mapping.Offset : block.Values[i], block.Qualities[i]);
        return mapped;
    }

    /// <summary>
    /// While the source writes what it wrote when the item was accepted, a person's word for it counts. When it writes another unit, its own
    /// word counts, as far as it is understood; where it had written none, only as far as it is certain.
    /// </summary>
    private static Unit? UnitOf(SignalBlock block, ItemMapping mapping)
    {
        if (block.Unit is null || block.Unit == mapping.SourceUnit || block.Unit == mapping.Unit.Code)
            return mapping.Unit;
        var isUnderstood = UnitSpelling.TryUnderstand(block.Unit, out var said);
        if (mapping.SourceUnit is null)
            return isUnderstood && said!.IsCertain && !mapping.ChangesValues ? said.Unit : mapping.Unit;
        return isUnderstood && !mapping.ChangesValues ? said!.Unit : null;
    }

    private static string? Shown(string? text) => text is { Length: > 40 } ? text[..40] + "…" : text;
}

/// <summary>A delivered batch by what becomes of its blocks.</summary>
internal sealed class Sorted
{
    public Sorted(SampleBatch batch, string sender)
    {
        Mapped = new SampleBatch(sender);
        // What the source could not read stays a rejection of the batch; the count may be larger than what is told in detail.
        var told = batch.Rejections.Count;
        RejectedBefore = batch.RejectedCount;
        for (var i = 0; i < told; i++)
        {
            var (where, what, mend) = batch.Rejections[i];
            Mapped.Reject(where, what, mend, i == told - 1 ? (int)Math.Min(int.MaxValue, RejectedBefore - told + 1) : 1);
        }
    }

    public SampleBatch Mapped { get; }

    public List<(Item Item, SignalBlock Block)> ByRule { get; } = [];

    public HashSet<string> Waiting { get; } = new(StringComparer.Ordinal);

    /// <summary>Samples that wait from now on, less those that waited and are among the mapped now.</summary>
    public long WaitingSamples { get; set; }

    public long IgnoredSamples { get; private set; }

    /// <summary>Samples the source itself could not read.</summary>
    public long RejectedBefore { get; }

    /// <summary>Keeps an item as a signal, with the samples that were held of it ahead of those that come now.</summary>
    /// <param name="comesAgain">The sender offers the held samples again: they are dropped.</param>
    public void AddHeld(ItemBoard board, Item item, ItemMapping mapping, bool comesAgain)
    {
        if (board.SetMapping(item, mapping) is not { } held || comesAgain)
            return;
        WaitingSamples -= held.Count;
        if (BlockMapping.Map(held, mapping, Mapped) is { } mapped)
            Mapped.Blocks.Add(mapped);
    }

    /// <param name="comesAgain">The sender offers the same samples until they are taken: they replace those that are held.</param>
    public void Add(Item item, SignalBlock block, ItemBoard board, bool comesAgain)
    {
        if (item.Mapping is { } mapping)
        {
            if (BlockMapping.Map(block, mapping, Mapped) is { } mapped)
                Mapped.Blocks.Add(mapped);
        }
        else if (item.IsIgnored)
        {
            IgnoredSamples += block.Count;
        }
        else
        {
            WaitingSamples += block.Count;
            Waiting.Add(item.Name);
            if (comesAgain)
                board.Release(item);
            board.Hold(item, block);
        }
    }

    /// <summary>Sorts again what the rule has looked at.</summary>
    public void AcceptedByRule(Lock gate, ItemBoard board, bool comesAgain)
    {
        lock (gate)
        {
            foreach (var (item, block) in ByRule)
                Add(item, block, board, comesAgain);
        }
    }
}
