using System.Buffers.Binary;
using System.IO.Compression;
using Dure.Kernel;
using Dure.Datasets;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class ImageFileTests
{
    private const int Width = 37, Height = 29;

    // Written by libjpeg 2.1.5 at quality 95: red 5 x, green 7 y, blue 3 (x + y); the grey one has 5 x alone.
    private const string Subsampled = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAdACUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD8V/Dvwu+7/o36V3fh34Xfd/0b9K9T8PfC77v+jfpXd+Hfhd93/Rv0rLB4/bU8Phbjr4fePLPDvwu+7/o36V3Xh74Xfd/0b9K9U8O/C77v+jfpXd+Hfhd93/Rv0r6rB4/bU/pHhbjr4fePJdL+F3+j/wDHt/47RX0fpfwu/wBH/wCPb/x2ivfjj/dWp+14fjr9zH3jyjw98Lvu/wCjfpXd+Hvhd93/AEf9K9G8O+D9L4+X/wAdru/Dvg7S8Kcf+O1+B4PGvQ/w94W40re7qzzjw98Lvu/6N+ld34d+F33f9G/SvR/D3g7S/l4/8dru/Dvg7S8qMf8AjtfVYPGs/pDhbjSt7urPM9L+Fubf/j2/SivoHSvB2lm3zj/x2ivoIY2XKj9rw/GlX2MdWf/Z";
    private const string Restarting = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAdACUDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/90ABAAD/9oADAMBAAIRAxEAPwD8V/Dvwu+7/o36VNGucWVZ7tqd34d+F33f9G/SvVo4g/SMqz3bU7vw78Lvu/6N+lerRrn6TlWe7an/0Pgfw98Lvu/6N+lfe0cQf2ZlWe7ana6X8Lv9H/49v/Ha9OnX0P0HB57+63PKPD3wu+7/AKN+lfiVGuf5AZVnu2p//9H4g8O/C77v+jfpWFHEHyuVZ7tqd34d+F33f9G/SvVo4g/SMrz3bU7vw78Lvu/6N+lerRxB+kZXnu2p/9Li9L+F3+j/APHt/wCO19rCv7p/VGDz1+y3PKPD3wu+7/o36V+J0cQf4/5Vnu2p3fh74Xfd/wBH/SvVo1z9IyrPdtT/08nw98Lvu/6N+lcVHEH5vlWe7and+Hfhd93/AEb9K9WjXP0nKs921O20v4W5t/8Aj2/SvUp4jQ/QcHnq9luf/9Sr4d8H6Xx8v/jtfmNGpI/zLyrMa+h3fh3wdpeFOP8Ax2vVo1ZH6RlWY19Du/D3g7S/l4/8dr1aNSR+kZVmVfQ//9X6n8O+DtLyox/47Xn0asj8kyrMa+h2uleDtLNvnH/jtepTqSsfoODzKv7I/9k=";
    private const string Grey = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAdACUBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/90ABAAB/9oACAEBAAA/APxF+En/ACy/Cv/Q/OX4Sf8ALL8K/9HwX4Sf8svwr//S6b4Sf8svwr//0/rfwR/yCR+Ff//U/EX4Sf8ALL8K/9X85fhJ/wAsvwr/1vBfhJ/yy/Cv/9fpvhJ/yy/Cv//Q+t/BH/IJH4V//9H8RfhJ/wAsvwr/0vzl+En/ACy/Cv/T8F+En/LL8K//1Om+En/LL8K//9X638Ef8gkfhX//1vxF+En/ACy/Cv/X/OX4Sf8ALL8K/9DwX4Sf8svwr//R6b4Sf8svwr//0vrfwR/yCR+Ff//Z";
    private const string Progressive = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wgALCAAdACUBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAABwkI/9oACAEBAAAAAcRKCgoJEx1BQUEiY6goKCRMdQUFBI//xAAXEAEBAQEAAAAAAAAAAAAAAAAABQQz/9oACAEBAAEFApKSkpLFykpKSksXKSkpKSxcpKSkpLFy/8QAFhABAQEAAAAAAAAAAAAAAAAAAQAQ/9oACAEBAAY/AiIjCIjCIjCIjP/EABQQAQAAAAAAAAAAAAAAAAAAAED/2gAIAQEAAT8hJVdV1XVf/9oACAEBAAAAEAhCH//EABcQAQEBAQAAAAAAAAAAAAAAAADBMYH/2gAIAQEAAT8Qmmmmy4mmmmy4mmmmy4mmmmy4/9k=";

    [Theory]
    [InlineData(Subsampled, 3, 13)]
    [InlineData(Restarting, 3, 7)]
    [InlineData(Grey, 1, 3)]
    public void A_jpeg_gives_its_points(string file, int channels, int tolerance)
    {
        var image = Raster.Read(Convert.FromBase64String(file));
        Assert.Equal((Width, Height, channels), (image.Width, image.Height, image.Channels));
        for (var i = 0; i < image.Values.Length; i++)
        {
            var (x, y) = (i / channels % Width, i / channels / Width);
            var expected = (i % channels) switch { 0 => 5 * x, 1 => 7 * y, _ => 3 * (x + y) };
            Assert.InRange(image.Values.Span[i] - expected, -tolerance, tolerance);
        }
    }

    [Fact]
    public void A_png_gives_its_points_whatever_filter_and_kind_it_has() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var (kind, width, height) = (new[] { 0, 2, 3, 4, 6 }[random.Next(5)], random.Next(1, 20), random.Next(1, 20));
        var channels = kind switch { 0 or 3 => 1, 2 => 3, 4 => 2, _ => 4 };
        var points = new byte[width * height * channels];
        random.NextBytes(points);
        var palette = new byte[768];
        random.NextBytes(palette);
        var image = Raster.Read(Png(width, height, kind, channels, points, palette, random));
        var kept = kind is 0 or 4 ? 1 : 3;
        Assert.Equal((width, height, kept), (image.Width, image.Height, image.Channels));
        for (var i = 0; i < image.Values.Length; i++)
            Assert.Equal(kind == 3 ? palette[points[i / 3] * 3 + i % 3] : points[i / kept * channels + i % kept], image.Values.Span[i]);
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Damaged_bytes_are_refused_and_nothing_else_happens()
    {
        var random = new Random(1);
        var points = new byte[30 * 20 * 3];
        random.NextBytes(points);
        byte[][] files = [Convert.FromBase64String(Subsampled), Convert.FromBase64String(Restarting), Convert.FromBase64String(Grey), Png(30, 20, 2, 3, points, [], random)];
        Prop.ForAll<int>(seed =>
        {
            var chance = new Random(seed);
            var file = (byte[])files[chance.Next(files.Length)].Clone();
            for (var times = chance.Next(0, 6); times > 0; times--)
                file[chance.Next(chance.Next(2) == 0 ? file.Length : Math.Min(200, file.Length))] = (byte)chance.Next(256);
            if (chance.Next(3) == 0)
                file = file[..chance.Next(file.Length)];
            try
            {
                var image = Raster.Read(file);
                return image.Values.Length == image.Width * image.Height * image.Channels;
            }
            catch (ProblemException refused)
            {
                return refused.Problem.Type == "urn:dure:datasets:bad-image";
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void What_is_not_read_is_refused_by_name()
    {
        void refused(string what, byte[] file) => Assert.Contains(what, Assert.Throws<ProblemException>(() => Raster.Read(file)).Problem.What, StringComparison.Ordinal);
        refused("progressive", Convert.FromBase64String(Progressive));
        refused("neither", "GIF89a"u8.ToArray());
        refused("neither", []);
        byte[] changed(int at, byte value, byte[]? also = null)
        {
            var file = Png(3, 3, 0, 1, new byte[9], [], new Random(1));
            file[at] = value;
            return also is null ? file : [.. file[..33], .. also, .. file[33..]];
        }
        refused("16 bits", changed(24, 16));
        refused("interlaced", changed(28, 1));
        refused("animation", changed(24, 8, [0, 0, 0, 8, .. "acTL"u8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]));
        refused("CMYK", [0xFF, 0xD8, 0xFF, 0xC0, 0, 20, 8, 0, 9, 0, 9, 4, .. new byte[12]]);
        var large = Png(3, 3, 0, 1, new byte[9], [], new Random(1));
        BinaryPrimitives.WriteInt32BigEndian(large.AsSpan(16), 1 << 20);
        BinaryPrimitives.WriteInt32BigEndian(large.AsSpan(20), 1 << 20);
        refused("are allowed", large);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void A_photo_stands_as_the_camera_was_held(int held)
    {
        var file = Convert.FromBase64String(Subsampled);
        var plain = Raster.Read(file);
        foreach (var isLittle in (bool[])[true, false])
        {
            var image = Raster.Read([.. file[..2], .. Exif(held, isLittle), .. file[2..]]);
            // Where the plain file's first row and first column are to be seen: CIPA DC-008, section 4.6.4.
            var (isTurned, mirrorsX, mirrorsY) = (held >= 5, held is 2 or 3 or 6 or 7, held is 3 or 4 or 7 or 8);
            Assert.Equal(isTurned ? (Height, Width) : (Width, Height), (image.Width, image.Height));
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    var (seenX, seenY) = isTurned ? (y, x) : (x, y);
                    (seenX, seenY) = (mirrorsX ? image.Width - 1 - seenX : seenX, mirrorsY ? image.Height - 1 - seenY : seenY);
                    Assert.Equal(plain.Values.Span[(y * Width + x) * 3], image.Values.Span[(seenY * image.Width + seenX) * 3]);
                }
            }
        }
    }

    private static byte[] Exif(int held, bool isLittle)
    {
        byte[] number(int value, int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(value >> 8 * (isLittle ? i : size - 1 - i)))];
        byte[] tiff = [.. isLittle ? "II"u8 : "MM"u8, .. number(42, 2), .. number(8, 4), .. number(1, 2), .. number(0x0112, 2), .. number(3, 2), .. number(1, 4), .. number(held, 2), 0, 0, .. number(0, 4)];
        return [0xFF, 0xE1, 0, (byte)(tiff.Length + 8), .. "Exif\0\0"u8, .. tiff];
    }

    [Fact]
    public void A_written_png_gives_the_points_it_was_made_of() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var (width, height, channels) = (random.Next(1, 30), random.Next(1, 30), random.Next(2) == 0 ? 1 : 3);
        var points = new byte[width * height * channels];
        random.NextBytes(points);
        var read = Raster.Read(new Raster(width, height, channels, points).ToPng());
        return (read.Width, read.Height, read.Channels) == (width, height, channels) && read.Values.Span.SequenceEqual(points);
    }).QuickCheckThrowOnFailure();

    private static byte[] Png(int width, int height, int kind, int channels, byte[] points, byte[] palette, Random random)
    {
        using var lines = new MemoryStream();
        using (var packed = new ZLibStream(lines, CompressionLevel.Fastest, leaveOpen: true))
        {
            var stride = width * channels;
            for (var y = 0; y < height; y++)
            {
                var filter = random.Next(5);
                packed.WriteByte((byte)filter);
                for (var i = 0; i < stride; i++)
                {
                    int at(int x, int line) => x < 0 || line < 0 ? 0 : points[line * stride + x];
                    int a = at(i - channels, y), b = at(i, y - 1), c = at(i - channels, y - 1);
                    int[] near = [Math.Abs(b - c), Math.Abs(a - c), Math.Abs(a + b - 2 * c)];
                    var paeth = near[0] <= near[1] && near[0] <= near[2] ? a : near[1] <= near[2] ? b : c;
                    packed.WriteByte((byte)(points[y * stride + i] - filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => paeth }));
                }
            }
        }
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        void part(string name, ReadOnlySpan<byte> content)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            file.Write(length);
            file.Write(System.Text.Encoding.ASCII.GetBytes(name));
            file.Write(content);
            file.Write([0, 0, 0, 0]); // the check sum is not looked at: what it would find, the picture shows
        }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, (byte)kind);
        part("IHDR", header);
        if (palette.Length > 0)
            part("PLTE", palette);
        part("IDAT", lines.ToArray());
        part("IEND", []);
        return file.ToArray();
    }
}
