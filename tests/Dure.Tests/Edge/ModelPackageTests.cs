using System.IO.Compression;
using Dure.Edge.Fleet;
using Dure.Edge.Packages;
using Dure.Evidence;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class ModelPackageTests : IDisposable
{
    private readonly KeyFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_opened_package_says_what_was_put_in()
    {
        var package = ModelPackage.Open(SamplePackages.Build(folder.Key), folder.Key.PublicKey);
        Assert.Equal("pumps", package.Manifest.ModelName);
        Assert.Equal(["Pressure", "Current"], package.Manifest.Signals.Select(signal => signal.Name));
        Assert.Equal([SamplePackages.First, SamplePackages.Second], package.Manifest.Machines.Select(machine => machine.Asset));
        Assert.Equal(folder.Key.Id, package.SignedBy.Id);
        Assert.Equal(1, package.AlarmRule.RaiseAfter);
    }

    [Fact]
    public void Each_machine_passes_its_self_test() =>
        Assert.Empty(ModelPackage.Open(SamplePackages.Build(folder.Key), folder.Key.PublicKey).SelfTest(TestContext.Current.CancellationToken));

    [Fact]
    public void A_self_test_that_differs_names_the_machine_and_both_scores()
    {
        var content = SamplePackages.Content();
        var wrong = content with { Machines = [content.Machines[0] with { SelfTest = [new([10, 2], 0.5)] }] };
        var problem = Assert.Single(ModelPackage.Open(ModelPackage.Build(wrong, folder.Key), folder.Key.PublicKey).SelfTest(TestContext.Current.CancellationToken));
        Assert.Contains(SamplePackages.First, problem.Where, StringComparison.Ordinal);
        Assert.Contains("scores 0 here; 0.5 was expected", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scorer_carries_its_state_and_names_the_signal_that_stands_out()
    {
        var package = ModelPackage.Open(SamplePackages.Build(folder.Key), folder.Key.PublicKey);
        var scorer = package.ScorerFor(SamplePackages.First)!;
        Assert.Equal(4, scorer.Score([14, 2]));
        Assert.Equal(1, scorer.Score([10, 2]));
        Assert.Equal([new AlarmPart("Pressure", 1)], scorer.TopContributions(package.Manifest.Signals, 3));
        Assert.Null(package.ScorerFor("plant/pump/9"));
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes_up_to_the_signature()
    {
        using var one = new ZipArchive(new MemoryStream(SamplePackages.Build(folder.Key)));
        using var two = new ZipArchive(new MemoryStream(SamplePackages.Build(folder.Key)));
        Assert.Equal(["manifest.json", "machines/0000.onnx", "machines/0001.onnx", "signature.json"], one.Entries.Select(entry => entry.FullName));
        Assert.Equal(one.Entries.SkipLast(1).Select(entry => entry.Crc32), two.Entries.SkipLast(1).Select(entry => entry.Crc32));
    }

    [Fact]
    public void A_package_of_another_node_is_refused_and_both_keys_are_named()
    {
        using var other = new KeyFolder();
        var refused = Assert.Throws<ProblemException>(() => ModelPackage.Open(SamplePackages.Build(other.Key), folder.Key.PublicKey));
        Assert.Equal("urn:dure:edge:package-untrusted", refused.Problem.Type);
        Assert.Contains(other.Key.Id, refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains(folder.Key.Id, refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_model_file_is_named_with_both_hashes()
    {
        var changed = Repack(SamplePackages.Build(folder.Key), (name, content) => name == "machines/0001.onnx" ? [.. content, 0x42, 0x00] : content);
        var refused = Assert.Throws<ProblemException>(() => ModelPackage.Open(changed, folder.Key.PublicKey));
        Assert.Contains("machines/0001.onnx", refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("should hash to sha256:", refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("Download it again", refused.Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_manifest_no_longer_belongs_to_its_signature()
    {
        var changed = Repack(SamplePackages.Build(folder.Key), (name, content) => name == "manifest.json"
            ? System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(content).Replace("pumps", "pumpz", StringComparison.Ordinal)) : content);
        var refused = Assert.Throws<ProblemException>(() => ModelPackage.Open(changed, folder.Key.PublicKey));
        Assert.Contains("signature does not belong to manifest.json", refused.Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../etc/cron.d/x")]
    [InlineData("/tmp/x")]
    [InlineData("extra.txt")]
    public void A_file_with_another_name_is_refused(string name)
    {
        using var buffer = new MemoryStream();
        buffer.Write(SamplePackages.Build(folder.Key));
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Update, leaveOpen: true))
        using (var entry = zip.CreateEntry(name).Open())
            entry.WriteByte(1);
        var refused = Assert.Throws<ProblemException>(() => ModelPackage.Open(buffer.ToArray(), folder.Key.PublicKey));
        Assert.Equal("urn:dure:edge:package-damaged", refused.Problem.Type);
    }

    [Fact]
    public void A_package_with_any_byte_changed_is_refused()
    {
        var bytes = SamplePackages.Build(folder.Key);
        Prop.ForAll<int, byte>((seed, change) => IsRefused(Changed(bytes, new Random(seed).Next(bytes.Length), change))).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void A_package_cut_short_is_refused()
    {
        var bytes = SamplePackages.Build(folder.Key);
        Prop.ForAll<int>(seed => IsRefused(bytes[..new Random(seed).Next(bytes.Length)])).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private bool IsRefused(byte[] package)
    {
        try
        {
            ModelPackage.Open(package, folder.Key.PublicKey);
            return false;
        }
        catch (ProblemException)
        {
            return true;
        }
    }

    private static byte[] Changed(byte[] bytes, int at, byte change)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= (byte)(change == 0 ? 1 : change);
        return copy;
    }

    private static byte[] Repack(byte[] package, Func<string, byte[], byte[]> change)
    {
        using var source = new ZipArchive(new MemoryStream(package));
        using var buffer = new MemoryStream();
        using (var target = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (var stream = entry.Open())
                    stream.CopyTo(content);
                var copy = target.CreateEntry(entry.FullName, CompressionLevel.NoCompression);
                (copy.LastWriteTime, copy.ExternalAttributes) = (entry.LastWriteTime, entry.ExternalAttributes);
                using var into = copy.Open();
                into.Write(change(entry.FullName, content.ToArray()));
            }
        }
        return buffer.ToArray();
    }
}
