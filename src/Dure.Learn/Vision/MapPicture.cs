using Dure.Datasets;

namespace Dure.Learn.Vision;

/// <summary>A map of strangeness laid over its image: what is near the limit is yellow, what is beyond it red, and all else as it was.</summary>
public static class MapPicture
{
    /// <summary>In units of the limit: where colour begins, and where it is full.</summary>
    private const double From = 0.5, Full = 1.25;

    private const double MostCover = 0.6;

    /// <param name="map">Row by row, in units of the limit.</param>
    public static Raster Over(Raster image, int width, int height, IReadOnlyList<float> map)
    {
        var plane = new Plane(width, height, [.. map]).Resize(image.Width, image.Height).Values;
        var (from, to) = (image.Values, new byte[image.Width * image.Height * 3]);
        for (var i = 0; i < plane.Length; i++)
        {
            var strange = Math.Clamp((plane[i] - From) / (Full - From), 0, 1);
            var cover = MostCover * strange;
            ReadOnlySpan<double> colour = [255, 200 * (1 - strange), 0];
            for (var channel = 0; channel < 3; channel++)
                to[3 * i + channel] = (byte)((1 - cover) * from.Span[image.Channels * i + Math.Min(channel, image.Channels - 1)] + cover * colour[channel]);
        }
        return new Raster(image.Width, image.Height, 3, to);
    }
}
