using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class TableImportTests
{
    private const string Parts = """
        serial,machine,time,Torque [Nm],steel,passed
        A-001,press1,2026-03-01 08:00:00,40.5,S235,yes
        A-002,press1,2026-03-01 08:01:00,41,S355,yes
        A-003,press2,2026-03-01 08:00:30,,S235,no
        A-004,press2,2026-03-01 08:01:30,44.25,S235,yes

        """;

    [Fact]
    public async Task Each_column_gets_its_type_role_and_unit()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File(Parts), TableNode.Spec() with { Group = "machine", Target = "passed", Identifiers = ["serial"] });

        var columns = version.Table!.Columns;
        Assert.Equal([("serial", TableColumnType.Category, TableRole.Identifier), ("machine", TableColumnType.Category, TableRole.Group), ("time", TableColumnType.Time, TableRole.Time),
            ("Torque [Nm]", TableColumnType.Number, TableRole.Feature), ("steel", TableColumnType.Category, TableRole.Feature), ("passed", TableColumnType.YesNo, TableRole.Target)],
            columns.Select(column => (column.Name, column.Type, column.Role)));
        Assert.Equal(("Nm", 1L, 40.5, 44.25), (columns[3].Unit, columns[3].Missing, columns[3].Numbers!.Min, columns[3].Numbers!.Max));
        Assert.Equal([("S235", 3L), ("S355", 1L)], columns[4].Top);
        Assert.Equal((4L, 6, 0), (version.Rows, version.Columns.Count, version.Parts.Count));
    }

    [Fact]
    public async Task The_same_file_and_words_are_the_same_version_and_write_nothing()
    {
        await using var node = await TableNode.Open();
        var first = await node.Import(node.File(Parts));
        var entries = node.Node.Journal.ReadKinds(DatasetCatalog.EntryKind).Count();

        var again = await node.Import(node.File(Parts));
        var renamed = await node.Import(node.File(Parts), TableNode.Spec() with { Title = "Other words" });

        Assert.Equal(first, again);
        Assert.NotEqual(first.Id, renamed.Id);
        Assert.Equal(first.Parquet, renamed.Parquet);
        Assert.Equal(entries + 1, node.Node.Journal.ReadKinds(DatasetCatalog.EntryKind).Count());
    }

    [Fact]
    public async Task The_journal_names_the_file_and_the_file_is_kept()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File(Parts));

        var entry = node.Node.Journal.ReadKinds(DatasetCatalog.EntryKind).Last();
        var original = Lineage.From(entry).Artefacts.Single(artefact => artefact.Role == "original");
        Assert.Equal((version.Table!.File.Hash, "parts.csv"), (original.Hash, original.Name));
        Assert.Equal(Parts, System.Text.Encoding.UTF8.GetString(node.Node.Blobs.Read(original.Hash, 1 << 20)));
    }

    [Fact]
    public async Task A_version_is_found_again_when_the_catalogue_opens()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(Parts), TableNode.Spec() with { Group = "machine" });

        using var reopened = DatasetCatalog.Open(node.Node.Journal, node.Node.Blobs, node.Node);

        var found = reopened.TryFind(version.Id)!;
        Assert.Equal((version.Name, version.Rows, "machine", "time"), (found.Name, found.Rows, found.Table!.Group, found.Table.Time));
        Assert.Equal(version.Table!.Columns.Select(column => column.Numbers?.Median), found.Table.Columns.Select(column => column.Numbers?.Median));
    }

    [Fact]
    public async Task A_table_comes_back_as_it_went_in()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(Parts), TableNode.Spec() with { Group = "machine", Identifiers = ["serial"] });

        var table = await node.Load(version);

        Assert.Equal([40.5f, 41, float.NaN, 44.25f], table.TryFind("torque [nm]")!.Values);
        Assert.Equal([1f, 1, 0, 1], table.TryFind("passed")!.Values);
        Assert.Equal(["S235", "S355"], table.TryFind("steel")!.Categories);
        Assert.Equal([0f, 1, 0, 0], table.TryFind("steel")!.Values);
        Assert.Equal(["press1", "press2"], table.GroupNames);
        Assert.Equal([0, 0, 1, 1], table.Groups!);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 8, 0, 30, TimeSpan.Zero), Micros.Time(table.TimesMicros![2]));
        Assert.Null(table.IsHeldOut);
    }

    [Fact]
    public async Task Series_load_as_a_table_too()
    {
        await using var node = await TableNode.Open();
        var version = await node.Node.Cut(await node.Node.TwoPumps());

        var table = await node.Load(version);

        Assert.Equal(["Pressure", "Flow Rate", "label"], table.Columns.Select(column => column.Name));
        Assert.Equal((200, "bar", TableRole.Target), (table.Rows, table.Columns[0].Unit, table.Columns[2].Role));
        Assert.Equal(["plant/pump1", "plant/pump2"], table.GroupNames);
        Assert.Equal([40, 40], Enumerable.Range(0, 2).Select(pump => Enumerable.Range(0, 200).Count(row => table.Groups![row] == pump && !table.IsHeldOut![row])));
        Assert.Equal(40, table.Columns[2].Values.Count(value => value == 1));
        var frames = await node.Node.Frames(version);
        Assert.Equal(frames[1].Values[0].Select(value => (float)value), table.Columns[0].Values[100..]);
        Assert.Equal(frames[1].TimesMicros, table.TimesMicros![100..]);
    }

    [Fact]
    public async Task A_detector_of_machines_refuses_a_table()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(Parts));

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Node.Frames(version));

        Assert.Equal("urn:dure:datasets:no-machines", refused.Problem.Type);
    }

    [Fact]
    public async Task Parquet_and_csv_give_the_same_table()
    {
        await using var node = await TableNode.Open();
        var fromCsv = await node.Import(node.File(Parts));
        var exported = node.File("", "parts.parquet");
        await using (var file = System.IO.File.Create(exported))
            await node.Catalog.Export(fromCsv, DatasetFormat.Parquet, file, TestContext.Current.CancellationToken);

        var fromParquet = await node.Import(exported);

        Assert.Equal("parquet", fromParquet.Table!.File.Format);
        Assert.Equal(fromCsv.Parquet, fromParquet.Parquet);
        Assert.Equal(fromCsv.Table!.Columns.Select(column => (column.Name, column.Type, column.Missing)), fromParquet.Table.Columns.Select(column => (column.Name, column.Type, column.Missing)));
    }

    [Fact]
    public async Task An_export_as_csv_imports_as_the_same_table()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(Parts));
        var exported = node.File("", "again.csv");
        await using (var file = System.IO.File.Create(exported))
            await node.Catalog.Export(version, DatasetFormat.Csv, file, TestContext.Current.CancellationToken);

        var again = await node.Import(exported);

        Assert.Equal(version.Parquet, again.Parquet);
    }

    [Fact]
    public async Task A_table_is_asked_by_sql_and_has_a_card()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(Parts));

        var answer = await new SqlConsole(node.Catalog, node.Node, TimeProvider.System).Ask("SELECT count(*) FROM dataset_parts WHERE steel = 'S235' AND passed", new SqlLimits(), TestContext.Current.CancellationToken);
        var card = node.Catalog.Card(version).ToMarkdown();

        Assert.Equal(2L, answer.Rows[0][0]);
        Assert.Contains("| Torque [Nm] | number | feature | Nm | 1 | 3 | 40.5 … 44.25, median 41 |", card, StringComparison.Ordinal);
        Assert.Contains("Imported from `parts.csv`", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_received_table_has_the_id_it_had_there()
    {
        await using var there = await TableNode.Open();
        await using var here = await TableNode.Open();
        var version = await there.Import(there.File(Parts));
        var copy = here.File("", "copy.parquet");
        System.IO.File.Copy(there.Catalog.ParquetPath(version), copy, overwrite: true);

        var received = await here.Catalog.Receive(copy, version.Parquet, CanonicalJson.Serialize(there.Catalog.Manifest(version)), "did:web:there", Lineage.None, "test", TestContext.Current.CancellationToken);

        Assert.Equal((version.Id, "did:web:there"), (received.Id, received.Provider));
        Assert.Equal((await there.Load(version)).Columns[1].Values, (await here.Load(received)).Columns[1].Values);
    }
}
