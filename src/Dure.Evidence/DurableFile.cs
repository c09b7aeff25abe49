using Microsoft.Win32.SafeHandles;

namespace Dure.Evidence;

/// <summary>
/// Whole files that are there completely or not at all: written beside their place, flushed to the device, renamed, and
/// flushed once more under the new name. The second flush makes the journalling file systems (ext4, XFS, Btrfs) commit
/// the rename too, which .NET offers no other way to ask for.
/// </summary>
public static class DurableFile
{
    /// <summary>Ends the name of a file that is not in its place yet; such files left by a crash may be deleted.</summary>
    public const string TemporarySuffix = ".tmp";

    public static void Write(string path, ReadOnlySpan<byte> content, bool ownerOnly = false)
    {
        var temporary = TemporaryBeside(path);
        using (var handle = Create(temporary, ownerOnly))
        {
            RandomAccess.Write(handle, content, 0);
            RandomAccess.FlushToDisk(handle);
        }
        Publish(temporary, path);
    }

    public static string TemporaryBeside(string path) => $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";

    /// <summary>Moves a flushed temporary file into its place, replacing what is there.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(handle);
    }

    private static SafeFileHandle Create(string path, bool ownerOnly)
    {
        if (!ownerOnly || OperatingSystem.IsWindows())
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Close();
        return File.OpenHandle(path, FileMode.Open, FileAccess.Write);
    }
}
