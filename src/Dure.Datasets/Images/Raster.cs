using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>An image of 8 bits a channel: grey (1 channel) or red, green and blue (3), row by row from the top.</summary>
public sealed class Raster
{
    internal const string BadType = "urn:dure:datasets:bad-image";

    /// <summary>Points of an image at most; a camera's are a tenth of it.</summary>
    public const int MostPoints = 1 << 26;

    public Raster(int width, int height, int channels, byte[] values)
    {
        if (width < 1 || height < 1 || (long)width * height > MostPoints || channels is not (1 or 3) || values.Length != (long)width * height * channels)
            throw Bad($"{values.Length} bytes are no image of {width} x {height} points and {channels} channel(s).");
        (Width, Height, Channels, Values) = (width, height, channels, values);
    }

    public int Width { get; }
    public int Height { get; }
    public int Channels { get; }
    public ReadOnlyMemory<byte> Values { get; }

    /// <summary>Reads a PNG or a baseline JPEG file; what it is follows from its first bytes.</summary>
    /// <exception cref="ProblemException">It is neither, of a kind that is not read, damaged or too large.</exception>
    public static Raster Read(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngFile.Signature))
            return PngFile.Read(file);
        return file.StartsWith(JpegFile.Signature) ? JpegFile.Read(file) : throw Bad("It is neither PNG nor JPEG.");
    }

    /// <summary>The image as a PNG file.</summary>
    public byte[] ToPng() => PngFile.Write(this);

    internal static ProblemException Bad(string what) => new(BadType, what, "image", "Give 8-bit grey or colour images as PNG (not interlaced) or baseline JPEG.");
}
