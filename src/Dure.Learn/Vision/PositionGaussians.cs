using Dure.Kernel;
using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>
/// What good features look like at each position of the grid: mean and covariance over the images, on a few channels drawn at random; how far a new
/// image is by Mahalanobis is how strange it looks there. For parts that always lie alike. PaDiM: Defard et al. (2021), section III.
/// </summary>
internal sealed class PositionGaussians
{
    /// <summary>Added to the variances, which so few images cannot tell (Defard et al., eq. 1), as a share of the channels' own.</summary>
    private const double Ridge = 0.05;

    /// <summary>Values of all covariances together: 256 MiB.</summary>
    private const long MostValues = 64_000_000;

    private readonly int[] channels;
    private readonly float[] means;

    /// <summary>For each position the lower triangle L^-1 of its covariance L L'.</summary>
    private readonly float[] whitening;

    public PositionGaussians(int[] channels, float[] means, float[] whitening) => (this.channels, this.means, this.whitening) = (channels, means, whitening);

    public IReadOnlyList<int> Channels => channels;
    public float[] Means => means;
    public float[] Whitening => whitening;

    /// <summary>Refuses what would take too much memory, before it is made of any but the first image.</summary>
    /// <param name="most">Channels that are kept at most.</param>
    /// <exception cref="ProblemException">There are too many positions for so many channels.</exception>
    public static void Check(FeatureMap first, int most)
    {
        long kept = Math.Min(most, first.Channels);
        if (first.Positions * kept * kept is var values and > MostValues)
            throw new ProblemException("urn:dure:learn:too-many-features", $"Covariances of {kept} channels at {first.Positions:N0} positions are {values:N0} values; there is room for {MostValues:N0}.", "channels, size or backbone",
                $"Give {(int)Math.Sqrt(MostValues / first.Positions)} channels at most, a smaller size, or values of the backbone from deeper inside.");
    }

    public static PositionGaussians Of(IReadOnlyList<FeatureMap> maps, int most, int seed, Learners.LearningContext context)
    {
        int[] all = [.. Enumerable.Range(0, maps[0].Channels)];
        new Random(seed).Shuffle(all);
        int[] channels = [.. all.Take(most).Order()];
        var (size, positions) = (channels.Length, maps[0].Positions);
        var (means, whitening) = (new float[positions * size], new float[positions * size * size]);
        InParallel.For(positions, position =>
        {
            var values = new double[maps.Count, size];
            var mean = new double[size];
            for (var image = 0; image < maps.Count; image++)
                for (var i = 0; i < size; i++)
                    mean[i] += (values[image, i] = maps[image].At(position)[channels[i]]) / maps.Count;
            var covariance = new double[size, size];
            var trace = 0.0;
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    for (var image = 0; image < maps.Count; image++)
                        covariance[i, j] += (values[image, i] - mean[i]) * (values[image, j] - mean[j]) / Math.Max(1, maps.Count - 1);
                }
                trace += covariance[i, i];
                means[position * size + i] = (float)mean[i];
            }
            for (var i = 0; i < size; i++)
                covariance[i, i] += Ridge * Math.Max(1e-6, trace / size) + 1e-9;
            InvertCholesky(covariance, whitening.AsSpan(position * size * size, size * size));
        }, context.Cancel, context.Threads);
        return new PositionGaussians(channels, means, whitening);
    }

    public float[] Distances(FeatureMap map, out double score)
    {
        var size = channels.Length;
        var far = new float[map.Positions];
        Span<float> away = stackalloc float[size];
        for (var position = 0; position < map.Positions; position++)
        {
            for (var i = 0; i < size; i++)
                away[i] = map.At(position)[channels[i]] - means[position * size + i];
            var sum = 0f;
            for (var i = 0; i < size; i++)
            {
                var along = FloatMath.Dot(whitening.AsSpan((position * size + i) * size, i + 1), away[..(i + 1)]);
                sum += along * along;
            }
            far[position] = MathF.Sqrt(sum);
        }
        var smooth = map.Smooth(far);
        score = smooth.Max();
        return smooth;
    }

    private static void InvertCholesky(double[,] matrix, Span<float> inverse)
    {
        var size = matrix.GetLength(0);
        for (var j = 0; j < size; j++)
        {
            for (var k = 0; k < j; k++)
                matrix[j, j] -= matrix[j, k] * matrix[j, k];
            matrix[j, j] = Math.Sqrt(matrix[j, j]);
            for (var i = j + 1; i < size; i++)
            {
                for (var k = 0; k < j; k++)
                    matrix[i, j] -= matrix[i, k] * matrix[j, k];
                matrix[i, j] /= matrix[j, j];
            }
        }
        for (var column = 0; column < size; column++)
        {
            for (var i = column; i < size; i++)
            {
                var sum = i == column ? 1.0 : 0;
                for (var k = column; k < i; k++)
                    sum -= matrix[i, k] * inverse[k * size + column];
                inverse[i * size + column] = (float)(sum / matrix[i, i]);
            }
        }
    }
}
