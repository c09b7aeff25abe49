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

    /// <summary>Kinds of surfaces to tell apart: a dark spot, brushed down instead of across, or neither.</summary>
    public static readonly string[] Kinds = ["plain", "spot", "turned"];

    /// <summary>A surface of one of the <see cref="Kinds"/>.</summary>
    public static Raster OfKind(string kind, int seed)
    {
        var surface = Of(seed, kind == "spot" ? (20 + 7 * seed % 40, 20 + 11 * seed % 40) : null);
        if (kind != "turned")
            return surface;
        var points = surface.Values.ToArray();
        return new Raster(Side, Side, 1, [.. Enumerable.Range(0, points.Length).Select(i => points[i % Side * Side + i / Side])]);
    }
}
