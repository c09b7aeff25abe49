using System.Buffers.Binary;

namespace Dure.Datasets;

/// <summary>Reads baseline JPEG files (ITU-T T.81: Huffman-coded, sequential, 8 bits), grey or colour with any subsampling.</summary>
internal sealed class JpegFile
{
    public static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    /// <summary>Where the coefficient that comes next stands in a block (figure A.6).</summary>
    private static readonly byte[] Zigzag =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>cos((2 x + 1) u pi / 16) / 2, with the row u = 0 over sqrt 2 (section A.3.3).</summary>
    private static readonly float[] Cosines = [.. Enumerable.Range(0, 64).Select(i => (float)(Math.Cos((2 * (i % 8) + 1) * (i / 8) * Math.PI / 16) / 2 * (i < 8 ? Math.Sqrt(0.5) : 1)))];

    private readonly float[][] quantisation = new float[4][];
    private readonly JpegCodes?[] codes = new JpegCodes?[8]; // 0 to 3 of first coefficients, 4 to 7 of the others
    private Component[] components = [];
    private int width, height, restart, turned = JpegTurn.None;

    private sealed class Component
    {
        public required int Id { get; init; }
        public required int Across { get; init; }
        public required int Down { get; init; }
        public required int Table { get; init; }
        public JpegCodes? First { get; set; }
        public JpegCodes? Others { get; set; }
        public int Stride { get; set; }
        public byte[] Points { get; set; } = [];
        public int Last { get; set; }
    }

    public static Raster Read(ReadOnlySpan<byte> file)
    {
        try
        {
            return new JpegFile().Decode(file);
        }
        catch (Exception damaged) when (damaged is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw Raster.Bad("It ends too early."); // a span's bounds say so wherever the file is cut
        }
    }

