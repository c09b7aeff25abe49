using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>What is known of an image that could be read: its path and label, its size, and the hash of its file.</summary>
internal sealed record ImageRow(int Number, string Name, string Label, int Width, int Height, int Channels, long Bytes, ContentHash Hash);

/// <summary>All images of a pack, looked at point by point: those that can be read, and why the others cannot.</summary>
internal sealed record ImageRows(IReadOnlyList<ImageRow> Rows, IReadOnlyList<BrokenLine> Broken, IReadOnlyList<string> Others)
{
    /// <exception cref="ProblemException">They have more points or bytes together than are allowed.</exception>
    public static ImageRows Of(ImagePack pack, string file, CancellationToken cancel)
    {
        var (rows, broken, points) = (new ImageRow?[pack.Names.Count], new BrokenLine?[pack.Names.Count], 0L);
        // What is stored must be open to be read again: its names count too. Bytes of broken ones count for the work they make.
        var (before, room) = (pack.Unpacked, TableFacts.MaxFileBytes - StoredZip.BytesBeside(pack.Names));
        Parallel.For(0, pack.Names.Count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4) }, (i, loop) =>
        {
            try
            {
                var bytes = pack.Read(i);
                var image = Raster.Read(bytes);
                rows[i] = new ImageRow(i, pack.Names[i], pack.Labels[i], image.Width, image.Height, image.Channels, bytes.Length, ContentHash.Of(bytes));
                if (Interlocked.Add(ref points, (long)image.Width * image.Height) > ImagePack.MaxPoints)
                    loop.Stop();
            }
            catch (ProblemException unreadable) when (unreadable.Problem.Type == Raster.BadType)
            {
                broken[i] = new BrokenLine(i + 1, pack.Names[i], unreadable.Problem.What, "");
            }
            if (pack.Unpacked - before > room)
                loop.Stop();
        });
        if (pack.Unpacked - before > room)
            throw new ProblemException("urn:dure:datasets:bad-images", $"The images have more than {room:N0} bytes together when they are unpacked.", file, "Give smaller images, or fewer at a time.");
        if (points > ImagePack.MaxPoints)
            throw new ProblemException("urn:dure:datasets:too-many-points", $"The images have more than {ImagePack.MaxPoints:N0} points together.", file, "Make them smaller (some 500 points across are enough for most surfaces), or give fewer.");
        return new([.. rows.OfType<ImageRow>()], [.. broken.OfType<BrokenLine>()], pack.Others);
    }
}
