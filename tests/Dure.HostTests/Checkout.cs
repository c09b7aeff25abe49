using Xunit;

namespace Dure.HostTests;

/// <summary>Places in the checkout that tests start programs from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>A script of the clients that are not ours; the test is skipped with a message where they are not installed.</summary>
    public static string Client(string script)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Root, "tests", "clients", "node_modules")), "run ./test, which installs tests/clients first");
        return Path.Combine(Root, "tests", "clients", script);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Dure.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
