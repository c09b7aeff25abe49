using Dure.Datasets;

namespace Dure.Learn.Vision;

/// <summary>How the images lay that a model learnt from: what is far from that it cannot judge.</summary>
public abstract record LearntLook
{
    private const double MuchLess = 4, SomeMore = 1.25;

    /// <summary>The least and the most width over height of the images it learnt from.</summary>
    public required double LeastShape { get; init; }
    public required double MostShape { get; init; }

    /// <summary>The least contrast of those.</summary>
    public required double LeastContrast { get; init; }

    /// <summary>Whether an image shows next to nothing beside those: what is missing cannot be told.</summary>
    public bool IsBlank(Raster image) => Inspection.Contrast(image) < LeastContrast / MuchLess;

    /// <summary>Whether an image's shape is another than of those.</summary>
    public bool HasOtherShape(Raster image) => (double)image.Width / image.Height is var shape && (shape < LeastShape / SomeMore || shape > MostShape * SomeMore);
}
