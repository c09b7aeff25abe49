using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>
/// Pieces of good images, half of them with a defect drawn in: a moved piece or a thin scar (Li et al. 2021, CutPaste), a stain, a crack. A network that
/// tells where they are has learnt what the good surface looks like, without one real defect.
/// </summary>
internal sealed class MadeDefects(IReadOnlyList<Plane> good, int count, int seed) : ExampleSet
{
    /// <summary>Points of a piece, and points that one answer stands for.</summary>
    public const int Size = 64, Stride = 4;

    /// <summary>A cell counts as defect when this share of its points is.</summary>
    private const float LeastShare = 0.2f;

    [ThreadStatic]
    private static float[]? marks;

    public override int Count => count;

    public override float Copy(int example, Span<float> input, Span<float> target)
    {
        var random = new Random(unchecked(seed * 1_000_003 + example));
        var mask = (marks ??= new float[Size * Size]).AsSpan();
        mask.Clear();
        Crop(good[random.Next(good.Count)], random, input);
        if (random.Next(2) == 0)
            Draw(random, input, mask);
        const int cells = Size / Stride;
        for (var cell = 0; cell < cells * cells; cell++)
        {
            var share = 0f;
            for (var i = 0; i < Stride * Stride; i++)
                share += mask[(cell / cells * Stride + i / Stride) * Size + cell % cells * Stride + i % Stride];
            target[cell] = share >= LeastShare * Stride * Stride ? 1 : 0;
        }
        return 1;
    }

    /// <summary>A piece, perhaps mirrored, a little brighter or with a little more contrast.</summary>
    private static void Crop(Plane plane, Random random, Span<float> into)
    {
        var (left, top) = (random.Next(plane.Width - Size + 1), random.Next(plane.Height - Size + 1));
        var (mirrorX, mirrorY, gain, offset) = (random.Next(2) == 0, random.Next(2) == 0, 0.8f + 0.4f * random.NextSingle(), 0.4f * (random.NextSingle() - 0.5f));
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                into[y * Size + x] = gain * plane.Values[(top + (mirrorY ? Size - 1 - y : y)) * plane.Width + left + (mirrorX ? Size - 1 - x : x)] + offset;
    }

    private void Draw(Random random, Span<float> piece, Span<float> mask)
    {
        // How strong it is, against a surface of spread 1; sometimes hardly to be seen.
        var strength = (random.Next(3) == 0 ? 1 : -1) * (0.7f + 2.3f * random.NextSingle());
        switch (random.Next(4))
        {
            case 0: Move(random, piece, mask); break;
            case 1: Fill(random, piece, mask, strength, 1 + 3 * random.NextSingle(), 6 + 20 * random.NextSingle(), isSoft: false); break;
            case 2: Fill(random, piece, mask, strength, 2 + 12 * random.NextSingle(), 2 + 12 * random.NextSingle(), isSoft: true); break;
            default: Crack(random, piece, mask, -Math.Abs(strength)); break;
        }
    }

    /// <summary>A rectangle from another good image.</summary>
    private void Move(Random random, Span<float> piece, Span<float> mask)
    {
        var plane = good[random.Next(good.Count)];
        var (width, height) = (random.Next(6, 28), random.Next(6, 28));
        var (left, top, fromLeft, fromTop) = (random.Next(Size - width), random.Next(Size - height), random.Next(plane.Width - width), random.Next(plane.Height - height));
        var (gain, offset) = (0.5f + random.NextSingle(), 1.5f * (random.NextSingle() - 0.5f));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                piece[(top + y) * Size + left + x] = gain * plane.Values[(fromTop + y) * plane.Width + fromLeft + x] + offset;
                mask[(top + y) * Size + left + x] = 1;
            }
        }
    }

    /// <summary>A turned ellipse, soft as a stain or hard as a scar.</summary>
    private static void Fill(Random random, Span<float> piece, Span<float> mask, float strength, float across, float along, bool isSoft)
    {
        var (x0, y0, angle) = (Size * random.NextSingle(), Size * random.NextSingle(), MathF.PI * random.NextSingle());
        var (sin, cos) = MathF.SinCos(angle);
        for (var i = 0; i < piece.Length; i++)
        {
            var (dx, dy) = (i % Size - x0, i / Size - y0);
            var (u, v) = ((dx * cos + dy * sin) / along, (dy * cos - dx * sin) / across);
            var distance = u * u + v * v;
            var share = isSoft ? MathF.Exp(-distance) : distance < 1 ? 1 : 0;
            piece[i] += strength * share;
            if (share > 0.5f)
                mask[i] = 1;
        }
    }

    /// <summary>A dark line that wanders.</summary>
    private static void Crack(Random random, Span<float> piece, Span<float> mask, float strength)
    {
        var (x, y, angle, wide) = (Size * random.NextSingle(), Size * random.NextSingle(), 2 * MathF.PI * random.NextSingle(), random.Next(1, 3));
        for (var step = random.Next(12, 70); step > 0; step--, angle += 0.8f * (random.NextSingle() - 0.5f))
        {
            (x, y) = (x + MathF.Cos(angle), y + MathF.Sin(angle));
            for (var i = 0; i < wide * wide; i++)
            {
                var (px, py) = ((int)x + i % wide, (int)y + i / wide);
                if (px < 0 || px >= Size || py < 0 || py >= Size || mask[py * Size + px] > 0)
                    continue;
                piece[py * Size + px] += strength;
                mask[py * Size + px] = 1;
            }
        }
    }
}
