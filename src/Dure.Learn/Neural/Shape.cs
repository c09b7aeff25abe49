using System.Text.Json.Serialization;
using Dure.Kernel;

namespace Dure.Learn.Neural;

/// <summary>
/// What one example is: a row of features (1 x 1 positions), a window of signals (1 x length) or an image (height x width), each position with its
/// channels. Values lie row-major with the channels last, so that a filter reads one stretch of memory for each of its rows.
/// </summary>
internal readonly record struct Shape(int Rank, int Height, int Width, int Channels)
{
    /// <summary>Floats of one example that a network may hold in one place.</summary>
    public const int Most = 1 << 24;

    public static Shape Row(int features) => new(1, 1, 1, features);

    public static Shape Window(int length, int channels) => new(2, 1, length, channels);

    public static Shape Image(int height, int width, int channels) => new(3, height, width, channels);

    [JsonIgnore]
    public int Positions => Height * Width;

    /// <summary>Floats of one example.</summary>
    [JsonIgnore]
    public int Size => Height * Width * Channels;

    /// <summary>As ONNX has it behind the dimension of the examples.</summary>
    [JsonIgnore]
    public long[] Dims => Rank switch { 1 => [Channels], 2 => [Width, Channels], _ => [Height, Width, Channels] };

    /// <exception cref="ProblemException">It is empty or too large.</exception>
    public Shape Check(string where) => Rank is >= 1 and <= 3 && Height > 0 && Width > 0 && Channels > 0 && (long)Height * Width * Channels <= Most
        && (Rank > 1 || Width == 1) && (Rank > 2 || Height == 1) ? this
        : throw Bad($"It would be {this}.", where);

    public override string ToString() => $"{Height} x {Width} positions of {Channels} channels";

    public static ProblemException Bad(string what, string where) =>
        new("urn:dure:learn:bad-network", what, where, "Correct the sizes of the layers; what goes in must fit what each layer takes.");
}
