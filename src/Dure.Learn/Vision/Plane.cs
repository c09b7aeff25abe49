using Dure.Datasets;

namespace Dure.Learn.Vision;

/// <summary>Brightness over points, row by row.</summary>
internal sealed record Plane(int Width, int Height, float[] Values)
{
    /// <summary>Points around one over which its brightness is judged, as a share of the image's size.</summary>
    private const double Neighbourhood = 0.25;

    /// <summary>Rec. 601 luminance of an image, 0 to 1.</summary>
    public static Plane Of(Raster image)
    {
        var values = new float[image.Width * image.Height];
        var source = image.Values.Span;
        for (var i = 0; i < values.Length; i++)
            values[i] = (image.Channels == 1 ? source[i] : 0.299f * source[3 * i] + 0.587f * source[3 * i + 1] + 0.114f * source[3 * i + 2]) / 255;
        return new Plane(image.Width, image.Height, values);
    }

    /// <summary>One channel of an image, 0 to 1.</summary>
    public static Plane Of(Raster image, int channel)
    {
        var values = new float[image.Width * image.Height];
        var source = image.Values.Span;
        for (var i = 0; i < values.Length; i++)
            values[i] = source[i * image.Channels + channel] / 255f;
        return new Plane(image.Width, image.Height, values);
    }

    /// <summary>In another size: each point is the mean of what it covers, or between its neighbours when it covers less than one.</summary>
    public Plane Resize(int width, int height)
    {
        // What is long and narrow first becomes shorter: made wider first, it would take many times its room.
        if (width > Width && height < Height)
            return new Plane(width, height, Along(Along(Values, Height, Width, height, Width, 1, Width, 1), Width, height, width, 1, Width, 1, width));
        var half = Along(Values, Width, Height, width, 1, Width, 1, width);
        return new Plane(width, height, Along(half, Height, width, height, width, 1, width, 1));
    }

    private static float[] Along(float[] from, int length, int lines, int newLength, int step, int line, int newStep, int newLine)
    {
        var to = new float[newLength * lines];
        var ratio = (double)length / newLength;
        for (var i = 0; i < newLength; i++)
        {
            // A tent over the points that the new one covers.
            var (centre, reach) = ((i + 0.5) * ratio - 0.5, Math.Max(1, ratio));
            var (first, end) = (Math.Max(0, (int)Math.Ceiling(centre - reach)), Math.Min(length - 1, (int)Math.Floor(centre + reach)));
            var total = 0.0;
            for (var j = first; j <= end; j++)
                total += Math.Max(1e-6, 1 - Math.Abs(j - centre) / reach);
            for (var j = first; j <= end; j++)
            {
                var weight = (float)(Math.Max(1e-6, 1 - Math.Abs(j - centre) / reach) / total);
                for (var k = 0; k < lines; k++)
                    to[i * newStep + k * newLine] += weight * from[j * step + k * line];
            }
        }
        return to;
    }

    /// <summary>
    /// Less the brightness around each point, over the spread of the whole image: what exposure and uneven light do is gone, what a defect does stays.
    /// </summary>
    public Plane Normalise()
    {
        var around = Smooth((int)(Math.Min(Width, Height) * Neighbourhood) | 1);
        var values = new float[Values.Length];
        var squares = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Values[i] - around.Values[i];
            squares += (double)values[i] * values[i];
        }
        var spread = (float)Math.Max(1e-3, Math.Sqrt(squares / values.Length));
        for (var i = 0; i < values.Length; i++)
            values[i] = Math.Clamp(values[i] / spread, -6, 6);
        return this with { Values = values };
    }

    /// <summary>The mean over a square around each point, cut at the borders.</summary>
    public Plane Smooth(int size)
    {
        var reach = size / 2;
        var half = new float[Values.Length];
        for (var y = 0; y < Height; y++)
            Means(Values.AsSpan(y * Width), 1, Width, reach, half.AsSpan(y * Width));
        var whole = new float[Values.Length];
        for (var x = 0; x < Width; x++)
            Means(half.AsSpan(x), Width, Height, reach, whole.AsSpan(x));
        return this with { Values = whole };
    }

    private static void Means(ReadOnlySpan<float> from, int step, int count, int reach, Span<float> to)
    {
        var sum = 0.0;
        for (var i = 0; i < Math.Min(reach, count); i++)
            sum += from[i * step];
        for (var i = 0; i < count; i++)
        {
            if (i + reach < count)
                sum += from[(i + reach) * step];
            if (i - reach - 1 >= 0)
                sum -= from[(i - reach - 1) * step];
            to[i * step] = (float)(sum / (Math.Min(count - 1, i + reach) - Math.Max(0, i - reach) + 1));
        }
    }
}
