using Dure.Learn.Trees;

namespace Dure.Learn.Vision;

/// <summary>How kinds of images are learnt.</summary>
public sealed record ImageClassOptions
{
    /// <summary>Different images that a label has at least: half of them teach, a quarter sets how sure it is, a quarter judges.</summary>
    public const int LeastImages = 8;

    /// <summary>Labels that are told apart at most.</summary>
    public const int MostLabels = 100;

    public const int LeastSize = 32, MostSize = 128, MostWidth = 32;

    /// <summary>Values of the first layer: of more, a step takes over a second and over a gibibyte.</summary>
    private const int MostValues = 128 * 128 * 16;

    /// <summary>Points to which images are brought, across and down; a multiple of 8.</summary>
    public int Size { get; init; } = 64;

    /// <summary>Whether colours are looked at; null: where the images that teach have any.</summary>
    public bool? Colour { get; init; }

    /// <summary>Channels of the first layer; the last ones have four times as many.</summary>
    public int Width { get; init; } = 12;

    /// <summary>Times that all images are seen, at most; of few images several views each time.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Share of cases in which the set of labels is to hold the true one.</summary>
    public double Level { get; init; } = 0.9;

    internal void Check()
    {
        BoostingOptions.Must(Size is >= LeastSize and <= MostSize && Size % 8 == 0, nameof(Size), $"a multiple of 8 from {LeastSize} to {MostSize}");
        BoostingOptions.Must(Width is >= 4 and <= MostWidth, nameof(Width), "4 to 32");
        BoostingOptions.Must(Size * Size * Width <= MostValues, nameof(Width), $"{MostValues / Size / Size} at most for images of {Size} points");
        BoostingOptions.Must(Epochs is >= 1 and <= 1000, nameof(Epochs), "1 to 1,000");
        BoostingOptions.Must(Level is >= 0.5 and <= 0.999, nameof(Level), "0.5 to 0.999");
    }
}

/// <summary>Which images do what, by their numbers; none does two things.</summary>
/// <param name="Learnt">They teach.</param>
/// <param name="Stops">They say when to stop; none: it learns to the end.</param>
/// <param name="Held">They set how probable is how sure, and the sets.</param>
public sealed record ImageParts(IReadOnlyList<int> Learnt, IReadOnlyList<int> Stops, IReadOnlyList<int> Held);

/// <summary>What is said of an image.</summary>
/// <param name="Label">The most probable one.</param>
/// <param name="Probabilities">Of all labels, in their order; each label counted as equally common.</param>
/// <param name="Possible">The labels among which the true one is as often as promised; the most probable one is always among them.</param>
public sealed record ImageAnswer(string Label, IReadOnlyList<double> Probabilities, IReadOnlyList<string> Possible);
