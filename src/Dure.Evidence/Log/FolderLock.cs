using System.Globalization;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>Keeps a second process off a folder for as long as this one lives; the operating system lets go of it at any end, also <c>kill -9</c>.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string LockName = "lock";
    private const string HolderName = "lock.pid";

    private readonly FileStream held;

    private FolderLock(FileStream held) => this.held = held;

    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, LockName);
        try
        {
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(Path.Combine(folder, HolderName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new FolderLock(stream);
        }
        catch (IOException cause) when (File.Exists(path))
        {
            throw new ProblemException("urn:dure:evidence:folder-in-use", $"Another node runs on this folder{Holder(folder)}.", folder,
                "Stop it first, or give this node a data folder of its own.", cause);
        }
    }

    public void Dispose() => held.Dispose();

    private static string Holder(string folder)
    {
        try
        {
            return $", pid {int.Parse(File.ReadAllText(Path.Combine(folder, HolderName)), CultureInfo.InvariantCulture)}";
        }
        catch (Exception cause) when (cause is IOException or FormatException or OverflowException)
        {
            return "";
        }
    }
}
