using System.IO.Compression;
using Dure.Kernel;

namespace Dure.Edge.Packages;

/// <summary>
/// The files of a package as bytes: a zip of stored files in a fixed order with one fixed time, so that the same content gives the same
/// bytes. Reading builds those bytes again and compares: what a zip can hide (a second directory, comments, gaps) cannot be there.
/// </summary>
internal static class PackageFiles
{
    public const string ManifestName = "manifest.json";
    public const string SignatureName = "signature.json";
    public const int MaxFiles = 2 + MaxMachines;
    public const int MaxMachines = 1000;
    public const int MaxPackageBytes = 256 << 20;

    // The first moment that a zip can name.
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string MachineName(int index) => $"machines/{index:0000}.onnx";

    public static byte[] Write(IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
                entry.LastWriteTime = Epoch;
                entry.ExternalAttributes = 0;
                using var stream = entry.Open();
                stream.Write(content.Span);
            }
        }
        return buffer.ToArray();
    }

    public static List<(string Name, ReadOnlyMemory<byte> Content)> Read(byte[] package, string where)
    {
        if (package.Length > MaxPackageBytes)
            throw Damaged($"It has {package.Length} bytes; {MaxPackageBytes} are allowed.", where);
        try
        {
            var files = Extract(package, where);
            return Write(files).AsSpan().SequenceEqual(package) ? files
                : throw Damaged("Its files are readable, but the bytes around them are not those that a node writes.", where);
        }
        catch (Exception cause) when (cause is InvalidDataException or NotSupportedException or EndOfStreamException or IOException or ArgumentException or OverflowException)
        {
            throw Damaged("It cannot be read as a zip file: " + cause.Message, where, cause);
        }
    }

    public static ProblemException Damaged(string what, string where, Exception? cause = null) => new("urn:dure:edge:package-damaged", what, where,
        "Download it again from the node; if it is still refused, build a new package there.", cause);

    private static List<(string Name, ReadOnlyMemory<byte> Content)> Extract(byte[] package, string where)
    {
        using var zip = new ZipArchive(new MemoryStream(package, writable: false), ZipArchiveMode.Read);
        if (zip.Entries.Count > MaxFiles)
            throw Damaged($"It has {zip.Entries.Count} files; {MaxFiles} are allowed.", where);
        var files = new List<(string, ReadOnlyMemory<byte>)>(zip.Entries.Count);
        foreach (var entry in zip.Entries)
        {
            if (!IsExpected(entry.FullName, files.Count, zip.Entries.Count))
                throw Damaged($"File {files.Count + 1} has the name '{entry.FullName}', which does not belong there.", where);
            if (entry.Length != entry.CompressedLength || entry.Length > package.Length)
                throw Damaged($"File '{entry.FullName}' is compressed or longer than the package.", where);
            var content = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(content);
            files.Add((entry.FullName, content));
        }
        return files;
    }

    private static bool IsExpected(string name, int index, int count) =>
        name == (index == 0 ? ManifestName : index == count - 1 ? SignatureName : MachineName(index - 1));
}
