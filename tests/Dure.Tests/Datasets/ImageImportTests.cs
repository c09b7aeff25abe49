using System.IO.Compression;
using System.Text;
using Dure.Datasets;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

/// <summary>Images as a dataset version: what a folder or a stranger's zip file becomes, and what is said of it before.</summary>
public sealed class ImageImportTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;
    private TableNode node = null!; // InitializeAsync sets it

    public async ValueTask InitializeAsync() => node = await TableNode.Open();

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        await node.DisposeAsync();
    }

    [Fact]
    public async Task Folders_become_labels_and_the_same_images_the_same_version_however_they_were_packed()
    {
        var files = Tiles();
        var version = await node.Import(Zip("tiles.zip", files), TableNode.Spec("tiles"));
        Assert.True(version.HasImages);
        Assert.Equal(files.Length, version.Rows);
        Assert.Equal("label", version.Table!.Target); // what was imported is a table
        Assert.Equal([("good", 31L), ("crack", 2L)], version.Table.Columns.Single(column => column.Name == "label").Top);

        using var pack = node.Catalog.OpenImages(version);
        Assert.Equal(files.Select(file => file.Name["tiles/".Length..]).Order(StringComparer.Ordinal), pack.Names);
        var crack = pack.Names.ToList().IndexOf("crack/1.png");
        Assert.Equal("crack", pack.Labels[crack]);
        Assert.Equal(files.Single(file => file.Name == "tiles/crack/1.png").Bytes, pack.Read(crack));

        var other = await node.Import(Zip(Path.Combine("other", "tiles.zip"), [.. files.Reverse().Select(file => (file.Name["tiles/".Length..], file.Bytes))], CompressionLevel.Optimal), TableNode.Spec("tiles"));
        Assert.Equal(version.Id, other.Id);
        Assert.Single(node.Catalog.Versions);
        Assert.Equal(version.Id, (await node.Import(Copied(version, "tiles.zip"), TableNode.Spec("tiles"))).Id); // what is taken out comes in again as the same

        using var csv = new MemoryStream();
        await node.Catalog.Export(version, DatasetFormat.Csv, csv, TestContext.Current.CancellationToken);
        Assert.StartsWith("image,label,width,height,channels,bytes,sha256\ncrack/0.png,crack,8.0,6.0,1.0,", Encoding.UTF8.GetString(csv.ToArray()), StringComparison.Ordinal);
        Assert.Contains("| label | category | target |", node.Catalog.Card(version).ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_on_disk_is_packed_without_following_what_leads_out_of_it()
    {
        var images = Directory.CreateDirectory(Path.Combine(folder, "tiles"));
        foreach (var (name, bytes) in Tiles())
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a tile lies in a folder
            File.WriteAllBytes(path, bytes);
        }
        File.WriteAllText(Path.Combine(images.FullName, "notes.txt"), "of line 3");
        File.CreateSymbolicLink(Path.Combine(images.FullName, "good", "elsewhere.png"), "/etc/hostname");
        var zip = Path.Combine(folder, "tiles.zip");
        using (var file = File.Create(zip))
            ImageFolder.Pack(images.FullName, file, TestContext.Current.CancellationToken);
        var seen = await TableNode.Look(zip);
        Assert.Equal((33, null), (seen.Rows, seen.Refusal));
        Assert.Contains("notes.txt", TableNode.Find(seen.Quality, "image", QualityKinds.OtherFiles)?.Words, StringComparison.Ordinal);
        Assert.Empty(seen.Broken);
    }

    [Fact]
    public async Task Images_in_no_folder_or_in_one_are_good_ones_and_it_is_said_that_nothing_proves_more()
    {
        foreach (var top in (string[])["", "photos/", "line3/photos/"])
        {
            var seen = await TableNode.Look(Zip("flat.zip", [.. Enumerable.Range(0, 5).Select(i => ($"{top}{i}.png", Picture(i)))]));
            Assert.Equal([("good", 5L)], seen.Columns.Single(column => column.Name == "label").Top);
            Assert.NotNull(TableNode.Find(seen.Quality, "label", QualityKinds.OneLabel));
            Assert.Equal(5, TableNode.Find(seen.Quality, "label", QualityKinds.FewGood)?.Numbers["images"]);
        }
    }

    [Theory]
    [InlineData("../../etc/cron.d/x.png", "leads out")]
    [InlineData("/etc/x.png", "leads out")]
    [InlineData("C:\\windows\\x.png", "leads out")]
    [InlineData("good\\..\\..\\x.png", "leads out")]
    [InlineData("good/a\u0001.png", "leads out")]
    [InlineData("good/0.png", "twice")]
    public async Task A_zip_file_that_names_what_it_should_not_is_refused_whole(string name, string why)
    {
        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(Zip("evil.zip", [("good/0.png", Picture(0)), ("bad/1.png", Picture(1)), (name, Picture(2))])));
        Assert.Equal("urn:dure:datasets:bad-images", refused.Problem.Type);
        Assert.Contains(why, refused.Problem.What, StringComparison.Ordinal);
        Assert.Empty(node.Catalog.Versions);
    }

    [Fact]
    public async Task A_file_that_unpacks_to_far_more_than_it_has_is_left_out_and_named()
    {
        var zip = Zip("bomb.zip", [("good/0.png", Picture(0)), ("good/bomb.png", new byte[ImagePack.MaxImageBytes + 1])], CompressionLevel.Optimal);
        Assert.InRange(new FileInfo(zip).Length, 1, ImagePack.MaxImageBytes / 100);
        var seen = await TableNode.Look(zip);
        Assert.Equal(("bomb.png", 1), (Assert.Single(seen.Broken).Column, seen.Rows)); // the one folder around them is no label
        Assert.Contains("more than", seen.Broken[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_with_far_more_entries_than_images_is_refused_before_they_are_listed()
    {
        var zip = Zip("many.zip", [.. Enumerable.Range(0, 2 * ImagePack.MaxImages + 1).Select(i => ($"{i}.png", Array.Empty<byte>()))]);
        Assert.Contains("more than 20,000 entries", (await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(zip))).Problem.What, StringComparison.Ordinal);
        var bytes = File.ReadAllBytes(zip);
        var end = bytes[^22..];
        byte[] fewer = [.. end[..8], 1, 0, 1, 0, .. end[12..]];
        // The larger form of the record names the list's place, and the usual one points to it.
        byte[] large = [0x50, 0x4B, 6, 6, .. new byte[44], .. BitConverter.GetBytes((long)BitConverter.ToUInt32(end, 16)), 0x50, 0x4B, 6, 7, 0, 0, 0, 0, .. BitConverter.GetBytes(bytes.Length - 22L), 1, 0, 0, 0, .. end[..8], 0xFF, 0xFF, 0xFF, 0xFF, .. end[12..16], 0xFF, 0xFF, 0xFF, 0xFF, 0, 0];
        foreach (var lie in (byte[][])[fewer, large])
        {
            File.WriteAllBytes(zip, [.. bytes[..^22], .. lie]);
            Assert.Contains("more than 20,000 entries", (await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(zip))).Problem.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_and_refused_until_it_may_be_left_out()
    {
        var zip = Zip("tiles.zip", [.. Tiles(), ("tiles/good/cut.png", Picture(1)[..40]), ("tiles/good/moving.gif", "GIF89a"u8.ToArray()), ("tiles/Thumbs.db", [1]), ("__MACOSX/tiles/good/._0.png", [1])]);
        var seen = await TableNode.Look(zip);
        Assert.Equal(["good/cut.png", "good/moving.gif"], seen.Broken.Select(one => one.Column));
        Assert.Contains("neither PNG nor JPEG", seen.Broken[1].What, StringComparison.Ordinal);
        Assert.Null(TableNode.Find(seen.Quality, "image", QualityKinds.OtherFiles));
        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(zip));
        Assert.Equal(("urn:dure:datasets:broken-images", "tiles.zip, good/cut.png"), (refused.Problem.Type, refused.Problem.Where));
        var version = await node.Import(zip, TableNode.Spec() with { LeaveOutBroken = true });
        Assert.Equal((33, 2), (version.Rows, version.Table!.LinesLeftOut));
        Assert.NotNull(node.Find(version, "image", QualityKinds.UnreadableImages));
    }

    [Fact]
    public async Task Labels_stay_when_what_is_left_out_leaves_one_folder()
    {
        var zip = Zip("parts.zip", [.. Enumerable.Range(0, 3).Select(i => ($"parts/ok/{i}.png", Picture(i))), ("parts/bad/1.png", Picture(9)[..40])]);
        var version = await node.Import(zip, TableNode.Spec() with { LeaveOutBroken = true });
        using var pack = node.Catalog.OpenImages(version);
        Assert.Equal(["ok/0.png", "ok/1.png", "ok/2.png"], pack.Names);
        Assert.Equal(version.Table!.Columns.Single(column => column.Name == "label").Top, [.. pack.Labels.CountBy(label => label).Select(one => (one.Key, (long)one.Value))]);
        Assert.Equal("ok", pack.Labels[0]);
    }

    [Fact, Trait("Speed", "Slow")]
    public async Task Files_that_unpack_to_more_than_can_be_kept_are_refused_together()
    {
        // Entries that share the bytes of one.
        const int count = 33;
        var bytes = File.ReadAllBytes(Zip("one.zip", [("good/00.png", new byte[ImagePack.MaxImageBytes])], CompressionLevel.Fastest));
        var (end, list) = (bytes[^22..], (int)BitConverter.ToUInt32(bytes, bytes.Length - 6));
        var entry = bytes[list..^22];
        var all = Enumerable.Range(0, count).SelectMany(i => (byte[])[.. entry[..46], .. Encoding.UTF8.GetBytes($"good/{i:00}.png"), .. entry[57..]]);
        var zip = Path.Combine(folder, "many.zip");
        File.WriteAllBytes(zip, [.. bytes[..list], .. all, .. end[..8], count, 0, count, 0, .. BitConverter.GetBytes(count * entry.Length), .. end[16..]]);
        var refused = (await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(zip))).Problem;
        Assert.Equal(("urn:dure:datasets:bad-images", "many.zip"), (refused.Type, refused.Where));
        Assert.Contains("when they are unpacked", refused.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doubles_sizes_colours_and_a_good_label_without_its_word_are_told()
    {
        var seen = await TableNode.Look(Zip("tiles.zip", [("a/0.png", Picture(0)), ("a/1.png", Picture(0)), ("a/2.png", Picture(2)), ("b/0.png", Picture(2)), ("b/1.png", Picture(4, 9)), ("b/2.png", new Raster(8, 6, 3, new byte[144]).ToPng())]));
        Assert.Equal(1, TableNode.Find(seen.Quality, null, QualityKinds.SameImages)?.Numbers["images"]);
        Assert.Equal(2, TableNode.Find(seen.Quality, "label", QualityKinds.TwoLabels)?.Numbers["images"]);
        Assert.Equal(9, TableNode.Find(seen.Quality, "width", QualityKinds.ImageSizes)?.Numbers["mostWidth"]);
        Assert.Equal(5, TableNode.Find(seen.Quality, "channels", QualityKinds.MixedColours)?.Numbers["grey"]);
        Assert.Contains("(a, b)", TableNode.Find(seen.Quality, "label", QualityKinds.NoGoodLabel)?.Words, StringComparison.Ordinal);
        Assert.Equal("MT_Free", ImagePack.GoodOf(["MT_Free", "MT_Crack"]));
        Assert.Equal("양품", ImagePack.GoodOf(["양품", "not_ok", "불량"]));
    }

    [Fact]
    public async Task A_zip_file_without_images_and_a_damaged_one_are_refused()
    {
        var damaged = Zip("damaged.zip", Tiles());
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..500]);
        foreach (var path in (string[])[damaged, Zip("empty.zip", [("notes.txt", [1])]), Zip("book.xlsx", [("[Content_Types].xml", [1]), ("xl/media/image1.png", Picture(0))])])
            Assert.Contains("holds no images", (await Assert.ThrowsAsync<ProblemException>(() => node.Import(path))).Problem.What, StringComparison.Ordinal);
    }

    private static (string Name, byte[] Bytes)[] Tiles() =>
        [.. Enumerable.Range(0, 31).Select(i => ($"tiles/good/{i}.png", Picture(i))), ("tiles/crack/0.png", Picture(100)), ("tiles/crack/1.png", Picture(101))];

    private static byte[] Picture(int seed, int width = 8)
    {
        var points = new byte[width * 6];
        new Random(seed).NextBytes(points);
        return new Raster(width, 6, 1, points).ToPng();
    }

    private string Zip(string name, (string Name, byte[] Bytes)[] files, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // the name is inside the folder
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var file in files)
            using (var entry = zip.CreateEntry(file.Name, level).Open())
                entry.Write(file.Bytes);
        return path;
    }

    private string Copied(DatasetVersion version, string name)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "again")).FullName, name);
        File.Copy(node.Catalog.ImagesPath(version), path);
        return path;
    }
}
