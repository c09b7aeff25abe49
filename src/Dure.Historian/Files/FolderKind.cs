using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>Takes the CSV and Parquet files that are put into a folder.</summary>
public sealed class FolderKind : ISourceKind
{
    public string Name => "folder";

    public string Title => "Watched folder: CSV and Parquet files put into it";

    /// <summary>A file whose columns nobody has accepted stays where it lies.</summary>
    public bool KeepsUntilAccepted => true;

    public IReadOnlyList<SourceSetting> Settings { get; } =
    [
        new("path", "Folder", SettingType.Text, "The folder to watch, such as /srv/dure/incoming; files go from it to its taken/ or refused/.", IsRequired: true),
        new("asset", "Machine", SettingType.Text, "The machine the columns belong to, such as plant/pump1.", IsRequired: true),
        new("period", "Period", SettingType.Number, "Seconds between two looks, 0.05 to 3600; a file is taken when two looks see it the same.", Default: "2"),
    ];

    public ISource Create(JsonObject settings, TimeProvider time)
    {
        var read = new SettingReader(this, settings);
        var asset = read.Text("asset");
        return AssetId.TryParse(asset, out var machine, out var why)
            ? new FolderSource(read.Text("path"), machine, read.Seconds("period", 0.05, 3600), time)
            : throw read.Bad("asset", why, "Write it as site/area/machine.");
    }
}
