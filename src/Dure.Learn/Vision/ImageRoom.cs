using Dure.Datasets;

namespace Dure.Learn.Vision;

/// <summary>Room for images that are read: few at once, in all trainings together. A large one takes most of a gibibyte until it is brought to its size.</summary>
internal static class ImageRoom
{
    private static readonly SemaphoreSlim Reading = new(4);

    /// <summary>Reads an image and brings it to what is needed of it, while few others do.</summary>
    public static T Read<T>(Func<Raster> image, Func<Raster, T> needed, CancellationToken cancel)
    {
        Reading.Wait(cancel);
        try
        {
            return needed(image());
        }
        finally
        {
            Reading.Release();
        }
    }
}
