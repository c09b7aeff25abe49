using Dure.Datasets;
using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>An image as a classifier takes it: brought to a square.</summary>
/// <param name="Values">Row by row, each point's channels side by side.</param>
internal sealed record Thumbnail(int Size, int Channels, byte[] Values)
{
    /// <summary>Mean differences between channels, of 255, that are no colour: what a camera and JPEG do to grey.</summary>
    private const int ColourFrom = 6;

    public static Thumbnail Of(Raster image, int size, bool isColour)
    {
        // One after the other: a plane of a large image takes more than the image.
        Plane[] planes = isColour && image.Channels >= 3 ? [.. Enumerable.Range(0, 3).Select(channel => Plane.Of(image, channel).Resize(size, size))] : [Plane.Of(image).Resize(size, size)];
        var channels = isColour ? 3 : 1;
        var values = new byte[size * size * channels];
        for (var i = 0; i < values.Length; i++)
            values[i] = (byte)Math.Clamp(MathF.Round(255 * planes[i % channels % planes.Length].Values[i / channels]), 0, 255);
        return new(size, channels, values);
    }

    public bool HasColour
    {
        get
        {
            var sum = 0L;
            for (var i = 0; Channels == 3 && i < Values.Length; i += 3)
                sum += Math.Abs(Values[i] - Values[i + 1]) + Math.Abs(Values[i + 1] - Values[i + 2]);
            return sum > 2L * ColourFrom * Size * Size;
        }
    }

    /// <summary>Of a coloured one its luminance, Rec. 601.</summary>
    public Thumbnail Grey() => Channels == 1 ? this : new(Size, 1, [.. Enumerable.Range(0, Size * Size).Select(i => (byte)MathF.Round(0.299f * Values[3 * i] + 0.587f * Values[3 * i + 1] + 0.114f * Values[3 * i + 2]))]);
}

/// <summary>What is usual of each channel, 0 to 255: a network sees how far a point is from it.</summary>
internal sealed record ImageScale(float[] Means, float[] Spreads)
{
    public int Channels => Means.Length;

    public static ImageScale Of(IReadOnlyList<Thumbnail> images)
    {
        var channels = images[0].Channels;
        var (sums, squares, count) = (new double[channels], new double[channels], (double)images.Count * images[0].Size * images[0].Size);
        foreach (var image in images)
        {
            for (var i = 0; i < image.Values.Length; i++)
            {
                sums[i % channels] += image.Values[i];
                squares[i % channels] += image.Values[i] * image.Values[i];
            }
        }
        return new([.. sums.Select(sum => (float)(sum / count))], [.. sums.Zip(squares, (sum, square) => (float)Math.Max(1, Math.Sqrt(Math.Max(0, square / count - sum / count * (sum / count)))))]);
    }

    /// <summary>Scales points in their place.</summary>
    public void Apply(Span<float> points)
    {
        for (var i = 0; i < points.Length; i++)
            points[i] = (points[i] - Means[i % Means.Length]) / Spreads[i % Means.Length];
    }
}

/// <summary>
/// Images to learn kinds from. Seen to learn, an image is each time another view of itself: mirrored, moved, brighter or darker, with more or less
/// contrast, for none of that makes it another kind. Which view follows from the seed, the pass and the example alone.
/// </summary>
/// <param name="weights">What an example of each class counts.</param>
/// <param name="views">Of each image in one pass; 0: each image once, as it is.</param>
internal sealed class ImageViews(IReadOnlyList<Thumbnail> images, IReadOnlyList<int> classes, ImageScale scale, double[] weights, int views, int seed) : ExampleSet
{
    /// <summary>Of the size so much an image is moved at most.</summary>
    private const float Reach = 0.08f;

    private int pass;

    public override int Count => images.Count * Math.Max(1, views);

    public override void Begin(int pass) => this.pass = pass;

    public override float Copy(int example, Span<float> input, Span<float> target)
    {
        var number = example % images.Count;
        if (views == 0)
            Fill(images[number], input);
        else
            Fill(images[number], new Random(unchecked((seed * 1_000_003 + pass) * 1_000_003 + example)), input);
        scale.Apply(input);
        target[0] = classes[number];
        return (float)weights[classes[number]];
    }

    /// <summary>As it is: each point's channels side by side, 0 to 255.</summary>
    public static void Fill(Thumbnail image, Span<float> into)
    {
        for (var i = 0; i < image.Values.Length; i++)
            into[i] = image.Values[i];
    }

    private static void Fill(Thumbnail image, Random random, Span<float> into)
    {
        var (size, channels, reach) = (image.Size, image.Channels, (int)(image.Size * Reach));
        var (mirrorX, mirrorY) = (random.Next(2) == 0, random.Next(2) == 0);
        var (right, down) = (random.Next(-reach, reach + 1), random.Next(-reach, reach + 1));
        var (gain, offset) = (0.8f + 0.4f * random.NextSingle(), 40 * (random.NextSingle() - 0.5f));
        for (var y = 0; y < size; y++)
        {
            var fromY = Math.Clamp((mirrorY ? size - 1 - y : y) + down, 0, size - 1);
            for (var x = 0; x < size; x++)
            {
                var from = (fromY * size + Math.Clamp((mirrorX ? size - 1 - x : x) + right, 0, size - 1)) * channels;
                for (var channel = 0; channel < channels; channel++)
                    into[(y * size + x) * channels + channel] = gain * (image.Values[from + channel] - 128) + 128 + offset;
            }
        }
    }
}
