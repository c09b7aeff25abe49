using System.ComponentModel;
using System.Diagnostics;

namespace Dure.Bench.Historian.Peers;

/// <summary>Debian packages unpacked into a folder of their own under <c>artifacts/</c>: nothing is installed and no service starts.</summary>
internal sealed class PeerPackages
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string peer;

    private PeerPackages(string peer, string root) => (this.peer, Root) = (peer, root);

    public string Root { get; }

    public string Libraries => $"{Root}/usr/lib/x86_64-linux-gnu:{Root}/lib/x86_64-linux-gnu";

    /// <summary>Unpacks what the cache does not have yet.</summary>
    /// <exception cref="PeerMissingException">It cannot be fetched or lacks a library.</exception>
    public static async Task<PeerPackages> Fetch(string peer, string program, params string[] packages)
    {
        var root = Path.Combine(Report.Root(), "artifacts", "peers", peer);
        var found = new PeerPackages(peer, root);
        if (!File.Exists(Path.Combine(root, program)))
        {
            var debs = Directory.CreateDirectory(root + ".debs").FullName;
            await found.Run(debs, "apt-get", ["download", "-q", .. packages]);
            foreach (var deb in Directory.EnumerateFiles(debs, "*.deb"))
                await found.Run(debs, "dpkg", "-x", deb, root);
            Directory.Delete(debs, recursive: true);
        }
        var libraries = await found.Run(root, "ldd", found.Program(program));
        var missing = libraries.Split('\n').Where(line => line.Contains("not found", StringComparison.Ordinal)).Select(line => line.Trim()).ToArray();
        return missing.Length == 0 ? found : throw new PeerMissingException(peer, string.Join("; ", missing));
    }

    public string Program(string path) => Path.Combine(Root, path);

    /// <summary>Runs a program to its end; its output.</summary>
    /// <exception cref="PeerMissingException">It cannot be run, or says that it failed.</exception>
    public async Task<string> Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_LIBRARY_PATH"] = Libraries;
        try
        {
            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(Patience);
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0
                ? await output
                : throw new PeerMissingException(peer, $"{Path.GetFileName(program)} says {(await errors).Trim().ReplaceLineEndings(" ")}");
        }
        catch (Win32Exception fault)
        {
            throw new PeerMissingException(peer, $"{program}: {fault.Message}");
        }
    }
}
