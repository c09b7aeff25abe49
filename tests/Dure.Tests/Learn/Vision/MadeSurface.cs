using Dure.Datasets;

namespace Dure.Tests.Learn.Vision;

/// <summary>Images of a surface with and without a defect, for tests.</summary>
internal static class MadeSurface
{
    public const int Side = 80;

    /// <summary>A brushed surface, brighter or darker from image to image; perhaps with a dark spot at a place.</summary>
    public static Raster Of(int seed, (int X, int Y)? spot = null)
    {
        var random = new Random(seed);
        var (exposure, contrast) = (90 + 60 * random.NextDouble(), 20 + 20 * random.NextDouble());
        var points = new byte[Side * Side];
        for (var i = 0; i < points.Length; i++)
        {
            var (x, y) = (i % Side, i / Side);
            var value = exposure + contrast * (0.5 * Math.Sin(y / 2.0) + 0.4 * (random.NextDouble() - 0.5));
            if (spot is var (spotX, spotY))
                value -= 3 * contrast * Math.Exp(-((x - spotX) * (x - spotX) + (y - spotY) * (y - spotY)) / 20.0);
            points[i] = (byte)Math.Clamp(value, 0, 255);
        }
        return new Raster(Side, Side, 1, points);
    }
}
