using System.IO.Compression;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// Images in a zip file; the folder an image lies in is its label. A stranger's file until it was imported: nothing of it is unpacked onto a disk,
/// and nothing is believed of the sizes it names.
/// </summary>
public sealed class ImagePack : IDisposable
{
    /// <summary>What <see cref="TableFile.Format"/> says of a version whose rows are images.</summary>
    public const string Format = "images";

    /// <summary>The label of images that lie in no folder, or all in the same one.</summary>
    public const string Good = "good";

    public const int MaxImages = 10_000;
    public const long MaxImageBytes = 64L << 20;

    /// <summary>Points of all images together.</summary>
    public const long MaxPoints = 1L << 32;

    /// <summary>Points across and down that an inspection needs of an image: less shows no surface.</summary>
    public const int LeastSide = 32;

    /// <summary>Entries a zip file may have besides images.</summary>
    private const int MaxEntries = 2 * MaxImages;

    private const int MaxName = 400;

    /// <summary>Endings of images, also of kinds that are not read: those are told by name.</summary>
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".avif"];

    /// <summary>Folders and files that systems put beside one's own.</summary>
    private static readonly string[] Litter = ["__MACOSX", "Thumbs.db", "desktop.ini"];

    private static readonly string[] GoodWords = [Good, "ok", "free", "normal", "pass", "passed", "양품", "정상"], NotWords = ["not", "no", "non"];

    private readonly ZipArchive zip;
    private readonly ZipArchiveEntry[] entries;
    private readonly Lock reading = new();
    private long unpacked;

    private ImagePack(ZipArchive zip, string file, bool isStored)
    {
        this.zip = zip;
        var all = zip.Entries.Select(entry => (Name: NameOf(entry, file), Entry: entry)).Where(one => one.Name.Length > 0).OrderBy(one => one.Name, StringComparer.Ordinal).ToArray();
        var named = Array.FindAll(all, one => IsNamedAsImage(one.Name));
        Others = [.. all.Except(named).Select(one => one.Name)];
        if (named.Length > MaxImages)
            throw Bad(file, $"It has {named.Length:N0} images; {MaxImages:N0} are allowed.", $"Give at most {MaxImages:N0} images at a time.");
        var top = isStored ? 0 : CommonFolder([.. named.Select(one => one.Name)]);
        Names = [.. named.Select(one => one.Name[top..])];
        entries = [.. named.Select(one => one.Entry)];
        for (var i = 1; i < Names.Count; i++)
            if (Names[i] == Names[i - 1])
                throw Bad(file, $"'{Names[i]}' stands in it twice.", "Make the zip file anew.");
        Labels = [.. Names.Select(name => FolderOf(name) is { Length: > 0 } folder ? folder : Good)];
    }

    /// <summary>The files by their paths, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The label of each.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Bytes that <see cref="Read"/> has unpacked so far, also of images that it refused.</summary>
    internal long Unpacked => Interlocked.Read(ref unpacked);

    /// <summary>What is named as no image is.</summary>
    public IReadOnlyList<string> Others { get; }

    /// <summary>Whether a file is a zip file with something in it that is named as images are; a workbook's own pictures do not make it one.</summary>
    public static bool IsPack(string path)
    {
        try
        {
            if (!ZipEntries.AreAtMost(path, MaxEntries))
                return true; // told when it is opened
            using var zip = ZipFile.OpenRead(path);
            return zip.GetEntry("[Content_Types].xml") is null && zip.Entries.Any(entry => IsNamedAsImage(entry.FullName));
        }
        catch (InvalidDataException)
        {
            return false; // no zip file, or a damaged one: told where tables are read
        }
    }

    internal static bool IsNamedAsImage(string name) => Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <param name="file">What the person who brought it calls it.</param>
    /// <exception cref="ProblemException">It is no zip file, is too large, or names files that lead out of it.</exception>
    public static ImagePack Open(string path, string file) => Open(path, file, isStored: false);

    /// <summary>Opens what an import stored: folders around everything were left out then, so one that is around everything now is a label.</summary>
    /// <inheritdoc cref="Open(string, string)"/>
    internal static ImagePack OpenStored(string path, string file) => Open(path, file, isStored: true);

    private static ImagePack Open(string path, string file, bool isStored)
    {
        if (new FileInfo(path).Length is var bytes and > TableFacts.MaxFileBytes)
            throw Bad(file, $"It has {bytes:N0} bytes; {TableFacts.MaxFileBytes:N0} are allowed.", "Give smaller images, or fewer at a time.");
        if (!ZipEntries.AreAtMost(path, MaxEntries))
            throw Bad(file, $"It has more than {MaxEntries:N0} entries.", $"Give at most {MaxImages:N0} images at a time.");
        ZipArchive? zip = null;
        try
        {
            zip = ZipFile.OpenRead(path);
            return new ImagePack(zip, file, isStored);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or ArgumentException)
        {
            zip?.Dispose();
            throw new ProblemException("urn:dure:datasets:bad-images", $"The zip file is damaged: {damaged.Message}", file, "Make it anew, without a password.", damaged);
        }
        catch
        {
            zip?.Dispose();
            throw;
        }
    }

    /// <summary>An image's file as it was brought. Threads may ask at once; one is served after the other.</summary>
    /// <exception cref="ProblemException">It is too large or damaged.</exception>
    public byte[] Read(int number)
    {
        lock (reading)
        {
            try
            {
                using var content = entries[number].Open();
                using var bytes = new MemoryStream();
                var buffer = new byte[1 << 16];
                while (content.Read(buffer) is > 0 and var read)
                {
                    Interlocked.Add(ref unpacked, read);
                    // What it unpacks to is counted, not what it says.
                    if (bytes.Length + read > MaxImageBytes)
                        throw Raster.Bad($"It has more than {MaxImageBytes:N0} bytes.");
                    bytes.Write(buffer, 0, read);
                }
                return bytes.ToArray();
            }
            catch (Exception damaged) when (damaged is InvalidDataException or IOException or NotSupportedException)
            {
                throw Raster.Bad($"It cannot be unpacked: {damaged.Message}");
            }
        }
    }

    public void Dispose() => zip.Dispose();

    /// <summary>The label that says of a part that it is good, by its word; null when none or several do.</summary>
    public static string? GoodOf(IEnumerable<string> labels) => labels.Distinct(StringComparer.Ordinal).Where(IsGood).ToList() is [var only] ? only : null;

    private static bool IsGood(string label)
    {
        var words = label.Split([' ', '_', '-', '.'], StringSplitOptions.RemoveEmptyEntries);
        return words.Any(word => GoodWords.Contains(word, StringComparer.OrdinalIgnoreCase)) && !words.Any(word => NotWords.Contains(word, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The folder a file lies in, without those around it.</summary>
    private static string FolderOf(string name) => name.LastIndexOf('/') is >= 0 and var end ? name[(name.LastIndexOf('/', Math.Max(0, end - 1)) + 1)..end] : "";

    /// <summary>An entry's path; empty for folders and what systems put there by themselves.</summary>
    private static string NameOf(ZipArchiveEntry entry, string file)
    {
        var name = entry.FullName.Replace('\\', '/');
        var parts = name.Split('/');
        if (name.StartsWith('/') || name.Contains(':', StringComparison.Ordinal) || parts.Contains("..") || parts.Contains(".") || name.Length > MaxName || name.Any(char.IsControl))
            throw Bad(file, $"An entry is named '{RawTable.Shown(name)}': it leads out of the file, or is no name.", "Make the zip file of a folder with images, and of nothing else.");
        if (name.Contains('\uFFFD', StringComparison.Ordinal))
            throw Bad(file, $"The name '{RawTable.Shown(name)}' is not in UTF-8.", "Make the zip file with UTF-8 names, use Latin names for folders, or import the folder itself: dure dataset import FOLDER.");
        return parts[^1].Length == 0 || parts.Any(part => part.StartsWith('.') || Litter.Contains(part, StringComparer.OrdinalIgnoreCase)) ? "" : name;
    }

    /// <summary>How long the path is that all names begin with: folders around everything are no labels.</summary>
    private static int CommonFolder(string[] names)
    {
        var top = 0;
        while (names.Length > 0 && names[0].IndexOf('/', top) is >= 0 and var end && Array.TrueForAll(names, name => name.StartsWith(names[0][..(end + 1)], StringComparison.Ordinal)))
            top = end + 1;
        return top;
    }

    private static ProblemException Bad(string file, string what, string mend) => new("urn:dure:datasets:bad-images", what, file, mend);
}
