using System.Text.Json.Nodes;
using Dure.Historian.Files;
using Dure.Historian.Sources;
using Dure.Kernel;
using Dure.Native;
using Dure.Tests.Historian.Sources;
using Xunit;

namespace Dure.Tests.Historian.Files;

public sealed class FolderSourceTests : IDisposable
{
    private const string Good = "time,Pressure [bar],Current\n1000000,1.5,2\n2000000,1.6,3\n";
    private static readonly AssetId Pump = AssetId.Parse("plant/pump1");
    private readonly string folder = Directory.CreateTempSubdirectory("dure-folder-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_whole_file_is_taken_and_moved()
    {
        Put("a.csv", Good);
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        Assert.Equal([("plant/pump1/Pressure", 1_000_000, 1.5, Quality.Good), ("plant/pump1/Pressure", 2_000_000, 1.6, Quality.Good)], desk.Samples.Take(2));
        Assert.Equal(["bar", null], desk.Items.Select(item => item.Unit));
        Assert.False(File.Exists(At("a.csv")) || File.Exists(At("taken/a.csv.problem.txt")));
    }

    [Fact]
    public async Task A_file_that_grows_or_is_named_unfinished_waits()
    {
        Put("b.csv.part", Good);
        Put("c.tmp", Good);
        Put(".hidden", Good);
        Put("z.csv", Good);
        var looks = 0;
        // The file grows after it was seen; another one is taken meanwhile, so looks do happen.
        var growing = At("grows.csv");
        File.WriteAllText(growing, "time,Pressure\n");
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ =>
        {
            if (looks++ < 40)
                File.AppendAllText(growing, $"{looks},{looks}\n");
            return File.Exists(At("taken/z.csv")) && File.Exists(At("taken/grows.csv"));
        });
        Assert.Equal(40, desk.Samples.Count(sample => sample.Name == "plant/pump1/Pressure" && sample.Time <= 40));
        Assert.True(File.Exists(At("b.csv.part")) && File.Exists(At("c.tmp")) && File.Exists(At(".hidden")));
    }