    private Raster Decode(ReadOnlySpan<byte> file)
    {
        for (var at = 2; ;)
        {
            if (file[at] != 0xFF)
                throw Raster.Bad("A part does not begin where it should.");
            while (file[at + 1] == 0xFF)
                at++;
            var (marker, length) = (file[at + 1], BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]));
            var part = file.Slice(at + 4, Math.Max(0, length - 2));
            at += 2 + length;
            switch (marker)
            {
                case 0xC0 or 0xC1: ReadFrame(part); break;
                case 0xC4: ReadCodes(part); break;
                case 0xDB: ReadQuantisation(part); break;
                case 0xE1: turned = JpegTurn.Of(part) ?? turned; break;
                case 0xDD: restart = BinaryPrimitives.ReadUInt16BigEndian(part); break;
                case 0xDA:
                    ReadScan(part);
                    DecodeScan(new JpegBits(file[at..]), file.Length - at);
                    return JpegTurn.Upright(Colours(), turned);
                case 0xC2: throw Raster.Bad("It is a progressive JPEG.");
                case >= 0xC3 and <= 0xCF: throw Raster.Bad($"It is a JPEG of kind {marker - 0xC0}.");
                case 0xD9: throw Raster.Bad("It holds no image.");
            }
        }
    }

    private void ReadFrame(ReadOnlySpan<byte> part)
    {
        (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(part[1..]), BinaryPrimitives.ReadUInt16BigEndian(part[3..]));
        if (part[0] != 8 || width == 0 || height == 0 || (long)width * height > Raster.MostPoints || part[5] is not (1 or 3) || components.Length > 0)
            throw Raster.Bad($"It has {width} x {height} points of {part[0]} bits in {part[5]} channel(s){(part[5] == 4 ? ", as for printing (CMYK)" : "")}.");
        components = new Component[part[5]];
        for (var i = 0; i < components.Length; i++)
        {
            var each = part.Slice(6 + 3 * i, 3);
            components[i] = new Component { Id = each[0], Across = each[1] >> 4, Down = each[1] & 15, Table = each[2] };
            if (components[i].Across is < 1 or > 4 || components[i].Down is < 1 or > 4 || components[i].Table > 3)
                throw Raster.Bad("A channel's sampling is damaged.");
        }
    }

    private void ReadQuantisation(ReadOnlySpan<byte> part)
    {
        while (part.Length > 0)
        {
            var (wide, table) = (part[0] >> 4, part[0] & 15);
            if (wide > 1 || table > 3)
                throw Raster.Bad("A table of quantisation is damaged.");
            var values = quantisation[table] = new float[64];
            for (var i = 0; i < 64; i++)
                values[Zigzag[i]] = wide == 0 ? part[1 + i] : BinaryPrimitives.ReadUInt16BigEndian(part[(1 + 2 * i)..]);
            part = part[(1 + 64 * (wide + 1))..];
        }
    }

    private void ReadCodes(ReadOnlySpan<byte> part)
    {
        while (part.Length > 0)
        {
            var (kind, table) = (part[0] >> 4, part[0] & 15);
            if (kind > 1 || table > 3)
                throw Raster.Bad("A table of codes is damaged.");
            var count = 0;
            foreach (var each in part.Slice(1, 16))
                count += each;
            codes[4 * kind + table] = new JpegCodes(part.Slice(1, 16), part.Slice(17, count));
            part = part[(17 + count)..];
        }
    }

    private void ReadScan(ReadOnlySpan<byte> part)
    {
        if (components.Length == 0 || part[0] != components.Length)
            throw Raster.Bad("Its channels stand in several scans.");
        for (var i = 0; i < components.Length; i++)
        {
            var (id, tables) = (part[1 + 2 * i], part[2 + 2 * i]);
            var component = Array.Find(components, each => each.Id == id) ?? throw Raster.Bad("A scan names a channel that is not there.");
            (component.First, component.Others) = (codes[(tables >> 4) & 3], codes[4 + (tables & 3)]);
        }
        if (components.Any(component => component.First is null || component.Others is null || quantisation[component.Table] is null))
            throw Raster.Bad("A table is missing.");
    }

    private void DecodeScan(JpegBits bits, int length)
    {
        // One channel alone is not interleaved: its blocks stand side by side whatever its sampling says.
        var isAlone = components.Length == 1;
        var (across, down) = isAlone ? (1, 1) : (components.Max(component => component.Across), components.Max(component => component.Down));
        var (unitsAcross, unitsDown) = ((width + 8 * across - 1) / (8 * across), (height + 8 * down - 1) / (8 * down));
        // A block has two codes of a bit at least: what a header promises gets no room before there are bytes for it.
        if ((long)unitsAcross * unitsDown * components.Sum(component => isAlone ? 1 : component.Across * component.Down) > 4L * length)
            throw Raster.Bad("It ends too early.");
        foreach (var component in components)
        {
            var (blocksAcross, blocksDown) = isAlone ? (1, 1) : (component.Across, component.Down);
            component.Stride = unitsAcross * blocksAcross * 8;
            var size = (long)component.Stride * unitsDown * blocksDown * 8;
            component.Points = size <= 2L * Raster.MostPoints ? new byte[size] : throw Raster.Bad("It is too large.");
        }
        Span<float> block = stackalloc float[64];
        for (var unit = 0; unit < unitsAcross * unitsDown; unit++)
        {
            if (restart > 0 && unit > 0 && unit % restart == 0)
            {
                bits.Restart();
                foreach (var component in components)
                    component.Last = 0;
            }
            foreach (var component in components)
            {
                var (blocksAcross, blocksDown) = isAlone ? (1, 1) : (component.Across, component.Down);
                for (var each = 0; each < blocksAcross * blocksDown; each++)
                {
                    ReadBlock(ref bits, component, block);
                    var (x, y) = ((unit % unitsAcross * blocksAcross + each % blocksAcross) * 8, (unit / unitsAcross * blocksDown + each / blocksAcross) * 8);
                    Transform(block, component.Points.AsSpan(y * component.Stride + x), component.Stride);
                }
            }
        }
    }

    /// <summary>The coefficients of a block (section F.2.2), times their steps.</summary>
    private void ReadBlock(ref JpegBits bits, Component component, scoped Span<float> block)
    {
        block.Clear();
        var steps = quantisation[component.Table];
        var size = component.First!.Read(ref bits); // ReadScan has looked
        if (size > 11)
            throw Raster.Bad("A coefficient is damaged.");
        component.Last += bits.Signed(size);
        block[0] = component.Last * steps[0];
        for (var i = 1; i < 64; i++)
        {
            var code = component.Others!.Read(ref bits); // ReadScan has looked
            var (zeros, bitsOfIt) = (code >> 4, code & 15);
            if (bitsOfIt == 0)
            {
                if (zeros < 15)
                    break;
                i += 15;
                continue;
            }
            i += zeros;
            if (i > 63)
                throw Raster.Bad("A block has too many coefficients.");
            block[Zigzag[i]] = bits.Signed(bitsOfIt) * steps[Zigzag[i]];
        }
    }

    private static void Transform(ReadOnlySpan<float> block, Span<byte> to, int stride)
    {
        Span<float> half = stackalloc float[64];
        for (var v = 0; v < 8; v++)
        {
            for (var x = 0; x < 8; x++)
            {
                var sum = 0f;
                for (var u = 0; u < 8; u++)
                    sum += block[v * 8 + u] * Cosines[u * 8 + x];
                half[v * 8 + x] = sum;
            }
        }
        for (var y = 0; y < 8; y++)
        {
            for (var x = 0; x < 8; x++)
            {
                var sum = 128.5f;
                for (var v = 0; v < 8; v++)
                    sum += half[v * 8 + x] * Cosines[v * 8 + y];
                to[y * stride + x] = (byte)Math.Clamp(sum, 0, 255);
            }
        }
    }

    /// <summary>Brings all channels to one size and from luminance and colour differences to red, green and blue (JFIF 1.02, page 3).</summary>
    private Raster Colours()
    {
        var (across, down) = (components.Max(component => component.Across), components.Max(component => component.Down));
        var values = new byte[width * height * components.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                int of(Component component) => components.Length == 1 ? component.Points[y * component.Stride + x] : component.Points[y * component.Down / down * component.Stride + x * component.Across / across];
                var target = values.AsSpan((y * width + x) * components.Length, components.Length);
                if (components.Length == 1)
                {
                    target[0] = (byte)of(components[0]);
                    continue;
                }
                float luminance = of(components[0]), blue = of(components[1]) - 128, red = of(components[2]) - 128;
                target[0] = (byte)Math.Clamp(luminance + 1.402f * red + 0.5f, 0, 255);
                target[1] = (byte)Math.Clamp(luminance - 0.344136f * blue - 0.714136f * red + 0.5f, 0, 255);
                target[2] = (byte)Math.Clamp(luminance + 1.772f * blue + 0.5f, 0, 255);
            }
        }
        return new Raster(width, height, components.Length, values);
    }
}

