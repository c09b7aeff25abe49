namespace Dure.Datasets;

/// <summary>How a camera was held: what stands in the tag Orientation of an Exif part (CIPA DC-008, section 4.6.4). Browsers turn pictures by it, so must we.</summary>
internal static class JpegTurn
{
    public const int None = 1;
    private const int Orientation = 0x0112, DirectoryEntry = 12;

    /// <summary>The tag's value; null where the part is another one, damaged, or does not say.</summary>
    public static int? Of(ReadOnlySpan<byte> part)
    {
        if (!part.StartsWith("Exif\0\0"u8) || part.Length < 14)
            return null;
        var tiff = part[6..];
        var isLittle = tiff[0] == 'I';
        if (Number(tiff, 4, 4, isLittle) is not (>= 8 and <= 65_535 and var at) || Number(tiff, (int)at, 2, isLittle) is not { } entries)
            return null;
        for (var i = 0; i < entries; i++)
        {
            var entry = (int)at + 2 + DirectoryEntry * i;
            if (Number(tiff, entry, 2, isLittle) is not { } tag)
                return null;
            if (tag == Orientation)
                return Number(tiff, entry + 8, 2, isLittle) is >= 1 and <= 8 and var value ? (int)value : null;
        }
        return null;
    }

    /// <summary>The image as it was seen.</summary>
    public static Raster Upright(Raster image, int turned)
    {
        if (turned == None)
            return image;
        // 5 to 8 lie on their side: their rows are its columns.
        var (width, height) = turned >= 5 ? (image.Height, image.Width) : (image.Width, image.Height);
        var from = image.Values.Span;
        var to = new byte[from.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (left, top) = turned switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, width - 1 - x),
                    7 => (height - 1 - y, width - 1 - x),
                    _ => (height - 1 - y, x),
                };
                from.Slice((top * image.Width + left) * image.Channels, image.Channels).CopyTo(to.AsSpan((y * width + x) * image.Channels));
            }
        }
        return new Raster(width, height, image.Channels, to);
    }

    private static long? Number(ReadOnlySpan<byte> bytes, int at, int size, bool isLittle)
    {
        if (at < 0 || at + size > bytes.Length)
            return null;
        var number = 0L;
        for (var i = 0; i < size; i++)
            number = number << 8 | bytes[isLittle ? at + size - 1 - i : at + i];
        return number;
    }
}
