using System.CommandLine;
using Dure.Cli.Demo;
using Dure.Datasets.Public;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure demo</c>: the whole chain once, on real data where it can be had.</summary>
internal static class DemoCommand
{
    /// <summary>Marks a folder that a demo made and may therefore empty.</summary>
    private const string FolderMark = "made-by-dure-demo";

    public static Command Build(SharedOptions shared, INodeLauncher launcher, TimeProvider time)
    {
        var from = new Option<string?>("--from") { Description = "Folder with SKAB's files (default: DURE_DATA, the cache, a download)" };
        var simulated = new Option<bool>("--simulated") { Description = "Use the embedded simulated water loop" };
        var serve = new Option<bool>("--serve") { Description = "Keep the node up afterwards, for the browser" };
        var url = new Option<string?>("--url") { Description = "Where the node listens (default: a free port; with --serve http://127.0.0.1:5210)" };
        var command = new Command("demo", """
            See the chain work: collect, curate, train, deploy, act, measure, prove. Starts its own node in a folder of its own.

            Examples:
              dure demo
              dure demo --serve
              dure demo --from ./SKAB/data --json
            """) { from, simulated, serve, url };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = Path.Combine(shared.DataFolder(parsed), "demo");
            EmptyFolder(folder);
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
            var source = new PublicDataSource(http, PublicDataSource.DefaultCacheFolder, Environment.GetEnvironmentVariable("DURE_DATA") is { Length: > 0 } data ? data : null);
            var progress = ProgressLine.For(parsed.GetValue(shared.Json));
            var recordings = await DemoRecordings.Find(source, parsed.GetValue(from), parsed.GetValue(simulated),
                new DownloadTeller(progress), cancel);

            var address = parsed.GetValue(url) ?? (parsed.GetValue(serve) ? null : "http://127.0.0.1:0");
            await using var node = await launcher.Start(new NodeSettings(folder, address), cancel);
            using var story = new DemoStory(node, recordings, folder, time, progress, isQuiet: parsed.GetValue(shared.Json));
            var summary = await story.Tell(cancel);
            shared.Print(parsed, summary.ToJson(), () => summary.Print(parsed.GetValue(serve)));
            if (parsed.GetValue(serve))
                await node.UntilStopped(cancel);
            return 0;
        });
        return command;
    }

    /// <summary>Starts each demo from nothing, and never empties a folder that a demo did not make.</summary>
    internal static void EmptyFolder(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!File.Exists(Path.Combine(folder, FolderMark)))
                throw new ProblemException("urn:dure:demo:folder-in-use", "The demo's folder holds something that no demo made.", folder, "Move it away, or name another place with --data.");
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, FolderMark), "");
    }

    private sealed class DownloadTeller(Action<double, string>? progress) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) =>
            progress?.Invoke((double)value.FilesDone / value.Files, $"fetching SKAB: {value.FilesDone} of {value.Files} files, {value.Bytes / 1024.0 / 1024.0:0.0} MiB");
    }
}
