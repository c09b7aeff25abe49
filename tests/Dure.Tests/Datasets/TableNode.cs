using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Tests.Datasets;

/// <summary>Files of tables and their imports, for tests.</summary>
internal sealed class TableNode(DatasetNode node) : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;

    public static async Task<TableNode> Open() => new(await DatasetNode.Open());

    public DatasetCatalog Catalog => node.Catalog;
    public DatasetNode Node => node;

    /// <summary>Valid, for any file.</summary>
    public static TableSpec Spec(string name = "parts") => new() { Name = name, Title = "Parts of the test", Licence = "CC0-1.0", Source = "The test itself." };

    public string File(string text, string name = "parts.csv")
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public string File(params IEnumerable<string> lines) => File(string.Join('\n', lines) + "\n");

    public static Task<TablePreview> Look(string path, TableSpec? spec = null) => DatasetCatalog.Look(path, Path.GetFileName(path), spec ?? Spec(), CancellationToken.None);

    public Task<DatasetVersion> Import(string path, TableSpec? spec = null) => Catalog.Import(spec ?? Spec(), path, Path.GetFileName(path), "test", CancellationToken.None);

    public Task<DatasetTable> Load(DatasetVersion version) => Catalog.LoadTable(version, CancellationToken.None);

    /// <summary>Findings of a column, or of all rows for null.</summary>
    public QualityFinding? Find(DatasetVersion version, string? column, string kind) => Find(Catalog.Quality(version), column, kind);

    public static QualityFinding? Find(QualityReport report, string? column, string kind) =>
        report.Columns.Where(one => one.Column == column).SelectMany(one => one.Findings).FirstOrDefault(finding => finding.Key == kind);

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        await node.DisposeAsync();
    }
}
