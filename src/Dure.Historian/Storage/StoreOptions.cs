namespace Dure.Historian.Storage;

/// <summary>The bounds of a store.</summary>
/// <param name="MemorySamples">Samples in memory that are written as a segment.</param>
/// <param name="BulkSamples">A batch of at least this many becomes a segment at once instead of going through log and memory.</param>
internal sealed record StoreOptions(int MemorySamples, int BulkSamples);
