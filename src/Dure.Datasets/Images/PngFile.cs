using System.Buffers.Binary;
using System.IO.Compression;

namespace Dure.Datasets;

/// <summary>Reads and writes PNG files (ISO/IEC 15948) of 8 bits a channel that are not interlaced: grey, colour, palette, each with or without transparency, which is left out.</summary>
internal static class PngFile
{
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private const int Grey = 0, Colour = 2, Palette = 3, GreyAlpha = 4, ColourAlpha = 6;

    public static Raster Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 33 || BinaryPrimitives.ReadInt32BigEndian(file[8..]) != 13 || !file.Slice(12, 4).SequenceEqual("IHDR"u8))
            throw Raster.Bad("Its first part is damaged.");
        var header = file.Slice(16, 13);
        var (width, height, kind) = (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header[4..]), header[9]);
        if (width < 1 || height < 1 || (long)width * height > Raster.MostPoints)
            throw Raster.Bad($"It has {width} x {height} points; {Raster.MostPoints} in all are allowed.");
        if (header[8] != 8)
            throw Raster.Bad($"It has {header[8]} bits a channel.");
        if (header[10] != 0 || header[11] != 0 || header[12] != 0)
            throw Raster.Bad("It is interlaced.");
        var channels = kind switch { Grey or Palette => 1, Colour => 3, GreyAlpha => 2, ColourAlpha => 4, _ => throw Raster.Bad($"Its colours are of kind {kind}.") };

        using var packed = new MemoryStream();
        var palette = ReadOnlySpan<byte>.Empty;
        for (var rest = file[33..]; ;)
        {
            if (rest.Length < 12 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 12)
                throw Raster.Bad("It ends too early.");
            var name = rest.Slice(4, 4);
            var size = (int)length;
            var content = rest.Slice(8, size);
            if (name.SequenceEqual("IEND"u8))
                break;
            if (name.SequenceEqual("IDAT"u8))
                packed.Write(content);
            else if (name.SequenceEqual("PLTE"u8))
                palette = content;
            else if (name.SequenceEqual("acTL"u8))
                throw Raster.Bad("It is an animation.");
            rest = rest[(12 + size)..];
        }
        packed.Position = 0;
        var lines = Inflate(packed, (long)height * (1 + (long)width * channels));
        Unfilter(lines, width * channels, channels);
        return Gather(lines, width, height, channels, kind, palette);
    }

    /// <summary>A grey or colour image as a file: the lines as they are, packed.</summary>
    public static byte[] Write(Raster image)
    {
        using var lines = new MemoryStream();
        using (var packed = new ZLibStream(lines, CompressionLevel.Fastest, leaveOpen: true))
        {
            var stride = image.Width * image.Channels;
            for (var y = 0; y < image.Height; y++)
            {
                packed.WriteByte(0); // no line is predicted from another
                packed.Write(image.Values.Span.Slice(y * stride, stride));
            }
        }
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        (header[8], header[9]) = (8, (byte)(image.Channels == 1 ? Grey : Colour));
        WritePart(file, "IHDR"u8, header);
        WritePart(file, "IDAT"u8, lines.ToArray());
        WritePart(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void WritePart(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] summed = [.. name, .. content];
        file.Write(summed);
        BinaryPrimitives.WriteUInt32BigEndian(number, StoredZip.SumOf(summed));
        file.Write(number);
    }

    private static byte[] Inflate(Stream packed, long size)
    {
        // No packing is closer (RFC 1951): what a header promises gets no room before there are bytes for it.
        const int closest = 1032;
        if (size > packed.Length * closest)
            throw Raster.Bad("Its points are damaged or end too early.");
        var lines = size <= Array.MaxLength ? new byte[size] : throw Raster.Bad("It is too large.");
        try
        {
            using var inflated = new ZLibStream(packed, CompressionMode.Decompress);
            inflated.ReadExactly(lines);
            return lines;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException)
        {
            throw Raster.Bad("Its points are damaged or end too early.");
        }
    }

    /// <summary>Each line says first how it was predicted from its neighbours (section 9).</summary>
    private static void Unfilter(byte[] lines, int stride, int step)
    {
        for (var start = 0; start < lines.Length; start += stride + 1)
        {
            var line = lines.AsSpan(start + 1, stride);
            var above = start == 0 ? [] : lines.AsSpan(start - stride, stride);
            for (var i = 0; i < stride; i++)
            {
                int a = i >= step ? line[i - step] : 0, b = above.IsEmpty ? 0 : above[i], c = i >= step && !above.IsEmpty ? above[i - step] : 0;
                line[i] += lines[start] switch
                {
                    0 => 0,
                    1 => (byte)a,
                    2 => (byte)b,
                    3 => (byte)((a + b) / 2),
                    4 => (byte)Paeth(a, b, c),
                    _ => throw Raster.Bad($"A line is filtered by {lines[start]}."),
                };
            }
        }
    }

    private static int Paeth(int a, int b, int c)
    {
        var (pa, pb, pc) = (Math.Abs(b - c), Math.Abs(a - c), Math.Abs(a + b - 2 * c));
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }

    private static Raster Gather(byte[] lines, int width, int height, int channels, int kind, ReadOnlySpan<byte> palette)
    {
        var kept = kind is Grey or GreyAlpha ? 1 : 3;
        var values = new byte[(long)width * height * kept <= Array.MaxLength ? width * height * kept : throw Raster.Bad("It is too large.")];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var source = lines.AsSpan(y * (1 + width * channels) + 1 + x * channels, channels);
                var target = values.AsSpan((y * width + x) * kept, kept);
                if (kind != Palette)
                    source[..kept].CopyTo(target);
                else if (source[0] * 3 + 3 <= palette.Length)
                    palette.Slice(source[0] * 3, 3).CopyTo(target);
                else
                    throw Raster.Bad("A point has a colour that the palette does not have.");
            }
        }
        return new Raster(width, height, kept, values);
    }
}
