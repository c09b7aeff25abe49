namespace Dure.Historian.Mqtt;

/// <summary>Finds the blocks of the batch that is being filled by their names; a new batch starts anew.</summary>
internal sealed class BatchBlocks
{
    private readonly Dictionary<string, SignalBlock> blocks = new(StringComparer.Ordinal);
    private SampleBatch? batch;

    public SignalBlock Of(SampleBatch into, string name, string? unit)
    {
        if (batch != into)
        {
            batch = into;
            blocks.Clear();
        }
        if (blocks.TryGetValue(name, out var block) && block.Unit == unit)
            return block;
        block = new SignalBlock(name, unit);
        into.Blocks.Add(block);
        blocks[name] = block;
        return block;
    }

    /// <summary>Lets the last batch go, so that it is not kept alive.</summary>
    public void Forget()
    {
        batch = null;
        blocks.Clear();
    }
}
