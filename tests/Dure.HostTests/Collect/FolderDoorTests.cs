using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Collect;

public sealed class FolderDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => FolderDoor.Open(on);
}

/// <summary>Files put into a watched folder; one that lies in <c>taken/</c> is acknowledged.</summary>
internal sealed class FolderDoor : Door
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder;
    private static int files;

    private FolderDoor(DoorNode node, string folder) : base(node) => this.folder = folder;

    public override string Source => "files";
    public override string Asset => "conform/files";

    public static async Task<Door> Open(DoorNode node)
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.Beside, "incoming")).FullName;
        // The door outlives a test; the node knows the source from the first on.
        if (!(await node.Node.Client.GetAsync("api/v1/sources/files")).IsSuccessStatusCode)
        {
            await node.Post("api/v1/sources", new JsonObject
            {
                ["name"] = "files",
                ["kind"] = "folder",
                ["settings"] = new JsonObject { ["path"] = folder, ["asset"] = "conform/files", ["period"] = "0.05", ["settle"] = "0" },
            }, CancellationToken.None);
        }
        return new FolderDoor(node, folder);
    }

    public override async Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel) =>
        await Put(name, Csv.Of(name, unit, samples) + Remark(), cancel);

    /// <summary>A file that somebody copies in slowly, and gives up.</summary>
    public override async Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var whole = Csv.Of(name, null, samples);
        await Put(name, whole[..(whole.Length / 2)], cancel);
    }

    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        await Put(name, Csv.Of(name, null, [good]) + "2023-11-14 22:13:21;abc\n\u0001\u0002garbage\n", cancel);
        return "line 4";
    }

    /// <summary>Empty lines at the end make the same samples another file: the same file is not read twice, and that is another case.</summary>
    private static string Remark() => new('\n', Interlocked.Increment(ref files) % 1000);

    private async Task Put(string name, string text, CancellationToken cancel)
    {
        var file = $"{name}-{Guid.NewGuid():N}.csv";
        var part = Path.Combine(folder, file + ".part");
        await File.WriteAllTextAsync(part, text, cancel);
        File.Move(part, Path.Combine(folder, file));
        for (var clock = Stopwatch.StartNew(); !File.Exists(Path.Combine(folder, "taken", file)); await Task.Delay(10, cancel))
        {
            if (clock.Elapsed > Patience)
                throw new IOException($"{file} was not taken");
        }
    }
}
