namespace Dure.Historian.Forwarding;

/// <summary>Bounds of a spool.</summary>
/// <param name="MaxBytes">Disk it may take. When it is full, new batches are refused and counted; what waits is kept.</param>
/// <param name="SegmentBytes">After it a new file is begun; a file is deleted when all of it is acknowledged.</param>
public sealed record SpoolOptions(long MaxBytes = 4L << 30, int SegmentBytes = 8 << 20);

/// <summary>How full a spool is.</summary>
/// <param name="Waiting">Batches on disk that are not acknowledged.</param>
/// <param name="RefusedBatches">Batches refused since the start because the spool was full.</param>
public sealed record SpoolStatus(long Waiting, long Bytes, long LastSequence, long RefusedBatches, long RefusedSamples);
