namespace Dure.Historian.Files;

/// <summary>What of a file was not taken; only the first refusals are told in detail.</summary>
internal sealed class FileRefusals
{
    private readonly List<RejectedSample> told = [];
    private long accepted;

    /// <summary>Samples that were not taken; what is told of others, such as rows out of order, does not count.</summary>
    public long Count { get; private set; }

    public void Add(BatchReceipt receipt)
    {
        accepted += receipt.Accepted + receipt.Duplicates;
        Count += receipt.Rejected;
        told.AddRange(receipt.Rejections.Take(SampleBatch.MaxRejectionsTold - told.Count));
    }

    /// <summary>For people to read beside the file; null when there is nothing to say.</summary>
    public string? Described() => Count == 0 && told.Count == 0 ? null : $"{accepted} samples were taken, {Count} were not.\n"
        + string.Concat(told.Select(refusal => $"{refusal.Where}: {refusal.What} {refusal.Mend}\n"));
}
