using System.Reflection;
using System.Runtime.InteropServices;

namespace Dure.Native;

/// <summary>Finds DuckDB's library. Written against DuckDB 1.5.6 (npm <c>@duckdb/node-bindings-linux-x64</c> 1.5.6-r.1).</summary>
public static class DuckDbLibrary
{
    /// <summary>A folder to look in first.</summary>
    public const string FolderVariable = "DURE_NATIVE";

    internal const string Name = "duckdb";

    private const string HowToInstall =
        "Build on linux-x64 with npm at hand (it brings the library), or put DuckDB 1.5's library into a folder and name that folder in DURE_NATIVE.";

    private static readonly string FileName =
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    private static readonly Lazy<(nint Handle, string? WhyNot)> Loaded = new(() =>
        Load(Find(Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory)));

    static DuckDbLibrary() => NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);

    /// <summary>Whether the library is here and loads; otherwise why not, and how to get it.</summary>
    public static bool IsHere(out string whyNot)
    {
        whyNot = Loaded.Value.WhyNot ?? "";
        return Loaded.Value.WhyNot is null;
    }

    /// <summary>The places looked at, in order, and the first that has the file.</summary>
    internal static (string? Path, IReadOnlyList<string> Looked) Find(string? folder, string baseDirectory)
    {
        var looked = new List<string>();
        if (!string.IsNullOrEmpty(folder))
            looked.Add(Path.Combine(folder, FileName));
        looked.Add(Path.Combine(baseDirectory, "native", FileName));
        return (looked.Find(File.Exists), looked);
    }

    internal static (nint Handle, string? WhyNot) Load((string? Path, IReadOnlyList<string> Looked) found)
    {
        if (found.Path is null)
            return (0, $"DuckDB's library is not here; looked at {string.Join(" and ", found.Looked)}. {HowToInstall}");
        try
        {
            return (NativeLibrary.Load(found.Path), null);
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            return (0, $"{found.Path} does not load: {fault.Message} {HowToInstall}");
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Name ? Loaded.Value.Handle : 0;
}
