using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>
/// Maps what one source brings to signals, under the source's own name, and counts what becomes of it. Items that nobody has accepted are
/// held back with their newest values, and are accepted by the source's rule where it is certain of them.
/// </summary>
public sealed class SourceDesk : ISourceDesk
{
    private const int MostRejectionsKept = 50;
    private const int MostRejectionsPerBatch = 10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly string name;
    private readonly PlantHistorian historian;
    private readonly SourceBook book;
    private readonly TimeProvider time;
    private readonly bool keepsUntilAccepted;
    private readonly Lock gate = new();
    private readonly ItemBoard board;
    private readonly Queue<TimedRejection> rejections = new();
    private SourceCounts counts = new(0, 0, 0, 0, 0, 0, 0);
    private (SourceState State, Problem? Problem, DateTimeOffset Since) state;
    private DateTimeOffset? lastSeen;
    private AcceptRule? rule;

    /// <param name="keepsUntilAccepted">The sender keeps what is not taken: then nothing is taken until every item is decided about.</param>
    internal SourceDesk(string name, PlantHistorian historian, SourceBook book, TimeProvider time, AcceptRule? rule, bool keepsUntilAccepted)
    {
        (this.name, this.historian, this.book, this.time, this.rule, this.keepsUntilAccepted) = (name, historian, book, time, rule, keepsUntilAccepted);
        board = new ItemBoard(name);
        state = (SourceState.Stopped, null, time.GetUtcNow());
        var (mappings, ignored, withdrawn) = book.ItemsOf(name);
        foreach (var mapping in mappings)
            board.Restore(mapping);
        foreach (var item in ignored)
            board.RestoreIgnored(item);
        foreach (var item in withdrawn)
            board.RestoreWithdrawn(item);
    }

    /// <summary>Whose samples these are in the journal and in receipts.</summary>
    private string Sender => $"source {name}";

    public (SourceState State, Problem? Problem, DateTimeOffset Since, DateTimeOffset? LastSeen) State
    {
        get
        {
            lock (gate)
                return (state.State, state.Problem, state.Since, lastSeen);
        }
    }

    public SourceCounts Counts
    {
        get
        {
            lock (gate)
                return counts;
        }
    }

    /// <summary>The last refusals, newest first.</summary>
    public IReadOnlyList<TimedRejection> Rejections
    {
        get
        {
            lock (gate)
                return [.. rejections.Reverse()];
        }
    }

    public (int Accepted, int Waiting, long Unseen) ItemCounts
    {
        get
        {
            lock (gate)
                return (board.AcceptedItems, board.WaitingItems, board.Unseen);
        }
    }

    /// <summary>Items by name: those that wait first, then the accepted, then the ignored.</summary>
    public IReadOnlyList<ItemView> Items(int most)
    {
        lock (gate)
            return [.. board.Items.OrderBy(item => item.IsIgnored ? 2 : item.Mapping is null ? 0 : 1).ThenBy(item => item.Name, StringComparer.Ordinal).Take(most).Select(board.Describe)];
    }

    public void Announce(IReadOnlyList<SourceItem> items)
    {
        lock (gate)
        {
            foreach (var item in items)
                board.Announce(item);
        }
    }

    public void Report(SourceState newState, Problem? problem = null)
    {
        lock (gate)
            state = (newState, problem, state.State == newState ? state.Since : time.GetUtcNow());
    }

    public async ValueTask<BatchReceipt> Deliver(SampleBatch batch, CancellationToken cancel)
    {
        var sorted = Sort(batch);
        if (sorted.ByRule.Count > 0)
        {
            await AcceptByRule(sorted, cancel);
            sorted.AcceptedByRule(gate, board, keepsUntilAccepted);
        }
        if (keepsUntilAccepted && sorted.Waiting.Count > 0)
            throw ItemsWait(sorted.Waiting);
        var receipt = await Keep(sorted.Mapped, cancel);
        Count(batch.Blocks.Sum(block => (long)block.Count), sorted, receipt);
        return receipt;
    }

    /// <summary>Counts a batch that went to the historian without this desk, as those of the node's HTTP doors do.</summary>
    public void Note(BatchReceipt receipt)
    {
        lock (gate)
        {
            lastSeen = time.GetUtcNow();
            Add(receipt.Accepted + receipt.Duplicates + receipt.Rejected, receipt, 0, 0);
        }
    }

    /// <summary>Keeps items as signals from now on, and the samples of them that are held.</summary>
    /// <exception cref="ProblemException">A path, a unit or a factor does not work; nothing was accepted.</exception>
    /// <returns>The signals, in the order of the wishes.</returns>
    public Task<IReadOnlyList<ItemMapping>> Accept(IReadOnlyList<ItemAcceptance> wishes, string actor, CancellationToken cancel) => Accept(Judge(wishes), actor, cancel);

