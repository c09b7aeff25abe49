using Dure.Datasets;
using Dure.Learn.Trees;

namespace Dure.Learn.Vision;

/// <summary>What makes an image strange.</summary>
public enum InspectionMethod
{
    /// <summary>How far each position's features are from those that good images have there (PaDiM): for parts that lie alike in each image.</summary>
    Positions,

    /// <summary>How far each position's features are from the nearest that a good image has anywhere (PatchCore): for parts that lie as they fall.</summary>
    Patches,

    /// <summary>Where a network sees one of the defects that were drawn into good images to teach it.</summary>
    Taught,
}

/// <summary>How good images are learnt.</summary>
public sealed record InspectionOptions
{
    public const int LeastImages = 30;

    /// <summary>Points across and down that an image has at least.</summary>
    public const int LeastSide = ImagePack.LeastSide;

    public InspectionMethod Method { get; init; } = InspectionMethod.Positions;

    /// <summary>A network of the user's whose inner values are the features; null: a small one is trained here.</summary>
    public OnnxBackbone? Backbone { get; init; }

    /// <summary>Points to which images are brought, across and down; a multiple of 4.</summary>
    public int Size { get; init; } = 192;

    /// <summary>Pieces of good images from which the small network learns, and how often it sees each.</summary>
    public int Pieces { get; init; } = 2048;

    public int Epochs { get; init; } = 10;

    /// <summary>Positions that the memory keeps at most.</summary>
    public int Memory { get; init; } = 1000;

    /// <summary>Channels of which the distributions are kept.</summary>
    public int Channels { get; init; } = 40;

    /// <summary>Share of good images that may be beyond the limit.</summary>
    public double FalseAlarms { get; init; } = 0.05;

    internal void Check()
    {
        BoostingOptions.Must(Enum.IsDefined(Method) && (Method != InspectionMethod.Taught || Backbone is null), nameof(Method), "'positions', 'patches' or, without a backbone, 'taught'");
        BoostingOptions.Must(Size is >= MadeDefects.Size + 4 and <= 1024 && Size % MadeDefects.Stride == 0, nameof(Size), "a multiple of 4 from 68 to 1,024");
        BoostingOptions.Must(Pieces is >= 16 and <= 1 << 20, nameof(Pieces), "16 to 1,048,576");
        BoostingOptions.Must(Epochs is >= 1 and <= 1000, nameof(Epochs), "1 to 1,000");
        BoostingOptions.Must(Memory is >= 10 and <= 20_000, nameof(Memory), "10 to 20,000");
        BoostingOptions.Must(Channels is >= 1 and <= 128, nameof(Channels), "1 to 128");
        BoostingOptions.Must(FalseAlarms is > 0 and < 1, nameof(FalseAlarms), "between 0 and 1");
    }
}

/// <summary>What inspection says of an image.</summary>
/// <param name="Score">Above 1 it is beyond the limit.</param>
/// <param name="Share">How many of a hundred good images would look at least as strange, as a share; it cannot be less than 1 in so many as set the limit, and one more.</param>
/// <param name="Width">Of the map.</param>
/// <param name="Map">How strange each part of the image is, row by row; in the unit of the limit where the method's score is its largest value.</param>
public sealed record InspectionResult(double Score, double Share, int Width, int Height, IReadOnlyList<float> Map)
{
    /// <summary>The strangest point, as shares of the image's width and height.</summary>
    public (double X, double Y) Strangest
    {
        get
        {
            var at = 0;
            for (var i = 1; i < Map.Count; i++)
                if (Map[i] > Map[at])
                    at = i;
            return ((at % Width + 0.5) / Width, (at / Width + 0.5) / Height);
        }
    }

    /// <summary>The map at a point of the image, given as shares of its width and height.</summary>
    public float At(double x, double y) => Map[Math.Clamp((int)(y * Height), 0, Height - 1) * Width + Math.Clamp((int)(x * Width), 0, Width - 1)];
}
