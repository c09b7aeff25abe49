using Xunit;

namespace Dure.Anchors;

/// <summary>The folder of official vectors and public recordings; tests that need it are skipped where it is absent.</summary>
internal static class Shared
{
    private static readonly string? Root = FindRoot();

    /// <summary>The path of a file or folder below the shared material, or a skip with a message.</summary>
    public static string Path(string relative)
    {
        Assert.SkipWhen(Root is null, "the folder 'shared' is not beside this checkout");
        return System.IO.Path.Combine(Root!, relative);
    }

    private static string? FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
                return System.IO.Path.GetDirectoryName(candidate);
        }
        return null;
    }
}