/// <summary>Huffman codes as a JPEG file lists them: how many there are of each length, and what they stand for in rising order.</summary>
internal sealed class JpegCodes
{
    private readonly int[] last = new int[17], shift = new int[17];
    private readonly byte[] meanings;

    public JpegCodes(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> meanings)
    {
        this.meanings = meanings.ToArray();
        for (var (length, code, at) = (1, 0, 0); length <= 16; length++, code <<= 1)
        {
            shift[length] = at - code;
            code += counts[length - 1];
            at += counts[length - 1];
            last[length] = counts[length - 1] > 0 ? code - 1 : -1;
            if (code > 1 << length)
                throw Raster.Bad("A table of codes is damaged.");
        }
    }

    public int Read(ref JpegBits bits)
    {
        var code = 0;
        for (var length = 1; length <= 16; length++)
        {
            code = code << 1 | bits.Next();
            if (code <= last[length])
                return meanings[code + shift[length]];
        }
        throw Raster.Bad("A code stands for nothing.");
    }
}

/// <summary>The bits of a scan, without the zeros that follow each byte of ones.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at, value, left;

    public int Next()
    {
        if (left == 0)
        {
            value = bytes[at++];
            left = 8;
            if (value == 0xFF && bytes[at++] != 0)
                throw Raster.Bad("Its points end too early.");
        }
        return value >> --left & 1;
    }

    /// <summary>A number of so many bits of which the smaller half stands for negative ones (section F.2.2.1).</summary>
    public int Signed(int count)
    {
        var number = 0;
        for (var i = 0; i < count; i++)
            number = number << 1 | Next();
        return count > 0 && number < 1 << (count - 1) ? number - (1 << count) + 1 : number;
    }

    /// <summary>Goes on behind the mark that lets a decoder start again.</summary>
    public void Restart()
    {
        left = 0;
        if (bytes[at] != 0xFF || bytes[at + 1] is < 0xD0 or > 0xD7)
            throw Raster.Bad("A mark to start again is missing.");
        at += 2;
    }
}
