using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Vision;

namespace Dure.Learn.Recipes;

/// <summary>A dataset's images as trainings take them: each once, none that stands under two labels, none too small to show anything.</summary>
internal sealed class TrainingImages(ImagePack images, int threads, CancellationToken cancel)
{
    /// <summary>Images that are only read through, at once.</summary>
    private const int MostAtOnce = 4;

    private const int MostShown = 40;

    private int AtOnce => threads is > 0 and < MostAtOnce ? threads : MostAtOnce;

    /// <summary>The rows of images that may teach or judge, rising, and what a reader should know of the others.</summary>
    public (List<int> Rows, List<string> Notes) Usable(DatasetVersion dataset)
    {
        var (rows, notes) = Distinct();
        LeaveOutSmall(dataset, rows, notes);
        return (rows, notes);
    }

    /// <exception cref="ProblemException">It is too small to show anything.</exception>
    public Raster Read(int row)
    {
        cancel.ThrowIfCancellationRequested();
        var image = Raster.Read(images.Read(row));
        Inspection.CheckSize(image, images.Names[row]);
        return image;
    }

    /// <summary>Labels in a message; of very many the first ones.</summary>
    public static string Shown(IReadOnlyCollection<string> labels) => string.Join(", ", labels.Take(MostShown)) + (labels.Count > MostShown ? ", …" : "");

    /// <summary>The images, each once: copies would be learnt from and judge, and what stands under two labels says nothing.</summary>
    private (List<int> Rows, List<string> Notes) Distinct()
    {
        var hashes = new ContentHash[images.Names.Count];
        InParallel.For(hashes.Length, i => hashes[i] = ContentHash.Of(images.Read(i)), cancel, AtOnce);
        var (rows, copies, torn) = (new List<int>(), 0, 0);
        foreach (var alike in Enumerable.Range(0, hashes.Length).GroupBy(i => hashes[i]))
        {
            if (alike.Select(i => images.Labels[i]).Distinct(StringComparer.Ordinal).Skip(1).Any())
            {
                torn += alike.Count();
                continue;
            }
            rows.Add(alike.First());
            copies += alike.Count() - 1;
        }
        List<string> notes = [];
        if (copies > 0)
            notes.Add($"{copies} images repeat another, byte by byte; each was taken once.");
        if (torn > 0)
            notes.Add($"{torn} images stand under two labels, byte by byte the same; they were left out.");
        return ([.. rows.Order()], notes);
    }

    /// <summary>Takes out the images that show no surface: a few among many are no reason to learn nothing.</summary>
    private void LeaveOutSmall(DatasetVersion dataset, List<int> rows, List<string> notes)
    {
        // What the table says of all saves looking at each.
        if (dataset.Table is { } table && Array.TrueForAll(["width", "height"], name => table.Columns.Any(column => column.Name == name && column.Numbers is { Min: >= InspectionOptions.LeastSide })))
            return;
        var small = new bool[images.Names.Count];
        InParallel.For(rows.Count, i => small[rows[i]] = Raster.Read(images.Read(rows[i])) is var image && Math.Min(image.Width, image.Height) < InspectionOptions.LeastSide, cancel, AtOnce);
        if (rows.RemoveAll(row => small[row]) is > 0 and var left)
            notes.Add($"{left} images have fewer than {InspectionOptions.LeastSide} points across or down; they were left out.");
    }
}
