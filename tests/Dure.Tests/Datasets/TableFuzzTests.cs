using System.Text;
using Dure.Datasets;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Datasets;

/// <summary>Whatever the bytes: a preview, or a problem that says why not.</summary>
public sealed class TableFuzzTests
{
    private static readonly string[] Pieces = [",", ";", "\t", "\n", "\r\n", "\"", "\"\"", "a", "b c", "N/A", "1", "-2.5", "3,5", "1e400", "inf", "nan", "2026-03-01", "03/04/2026 00:00", "0", "yes", "no", "온도", "#", "'", "\\", " ", "\uFEFF", "{", "$1", "'; DROP TABLE raw; --"];

    [Fact]
    public void Any_text_gives_a_preview_or_a_problem() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements(Pieces)).ToArbitrary(),
        pieces => Looks(Encoding.UTF8.GetBytes(string.Concat(pieces)))).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Any_bytes_give_a_preview_or_a_problem() => Prop.ForAll<byte[]>(bytes => Looks(bytes)).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    [Fact]
    public async Task A_parquet_file_with_any_bytes_changed_gives_a_preview_or_a_problem()
    {
        await using var node = await TableNode.Open();
        var version = await node.Import(node.File(["a,b,t", .. Enumerable.Range(0, 50).Select(i => $"{i},x{i % 3},2026-03-01 08:00:{i:00}")]));
        var parquet = await File.ReadAllBytesAsync(node.Catalog.ParquetPath(version), TestContext.Current.CancellationToken);

        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var changed = parquet.ToArray();
            for (var i = 0; i < 1 + seed % 4; i++)
                changed[random.Next(4, changed.Length)] = (byte)random.Next(256);
            Assert.True(Looks(seed % 10 == 0 ? changed[..random.Next(4, changed.Length)] : changed), $"seed {seed}");
        }
    }

    [Fact]
    public async Task Names_are_never_taken_for_sql()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File("\"a\"\"; DROP TABLE raw; --\",'b',c0", "1,2,3", "4,5,6"), TableNode.Spec() with { Group = "'b'" });

        Assert.Equal(["a\"; DROP TABLE raw; --", "'b'", "c0"], version.Table!.Columns.Select(column => column.Name));
        var table = await node.Load(version);
        Assert.Equal([1f, 4], table.Columns[0].Values);
    }

    private static bool Looks(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            var preview = DatasetCatalog.Look(path, "any.csv", TableNode.Spec() with { LeaveOutBroken = true }, CancellationToken.None).GetAwaiter().GetResult();
            return preview.Rows >= 0 && preview.Columns.All(column => column.Missing + column.Distinct >= 1);
        }
        catch (ProblemException refused)
        {
            return refused.Problem.What.Length > 0 && refused.Problem.Mend.Length > 0;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