    /// <summary>Keeps all items that wait, as far as nothing about them must be asked.</summary>
    /// <param name="unitOtherwise">The unit of items whose own is not certain; null asks about them.</param>
    /// <returns>The signals, and the items that still wait with what must be said of each.</returns>
    public async Task<(IReadOnlyList<ItemMapping> Accepted, IReadOnlyList<(string Item, Problem Problem)> Asked)> AcceptAll(string? unitOtherwise, string actor, CancellationToken cancel)
    {
        var judged = new List<(ItemMapping, SignalDefinition)>();
        var asked = new List<(string, Problem)>();
        lock (gate)
        {
            var taken = new HashSet<SignalId>();
            foreach (var item in board.Items.Where(item => item.IsWaiting).OrderBy(item => item.Name, StringComparer.Ordinal))
            {
                try
                {
                    judged.Add(Judge(new ItemAcceptance(item.Name, Unit: ItemBoard.GuessUnit(item) is { IsCertain: true } ? null : unitOtherwise), taken));
                }
                catch (ProblemException unclear)
                {
                    asked.Add((item.Name, unclear.Problem));
                }
            }
        }
        return (judged.Count == 0 ? [] : await Accept(judged, actor, cancel), asked);
    }

    private async Task<IReadOnlyList<ItemMapping>> Accept(IReadOnlyList<(ItemMapping Mapping, SignalDefinition Definition)> judged, string actor, CancellationToken cancel)
    {
        await historian.Register([.. judged.Where(each => !historian.TryFind(each.Mapping.Signal, out _)).Select(each => each.Definition)], actor, cancel);
        await book.Map(name, [.. judged.Select(each => each.Mapping)], [], [], actor, cancel);
        var held = new SampleBatch(Sender);
        lock (gate)
        {
            foreach (var (mapping, _) in judged)
            {
                var item = board.Meet(mapping.Item);
                if (item is null)
                    board.Restore(mapping);
                else
                {
                    if (board.SetMapping(item, mapping) is { } block && BlockMapping.Map(block, mapping, held) is { } mapped)
                        held.Blocks.Add(mapped);
                }
            }
        }
        if (held.Blocks.Count > 0 && !keepsUntilAccepted) // else they come again from their sender
            AddKept(await historian.Append(held, Sender, cancel));
        return [.. judged.Select(each => each.Mapping)];
    }

    /// <summary>Drops the items' samples from now on.</summary>
    public async Task Ignore(IReadOnlyList<string> names, string actor, CancellationToken cancel)
    {
        CheckKnown(names);
        await book.Map(name, [], names, [], actor, cancel);
        lock (gate)
        {
            foreach (var item in names.Select(board.Find))
                board.SetIgnored(item!, true); // CheckKnown has found each
        }
    }

    /// <summary>Lets items wait until a person accepts them, accepted or ignored ones; what was kept of them stays.</summary>
    public async Task Withdraw(IReadOnlyList<string> names, string actor, CancellationToken cancel)
    {
        CheckKnown(names);
        await book.Map(name, [], [], names, actor, cancel);
        lock (gate)
        {
            foreach (var item in names.Select(board.Find))
                board.SetIgnored(item!, false);
        }
    }

    internal void SetRule(AcceptRule? newRule)
    {
        lock (gate)
        {
            rule = newRule;
            foreach (var item in board.Items)
                item.Question = null; // what the old rule asked is asked anew
        }
    }

    private Sorted Sort(SampleBatch batch)
    {
        var sorted = new Sorted(batch, Sender);
        var now = time.GetUtcNow();
        lock (gate)
        {
            lastSeen = now;
            foreach (var block in batch.Blocks)
            {
                if (board.Meet(block.Signal) is not { } item)
                {
                    sorted.WaitingSamples += block.Count;
                    continue;
                }
                ItemBoard.Note(item, block, now);
                if (item.IsWaiting && !item.IsWithdrawn && now >= item.NextLook)
                    LookForSignal(item, now, sorted);
                if (item.IsWaiting && !item.IsWithdrawn && rule?.Covers(item.Name) == true && item.Question is null)
                    sorted.ByRule.Add((item, block));
                else
                    sorted.Add(item, block, board, keepsUntilAccepted);
            }
        }
        return sorted;
    }

    /// <summary>An item that has the name of a known signal is that signal: nobody needs to say so twice.</summary>
    private void LookForSignal(Item item, DateTimeOffset now, Sorted sorted)
    {
        item.NextLook = now + LookEvery;
        if (!SignalId.TryParse(item.Name, out var id, out _) || !historian.TryFind(id, out var signal))
            return;
        var unit = string.IsNullOrWhiteSpace(item.SourceUnit) ? signal.Definition.Unit : UnitSpelling.TryUnderstand(item.SourceUnit, out var said) && said.IsCertain ? said.Unit : null;
        if (unit is null || !unit.CanConvertTo(signal.Definition.Unit))
            item.Question = $"A signal of this name is kept in '{signal.Definition.Unit.Code}'; the source says '{item.SourceUnit}'.";
        else if (board.TakerOf(id, item.Name) is { } taker)
            item.Question = $"The signal of this name is taken by the item '{taker}'.";
        else
            sorted.AddHeld(board, item, new ItemMapping(item.Name, id, unit, item.SourceUnit), keepsUntilAccepted);
    }

