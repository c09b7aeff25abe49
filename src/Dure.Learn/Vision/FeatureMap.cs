namespace Dure.Learn.Vision;

/// <summary>Features at the positions of a grid over an image, channels last.</summary>
internal sealed record FeatureMap(int Width, int Height, int Channels, float[] Values)
{
    public int Positions => Width * Height;

    public ReadOnlySpan<float> At(int position) => Values.AsSpan(position * Channels, Channels);

    /// <summary>Each position with the mean over itself and its neighbours: Roth et al. (2022), eq. 2.</summary>
    public FeatureMap Smooth()
    {
        var mean = new float[Values.Length];
        for (var position = 0; position < Positions; position++)
        {
            var (x, y) = (position % Width, position / Width);
            var target = mean.AsSpan(position * Channels, Channels);
            var (top, bottom, left, right) = (Math.Max(0, y - 1), Math.Min(Height - 1, y + 1), Math.Max(0, x - 1), Math.Min(Width - 1, x + 1));
            var share = 1f / ((bottom - top + 1) * (right - left + 1));
            for (var row = top; row <= bottom; row++)
                for (var column = left; column <= right; column++)
                    Neural.FloatMath.AddScaled(share, At(row * Width + column), target);
        }
        return this with { Values = mean };
    }

    /// <summary>Distances at the positions, smoothed about as much as both methods' authors do: two means over neighbours are near to a Gaussian of one cell.</summary>
    public float[] Smooth(float[] distances) => new Plane(Width, Height, distances).Smooth(3).Smooth(3).Values;

    /// <summary>In another size, each position as its nearest.</summary>
    public FeatureMap Resize(int width, int height)
    {
        if (width == Width && height == Height)
            return this;
        var values = new float[width * height * Channels];
        for (var position = 0; position < width * height; position++)
            At(position / width * Height / height * Width + position % width * Width / width).CopyTo(values.AsSpan(position * Channels));
        return new FeatureMap(width, height, Channels, values);
    }

    /// <summary>Maps of one size side by side.</summary>
    public static FeatureMap Join(IReadOnlyList<FeatureMap> maps)
    {
        if (maps.Count == 1)
            return maps[0];
        var channels = maps.Sum(map => map.Channels);
        var values = new float[maps[0].Positions * channels];
        for (var (position, at) = (0, 0); position < maps[0].Positions; position++)
        {
            foreach (var map in maps)
            {
                map.At(position).CopyTo(values.AsSpan(at));
                at += map.Channels;
            }
        }
        return new FeatureMap(maps[0].Width, maps[0].Height, channels, values);
    }
}
