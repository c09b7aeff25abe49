using System.Diagnostics;
using Dure.HostTests.Interop;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Runs a program of <c>tests/clients/dataspace-kit</c>, our black-box harness of the Dataspace Protocol.</summary>
internal static class DataspaceKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>The official schemas, or a skip with a message.</summary>
    public static string Schemas
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                var candidate = Path.Combine(folder.FullName, "shared", "spec", "dsp");
                if (Directory.Exists(candidate))
                    return candidate;
            }
            Assert.Skip("the folder 'shared' is not beside this checkout");
            throw new UnreachableException();
        }
    }

    /// <summary>A file or folder of the kit; skips the test where its packages are not installed.</summary>
    public static string Place(string name) => Checkout.Client(Path.Combine("dataspace-kit", name));

    /// <returns>The exit code, the lines it printed, and what it complained of.</returns>
    public static async Task<(int Code, IReadOnlyList<string> Lines, string Complaint)> Run(IEnumerable<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var complaint = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
            return (process.ExitCode, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await complaint);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
