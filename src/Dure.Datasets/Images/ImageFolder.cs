using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>A folder of images as the zip file that an import takes.</summary>
public static class ImageFolder
{
    private static readonly EnumerationOptions All = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };

    /// <summary>Writes the images of a folder and of those inside it. Of files that are none only the names go along, to be told; links are not followed.</summary>
    /// <exception cref="ProblemException">It has more bytes than an import may have.</exception>
    public static void Pack(string folder, Stream to, CancellationToken cancel)
    {
        var zip = new StoredZip(to);
        var bytes = 0L;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", All).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            cancel.ThrowIfCancellationRequested();
            var isImage = ImagePack.IsNamedAsImage(file.Name);
            if ((bytes += isImage ? file.Length : 0) > TableFacts.MaxFileBytes)
                throw new ProblemException("urn:dure:datasets:bad-images", $"The images have more than {TableFacts.MaxFileBytes:N0} bytes together.", folder, "Give smaller images, or fewer at a time.");
            zip.Add(Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), isImage ? File.ReadAllBytes(file.FullName) : []);
        }
        zip.Complete();
    }
}
