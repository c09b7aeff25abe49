using System.Text;
using Dure.Datasets;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class TableShelfTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;
    private readonly TurnedClock clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_kept_for_a_day_and_until_it_is_removed()
    {
        using var shelf = new TableShelf(folder, clock);
        var first = await Put(shelf, "a,b\n1,2\n");
        var seen = await shelf.Look(first, "first.csv", TableNode.Spec(), Cancel);
        clock.Now += TimeSpan.FromHours(25);

        var second = await Put(shelf, "a,b\n3,4\n");

        Assert.Equal((1L, "first.csv"), (seen.Rows, seen.File.Name));
        Assert.Equal("urn:dure:datasets:no-upload", Assert.Throws<ProblemException>(() => shelf.PathOf(first)).Problem.Type);
        Assert.True(File.Exists(shelf.PathOf(second)));
        shelf.Remove(second);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task The_newest_files_push_out_the_oldest()
    {
        using var shelf = new TableShelf(folder, clock);
        var files = new List<ContentHash>();
        for (var i = 0; i < 40; i++)
        {
            clock.Now += TimeSpan.FromMinutes(1);
            files.Add(await Put(shelf, $"a\n{i}\n"));
        }

        Assert.Equal(32, Directory.GetFiles(folder).Length);
        Assert.Throws<ProblemException>(() => shelf.PathOf(files[0]));
        Assert.True(File.Exists(shelf.PathOf(files[^1])));
    }

    [Theory]
    [InlineData("Parts of May (final).csv", "parts-of-may-final")]
    [InlineData("2026 energy.parquet", "energy")]
    [InlineData("불량.csv", "table")]
    public void A_name_is_made_of_a_files(string file, string name) => Assert.Equal(name, TableSuggestion.NameOf(file));

    [Fact]
    public async Task Roles_are_suggested_by_names_and_cells()
    {
        await using var node = await TableNode.Open();
        var file = node.File(["no,serial,machine,Tool wear [min],torque,passed", .. Enumerable.Range(0, 60).Select(i => $"{i + 1},A{i:000},press{i % 3},{i % 5},{i * 7 % 11},{i % 2}")]);

        var suggested = TableSuggestion.For(await TableNode.Look(file), TableNode.Spec());

        Assert.Equal(("machine", "passed"), (suggested.Group, suggested.Target));
        Assert.Equal(["no", "serial"], suggested.Identifiers);
    }

    [Fact]
    public void A_spec_goes_into_an_address_and_back()
    {
        var spec = TableNode.Spec() with { Time = "time", Group = "a&b=c", Target = "온도 [°C]", Identifiers = ["x", "y"], Categories = ["z"], Dates = DateOrder.MonthFirst, LeaveOutBroken = true };
        var fields = TableQuery.Write(spec, "f.csv").Split('&').Select(field => field.Split('=')).ToLookup(field => field[0], field => (string?)Uri.UnescapeDataString(field[1]), StringComparer.Ordinal);

        var back = TableQuery.Read(key => [.. fields[key]]);

        Assert.Equal(TableQuery.Write(spec, ""), TableQuery.Write(back, ""));
        Assert.Equal(("a&b=c", DateOrder.MonthFirst, true, false), (back.Group, back.Dates, back.LeaveOutBroken, back.MendMidnights));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<ContentHash> Put(TableShelf shelf, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await shelf.Put(content, Cancel);
    }

    private sealed class TurnedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DatasetNode.Start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
