using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>Takes the CSV and Parquet files that are put into a folder.</summary>
/// <param name="dataFolder">Where the program keeps its own data, which no source may take; null when it keeps none.</param>
public sealed class FolderKind(string? dataFolder = null) : ISourceKind
{
    public string Name => "folder";

    public string Title => "Watched folder: CSV and Parquet files put into it";

    /// <summary>A file whose columns nobody has accepted stays where it lies.</summary>
    public bool KeepsUntilAccepted => true;

    public IReadOnlyList<SourceSetting> Settings { get; } =
    [
        new("path", "Folder", SettingType.Text, "The folder to watch, such as /srv/dure/incoming; files go from it to its taken/ or refused/.", IsRequired: true),
        new("asset", "Machine", SettingType.Text, "The machine the columns belong to, such as plant/pump1.", IsRequired: true),
        new("period", "Period", SettingType.Number, "Seconds between two looks, 0.05 to 3600.", Default: "2"),
        new("settle", "Rest", SettingType.Number, "Seconds a file must stay as it is before it is taken, 0 to 3600, and two looks at least; 0 where files are moved in whole.", Default: "10"),
    ];

    public ISource Create(JsonObject settings, TimeProvider time)
    {
        var read = new SettingReader(this, settings);
        var path = Path.GetFullPath(read.Text("path"));
        if (dataFolder is not null && RealPath.Overlap(path, dataFolder))
            throw read.Bad("path", $"'{path}' is, holds or lies in the folder with this program's own data, '{dataFolder}'.", "Watch a folder of its own, such as /srv/dure/incoming.");
        var asset = read.Text("asset");
        return AssetId.TryParse(asset, out var machine, out var why)
            ? new FolderSource(path, machine, read.Seconds("period", 0.05, 3600), read.Seconds("settle", 0, 3600), time)
            : throw read.Bad("asset", why, "Write it as site/area/machine.");
    }
}
