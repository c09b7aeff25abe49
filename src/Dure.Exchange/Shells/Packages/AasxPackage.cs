using System.IO.Compression;

namespace Dure.Exchange.Shells;

/// <summary>A file inside a package.</summary>
/// <param name="Path">Its part name, for example <c>/aasx/files/manual.pdf</c>.</param>
public sealed record AasxFile(string Path, string ContentType, ReadOnlyMemory<byte> Content);

/// <summary>In which form a package carries its environment.</summary>
public enum AasxForm
{
    Json,
    Xml,
}

/// <summary>What a package may cost its reader at most.</summary>
public sealed record AasxLimits
{
    public int MaxParts { get; init; } = 10_000;

    /// <summary>Of a part, unpacked.</summary>
    public long MaxPartBytes { get; init; } = 128 << 20;

    /// <summary>Of all parts together, unpacked.</summary>
    public long MaxBytes { get; init; } = 512 << 20;
}

/// <summary>An environment and the files it speaks of, as one zip file (IDTA 01005, AASX).</summary>
/// <param name="Thumbnail">The part name of the package's picture, one of the files.</param>
public sealed record AasxPackage(ShellEnvironment Environment, IReadOnlyList<AasxFile> Files, string? Thumbnail = null)
{
    /// <summary>What was read although it is an older form or breaks a constraint: packages in circulation do, so who takes one in decides.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <exception cref="Dure.Kernel.ProblemException">It is no package, too large, or its environment has not the form of one.</exception>
    public static AasxPackage Read(Stream stream, AasxLimits? limits = null)
    {
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            return new AasxReader(archive, limits ?? new AasxLimits()).Read();
        }
        catch (Exception cause) when (cause is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw AasxReader.Bad("The file is not a zip file that can be read.", "package", "Make the package anew.", cause);
        }
    }

    /// <summary>Reads a package, or an environment alone in JSON or XML, by what the bytes begin with.</summary>
    /// <exception cref="Dure.Kernel.ProblemException">It is none of the three, or its environment has not the form of one.</exception>
    public static AasxPackage ReadAny(ReadOnlyMemory<byte> bytes, AasxLimits? limits = null)
    {
        var text = bytes.Span.TrimStart("\uFEFF \t\r\n"u8);
        using var stream = new MemoryStream(bytes.ToArray());
        return text switch
        {
            [(byte)'{', ..] => new(ShellJson.Read<ShellEnvironment>(bytes[^text.Length..]).OrThrow(), []),
            [(byte)'<', ..] => new(ShellXml.Read(stream).OrThrow(), []),
            _ => Read(stream, limits),
        };
    }

    public void Write(Stream stream, AasxForm form) => AasxWriter.Write(this, stream, form);
}
