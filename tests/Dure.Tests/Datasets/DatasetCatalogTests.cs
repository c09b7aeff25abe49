using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class DatasetCatalogTests
{
    [Fact]
    public async Task What_was_ingested_comes_back_as_frames_with_the_same_values()
    {
        await using var node = await DatasetNode.Open();
        var version = await node.Cut(await node.TwoPumps());

        var frames = await node.Frames(version);

        Assert.Equal(["plant/pump1", "plant/pump2"], frames.Select(frame => frame.Asset.Path));
        foreach (var frame in frames)
        {
            Assert.Equal(DatasetNode.Samples(100, i => i).Select(sample => Micros.Of(sample.Time)), frame.TimesMicros);
            Assert.Equal(DatasetNode.Samples(100, i => 2 + Math.Sin(i / 7.0)).Select(sample => sample.Value), frame.Values[0]);
            Assert.Equal(DatasetNode.Samples(100, i => 30 + Math.Cos(i / 5.0)).Select(sample => sample.Value), frame.Values[1]);
            Assert.Equal(20, frame.Labels!.Count(isFault => isFault));
            Assert.Equal(40, frame.TrainRows);
        }
    }

    [Fact]
    public async Task Rows_are_the_union_of_the_stamps_and_what_is_missing_is_no_number()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps(rows: 5000);
        await node.Ingest("plant/pump1/Pressure", "bar", [new Sample(DatasetNode.Start.AddSeconds(0.5), 9)]);

        var frame = (await node.Frames(await node.Cut(spec)))[0];

        Assert.Equal(5001, frame.Rows);
        Assert.Equal(9, frame.Values[0][1]);
        Assert.True(double.IsNaN(frame.Values[1][1]));
        Assert.False(frame.Labels![1]);
    }

    [Fact]
    public async Task A_version_of_more_batches_than_one_entry_can_name_leads_to_all_of_them()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps();
        for (var batch = 0; batch < 5100; batch++)
            await node.Ingest("plant/pump1/Pressure", "bar", [new Sample(DatasetNode.Start.AddSeconds(batch % 100), 2)]);

        var version = await node.Cut(spec);

        var gathered = Lineage.From(node.Journal.Entry(version.Entry)).Refs;
        Assert.Equal(2, gathered.Count);
        var named = gathered.SelectMany(entry => Lineage.From(node.Journal.Entry(entry.Entry)).Refs).ToList();
        Assert.Equal(5106, named.Count);
        Assert.All(named, batch => Assert.Equal("ingested", node.Journal.KindOf(batch.Entry)));
    }

    [Fact]
    public async Task The_same_data_and_spec_give_the_same_version_on_another_node_and_another_day()
    {
        await using var one = await DatasetNode.Open();
        await using var other = await DatasetNode.Open();
        await other.Journal.Append("node-started", "other", [], "test", CancellationToken.None);

        var first = await one.Cut(await one.TwoPumps());
        var second = await other.Cut(await other.TwoPumps());

        Assert.Equal(first.Parquet, second.Parquet);
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task Cutting_again_gives_the_version_that_is_there_and_journals_nothing()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps();
        var first = await node.Cut(spec);
        var entries = node.Journal.Count;

        var again = await node.Cut(spec);

        Assert.Same(first, again);
        Assert.Equal(entries, node.Journal.Count);
    }

    [Fact]
    public async Task Another_split_is_another_version()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps();
        var first = await node.Cut(spec);

        var second = await node.Cut(spec with { Split = new Split.CutAt(DatasetNode.Start.AddSeconds(70)) });

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal((1, 2), (first.Number, second.Number));
        Assert.All(second.Parts, part => Assert.Equal((70L, 30L, 20L), (part.TrainRows, part.HeldOutRows, part.HeldOutLabelled)));
        Assert.Equal(second, node.Catalog.TryFind("pumps"));
        Assert.Equal(first, node.Catalog.TryFind("pumps@1"));
        Assert.Equal(first, node.Catalog.TryFind(first.Id.Short));
    }

    [Fact]
    public async Task The_journal_entry_leads_to_the_ingested_batches_and_names_the_files()
    {
        await using var node = await DatasetNode.Open();
        var version = await node.Cut(await node.TwoPumps());

        var entry = node.Journal.Entry(version.Entry);

        Assert.Equal("dataset-versioned", entry.Kind);
        foreach (var reference in entry.Body["refs"]!.AsArray())
        {
            var batch = node.Journal.Entry((long)reference!["entry"]!);
            Assert.Equal("ingested", batch.Kind);
            Assert.Equal(batch.Hash.ToString(), (string)reference["hash"]!);
        }
        Assert.Equal(6, entry.Body["refs"]!.AsArray().Count);
        Assert.Equal([version.Id.ToString(), version.Parquet.ToString()], entry.Body["artefacts"]!.AsArray().Select(artefact => (string)artefact!["hash"]!));
    }

    [Fact]
    public async Task A_catalogue_opened_again_knows_its_versions()
    {
        await using var node = await DatasetNode.Open();
        var version = await node.Cut(await node.TwoPumps());

        using var again = DatasetCatalog.Open(node.Journal, node.Blobs, node);

        Assert.Equal(version.Id, Assert.Single(again.Versions).Id);
        Assert.Equivalent(version, again.Versions[0]);
    }

    [Fact]
    public async Task Samples_of_bad_quality_are_kept_in_the_file_and_are_no_number_in_a_frame()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps();
        await node.Ingest("plant/pump1/Pressure", "bar", [new Sample(DatasetNode.Start.AddSeconds(3), 7, Quality.Bad), new Sample(DatasetNode.Start.AddSeconds(4), 8, Quality.Uncertain)]);

        var version = await node.Cut(spec);
        var frame = (await node.Frames(version))[0];
        using var csv = new MemoryStream();
        await node.Catalog.Export(version, DatasetFormat.Csv, csv, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(csv.ToArray()).Split('\n');

        Assert.True(double.IsNaN(frame.Values[0][3]));
        Assert.Equal(8, frame.Values[0][4]);
        Assert.Equal("asset,time,Pressure,quality:Pressure,Flow Rate,label,split", lines[0]);
        Assert.StartsWith("plant/pump1,2026-03-01T00:00:03.000000Z,7.0,2,", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exported_Parquet_is_the_file_that_the_manifest_names()
    {
        await using var node = await DatasetNode.Open();
        var version = await node.Cut(await node.TwoPumps());
        using var file = new MemoryStream();

        await node.Catalog.Export(version, DatasetFormat.Parquet, file, CancellationToken.None);

        var described = node.Catalog.Manifest(version)["distribution"]![0]!;
        Assert.Equal((string)described["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(file.ToArray())));
        Assert.Equal($"{file.Length} B", (string)described["contentSize"]!);
    }

    [Fact]
    public async Task An_asset_in_another_unit_is_converted_into_that_of_the_column()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps() with { Assets = [AssetId.Parse("plant/pump1"), AssetId.Parse("plant/pump3")], LabelSignal = null };
        await node.Ingest("plant/pump3/Pressure", "kPa", DatasetNode.Samples(60, _ => 250));
        await node.Ingest("plant/pump3/Flow Rate", "L/min", DatasetNode.Samples(60, _ => 30));

        var frames = await node.Frames(await node.Cut(spec));

        Assert.Equal(2.5, frames[1].Values[0][0], 1e-12);
    }

    [Fact]
    public async Task A_unit_of_another_dimension_is_refused_by_the_signals_name()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps() with { Assets = [AssetId.Parse("plant/pump1"), AssetId.Parse("plant/pump3")], LabelSignal = null };
        await node.Ingest("plant/pump3/Pressure", "Cel", DatasetNode.Samples(60, _ => 20));

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Cut(spec));

        Assert.Equal("urn:dure:kernel:unit-mismatch", refused.Problem.Type);
        Assert.Contains("plant/pump3/Pressure", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_that_an_asset_does_not_have_is_named()
    {
        await using var node = await DatasetNode.Open();
        var spec = await node.TwoPumps();

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Cut(spec with { Signals = ["Pressure", "Torque"] }));

        Assert.Equal("urn:dure:datasets:unknown-signal", refused.Problem.Type);
        Assert.Contains("plant/pump1/Torque", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_among_the_features_is_refused()
    {
        var refused = Assert.Throws<ProblemException>(() => (DatasetNode.Spec() with { LabelSignal = "Pressure" }).Check());
        Assert.Contains("gives the answer away", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_card_is_made_from_the_manifest_alone()
    {
        await using var node = await DatasetNode.Open();
        var version = await node.Cut(await node.TwoPumps());
        var manifest = (JsonObject)node.Catalog.Manifest(version).DeepClone();
        manifest["alternateName"] = "Renamed in the manifest";

        var card = DataCard.From(manifest);

        Assert.Contains("# Renamed in the manifest", card.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal((200L, 80L, 40L), (card.Rows, card.Parts.Sum(part => part.TrainRows), card.Parts.Sum(part => part.HeldOutLabelled)));
        Assert.Equal("bar", card.Fields.Single(field => field.Name == "Pressure").Unit);
        Assert.Equal(6, card.Batches.Count);
    }

    [Fact]
    public async Task The_manifest_has_the_members_that_Croissant_asks_for()
    {
        await using var node = await DatasetNode.Open();
        var manifest = node.Catalog.Manifest(await node.Cut(await node.TwoPumps()));

        Assert.All(["@context", "@type", "conformsTo", "name", "description", "license", "url", "citeAs", "distribution", "recordSet"], member => Assert.NotNull(manifest[member]));
        var rows = manifest["recordSet"]!.AsArray().Single(set => (string)set!["name"]! == "rows")!;
        Assert.All(rows["field"]!.AsArray(), field =>
        {
            Assert.Equal("cr:Field", (string)field!["@type"]!);
            Assert.StartsWith("sc:", (string)field["dataType"]!, StringComparison.Ordinal);
            Assert.Equal("data.parquet", (string)field["source"]!["fileObject"]!["@id"]!);
        });
        Assert.Equal("cr:Split", (string)manifest["recordSet"]![0]!["dataType"]!);
    }
}