    [Fact]
    public async Task The_same_content_is_taken_once_however_often_it_comes_and_the_node_restarts()
    {
        Put("a.csv", Good);
        await new TestDesk().RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        Put("again.csv", Good);
        File.AppendAllText(At(TakenFiles.FileName), "sha256:12ab"); // a line that a crash cut short
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/again.csv")));
        Assert.Empty(desk.Samples);
        Assert.Contains("taken before", File.ReadAllText(At("taken/again.csv.problem.txt")), StringComparison.Ordinal);
        Assert.EndsWith("a.csv\n", File.ReadAllText(At(TakenFiles.FileName)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.csv", "Pressure,Current\n1,2\n", "not a time")]
    [InlineData("x.parquet", "PAR1 but no table", "cannot be read as Parquet")]
    [InlineData("x.xlsx", "PK", "not a kind of file")]
    public async Task A_file_that_cannot_be_read_is_put_aside_with_what_where_and_how_to_mend(string name, string text, string named)
    {
        Put(name, text);
        Put("y.csv", Good);
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/y.csv")));
        var problem = File.ReadAllText(At($"refused/{name}.problem.txt"));
        Assert.Contains(named, problem, StringComparison.Ordinal);
        Assert.Contains("mend:", problem, StringComparison.Ordinal);
        Assert.Equal(4, desk.Samples.Count);
    }

    [Fact]
    public async Task Lines_that_cannot_be_read_are_named_beside_the_file_and_the_rest_is_kept()
    {
        Put("a.csv", Good + "soon,1,2\n3000000,x,4\n");
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        Assert.Equal(5, desk.Samples.Count);
        var problem = File.ReadAllText(At("taken/a.csv.problem.txt"));
        Assert.Contains("line 4: 'soon' is not a time.", problem, StringComparison.Ordinal);
        Assert.Contains("line 5: 'x' in column 'Pressure'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_stays_while_the_desk_cannot_take_it_and_goes_in_once_it_can()
    {
        Put("a.csv", Good);
        var left = 3;
        var desk = new TestDesk { OnDeliver = _ => { if (left-- > 0) throw new ProblemException("urn:dure:test:full", "The disk is full.", "here", "Wait."); } };
        await desk.RunUntil(Source(), seen => File.Exists(At("taken/a.csv")) && seen.Reports[^1].State == SourceState.Connected);
        Assert.Equal(4, desk.Samples.Count);
        Assert.Contains(desk.Reports, report => report.Problem?.Type == "urn:dure:test:full");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_told_and_looked_for_again()
    {
        var source = new FolderSource(At("later"), Pump, TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var desk = new TestDesk();
        await desk.RunUntil(source, seen =>
        {
            if (seen.Reports[^1].Problem is not null)
                Directory.CreateDirectory(At("later"));
            return seen.Reports[^1].State == SourceState.Connected;
        });
        Assert.Equal("urn:dure:folder:no-access", desk.Reports[1].Problem!.Type);
    }

    [Fact]
    public async Task A_wide_Parquet_table_is_read_with_its_gaps()
    {
        Parquet("a.parquet", """SELECT TIMESTAMPTZ '2026-01-01 00:00:00Z' + INTERVAL (i) SECOND AS "Time", CASE i WHEN 1 THEN NULL WHEN 2 THEN 'nan'::DOUBLE ELSE i * 0.5 END AS "Pressure [bar]", i::UTINYINT AS Speed, 'x' AS Note FROM range(4) t(i)""");
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.parquet")));
        var start = Micros.Of(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal([("plant/pump1/Pressure", start, 0.0, Quality.Good), ("plant/pump1/Pressure", start + 3_000_000, 1.5, Quality.Good)], desk.Samples.Where(sample => sample.Name.EndsWith("Pressure", StringComparison.Ordinal)));
        Assert.Equal([0.0, 1, 2, 3], desk.Samples.Where(sample => sample.Name.EndsWith("Speed", StringComparison.Ordinal)).Select(sample => sample.Value));
        Assert.Contains("column 'Note'", File.ReadAllText(At("taken/a.parquet.problem.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_Parquet_table_is_read_with_its_qualities()
    {
        const string Name = "a [1] it's?.parquet";
        Parquet(Name, "SELECT * FROM (VALUES ('Level', 1000, 5.5, 'good'), ('plant/tank/Level', 2000, 6.5, 'Uncertain'), ('Level', 3000, NULL, 'good'), ('Level', 4000, 1, 'fine')) t(signal, time, value, quality)");
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => !File.Exists(At(Name)));
        Assert.False(File.Exists(At($"refused/{Name}")), File.Exists(At($"refused/{Name}.problem.txt")) ? File.ReadAllText(At($"refused/{Name}.problem.txt")) : "");
        Assert.Equal([("plant/pump1/Level", 1000, 5.5, Quality.Good), ("plant/pump1/Level", 3000, double.NaN, Quality.Bad), ("plant/tank/Level", 2000, 6.5, Quality.Uncertain)], desk.Samples);
        Assert.Contains("'fine' is not a quality", File.ReadAllText(At($"taken/{Name}.problem.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_Parquet_table_comes_in_small_batches()
    {
        Parquet("a.parquet", "SELECT i AS time, i * 0.1 AS Pressure FROM range(100000) t(i)");
        var largest = 0;
        var desk = new TestDesk { OnDeliver = batch => largest = Math.Max(largest, batch.Blocks.Sum(block => block.Count)) };
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.parquet")));
        Assert.Equal(100_000, desk.Samples.Count);
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (long)i), desk.Samples.Select(sample => sample.Time));
        Assert.InRange(largest, 1, 8_000);
    }

    [Fact]
    public void Settings_that_cannot_work_are_named()
    {
        var refused = Assert.Throws<ProblemException>(() => new FolderKind().Create(new JsonObject { ["path"] = folder, ["asset"] = "a//b" }, TimeProvider.System));
        Assert.Contains("'asset'", refused.Problem.Where, StringComparison.Ordinal);
        Assert.Contains("missing", Assert.Throws<ProblemException>(() => new FolderKind().Create(new JsonObject { ["asset"] = "a" }, TimeProvider.System)).Problem.What, StringComparison.Ordinal);
        Assert.Contains("no such setting", Assert.Throws<ProblemException>(() => new FolderKind().Create(new JsonObject { ["folder"] = "a" }, TimeProvider.System)).Problem.What, StringComparison.Ordinal);
    }

    private FolderSource Source() => new(folder, Pump, TimeSpan.FromMilliseconds(20), TimeProvider.System);

    private string At(string name) => Path.Combine(folder, name);

    private void Put(string name, string text) => File.WriteAllText(At(name), text);

    private void Parquet(string name, string select)
    {
        using var db = DuckDb.Open(null, new DuckDbLimits());
        db.Execute($"COPY ({select}) TO {DuckDb.Quoted(At(name + ".part"))} (FORMAT parquet)");
        File.Move(At(name + ".part"), At(name));
    }
}