    private async Task AcceptByRule(Sorted sorted, CancellationToken cancel)
    {
        List<(ItemMapping, SignalDefinition)> certain = [];
        lock (gate)
        {
            if (rule is not { } current)
                return;
            var paths = new HashSet<string>(StringComparer.Ordinal);
            foreach (var item in sorted.ByRule.Select(candidate => candidate.Item).Distinct().Where(item => item.IsWaiting))
            {
                if (RuleJudgement.Judge(item, current, board, paths, historian) is { } mapping)
                    certain.Add((mapping, new SignalDefinition(mapping.Signal, mapping.Unit, item.Announced?.Description ?? "")));
            }
        }
        if (certain.Count == 0)
            return;
        var actor = $"{Sender} by rule";
        await historian.Register([.. certain.Where(each => !historian.TryFind(each.Item1.Signal, out _)).Select(each => each.Item2)], actor, cancel);
        await book.Map(name, [.. certain.Select(each => each.Item1)], [], [], actor, cancel);
        lock (gate)
        {
            foreach (var (mapping, _) in certain)
                sorted.AddHeld(board, board.Find(mapping.Item)!, mapping, keepsUntilAccepted); // it came from the board
        }
    }

    private async ValueTask<BatchReceipt> Keep(SampleBatch mapped, CancellationToken cancel) => mapped.Blocks.Count == 0
        ? new BatchReceipt(null, null, 0, 0, 0, 0, 0, mapped.RejectedCount, mapped.Rejections)
        : await historian.Append(mapped, Sender, cancel);

    private void Count(long received, Sorted sorted, BatchReceipt receipt)
    {
        lock (gate)
            Add(received + sorted.RejectedBefore, receipt, sorted.WaitingSamples, sorted.IgnoredSamples);
    }

    private void AddKept(BatchReceipt receipt)
    {
        lock (gate)
        {
            Add(0, receipt, 0, 0);
            counts = counts with { Waiting = Math.Max(0, counts.Waiting - receipt.Accepted - receipt.Duplicates - receipt.Rejected) };
        }
    }

    private void Add(long received, BatchReceipt receipt, long waiting, long ignored)
    {
        counts = new SourceCounts(counts.Received + received, counts.Accepted + receipt.Accepted, counts.Duplicates + receipt.Duplicates,
            counts.OutOfOrder + receipt.OutOfOrder, counts.Rejected + receipt.Rejected, Math.Max(0, counts.Waiting + waiting), counts.Ignored + ignored);
        foreach (var rejection in receipt.Rejections.Take(MostRejectionsPerBatch))
        {
            if (rejections.Count >= MostRejectionsKept)
                rejections.Dequeue();
            rejections.Enqueue(new TimedRejection(time.GetUtcNow(), rejection));
        }
    }

    private List<(ItemMapping, SignalDefinition)> Judge(IReadOnlyList<ItemAcceptance> wishes)
    {
        lock (gate)
        {
            var taken = new HashSet<SignalId>();
            return [.. wishes.Select(wish => Judge(wish, taken))];
        }
    }

    private (ItemMapping, SignalDefinition) Judge(ItemAcceptance wish, HashSet<SignalId> taken)
    {
        var mapping = AcceptanceJudgement.Judge(wish, board, historian);
        var other = board.TakerOf(mapping.Signal, wish.Item);
        if (other is not null || !taken.Add(mapping.Signal))
            throw new ProblemException("urn:dure:sources:signal-conflict", $"The signal {mapping.Signal} is taken by {(other is null ? "another item of this list" : $"the item '{other}'")}.", $"item '{wish.Item}'", "Give each item a path of its own.");
        return (mapping, new SignalDefinition(mapping.Signal, mapping.Unit, wish.Description ?? board.Find(wish.Item)?.Announced?.Description ?? ""));
    }

    private void CheckKnown(IReadOnlyList<string> names)
    {
        lock (gate)
        {
            if (names.FirstOrDefault(item => board.Find(item) is null) is { } missing)
                throw new ProblemException("urn:dure:sources:unknown-item", "This item has not been seen.", $"source '{name}', item '{missing}'", "List the items with 'dure sources show'.");
        }
    }

    private ProblemException ItemsWait(IReadOnlyCollection<string> items) => new("urn:dure:sources:items-wait",
        $"{items.Count} item(s) wait for acceptance, first '{items.First()}'; nothing is taken until each is accepted or ignored.", $"source '{name}'",
        $"Accept them on the page Sources or with 'dure sources accept {name} --all'.");
}
