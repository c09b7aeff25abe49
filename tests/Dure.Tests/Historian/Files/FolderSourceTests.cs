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
        var source = new FolderSource(At("later"), Pump, TimeSpan.FromMilliseconds(5), TimeSpan.Zero, TimeProvider.System);
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
    public async Task Other_files_are_left_where_they_lie_and_counted()
    {
        Put("series.db", "no table");
        Put("heads", "no table");
        Put("a.csv", Good);
        var desk = new TestDesk();
        await desk.RunUntil(Source(), seen => File.Exists(At("taken/a.csv")) && seen.Reports[^1].Problem is not null);
        Assert.True(File.Exists(At("series.db")) && File.Exists(At("heads")) && !Directory.Exists(At("refused")));
        var (state, problem) = desk.Reports[^1];
        Assert.Equal((SourceState.Connected, "urn:dure:folder:left-alone"), (state, problem!.Type));
        Assert.StartsWith("2 file(s)", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_moves_and_writes_nothing()
    {
        Put("a-broken.csv", "Pressure,Current\n1,2\n");
        Put("b.csv", Good);
        Put("c.xlsx", "PK");
        var before = Directory.GetFileSystemEntries(folder).Order().ToArray();
        var result = await SourceTrial.Run(new FolderSource(folder, Pump, TimeSpan.FromMilliseconds(20), TimeSpan.FromHours(1), TimeProvider.System), "files", keepsUntilAccepted: true,
            TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(4, result.Samples);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder).Order());
    }

    [Fact]
    public async Task A_trial_says_what_is_wrong_with_a_file()
    {
        Put("a.csv", "Pressure,Current\n1,2\n");
        var result = await SourceTrial.Run(Source(), "files", keepsUntilAccepted: true, TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Contains("not a time", result.Problem!.What, StringComparison.Ordinal);
        Assert.Equal([At("a.csv")], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_read_again()
    {
        Put("a.csv", "time,Pressure\n1,1\n");
        var left = 1;
        var desk = new TestDesk { OnDeliver = _ => { if (left-- > 0) File.AppendAllText(At("a.csv"), "2,2\n"); } };
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        Assert.Contains(desk.Samples, sample => sample.Time == 2);
        Assert.Equal("time,Pressure\n1,1\n2,2\n", File.ReadAllText(At("taken/a.csv")));
    }

    [Fact]
    public async Task A_file_is_taken_only_when_it_has_stayed_as_it_is_for_some_time()
    {
        Put("a.csv", Good);
        var begun = TimeProvider.System.GetTimestamp();
        var settle = TimeSpan.FromMilliseconds(300);
        await new TestDesk().RunUntil(new FolderSource(folder, Pump, TimeSpan.FromMilliseconds(10), settle, TimeProvider.System), _ => File.Exists(At("taken/a.csv")));
        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= settle);
    }

    [Fact]
    public async Task Content_of_which_something_was_refused_is_read_when_it_comes_again()
    {
        Put("a.csv", Good);
        var isRefusing = true;
        var desk = new TestDesk { OnDeliver = batch => { if (isRefusing) batch.Reject("signal", "It is not known.", "Make it known."); } };
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        isRefusing = false;
        Put("a.csv", Good);
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a (2).csv")));
        Assert.Equal(8, desk.Samples.Count);
        Assert.False(File.Exists(At("taken/a (2).csv.problem.txt")));
    }

    [Fact]
    public async Task Nanoseconds_that_step_back_are_refused_by_line()
    {
        Put("a.csv", "time,Pressure\n1583748874000000000,1\n1583748873000000000,2\n3000000,3\n");
        var desk = new TestDesk();
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/a.csv")));
        Assert.Equal([3_000_000L], desk.Samples.Select(sample => sample.Time));
        Assert.Contains("line 2: '1583748874000000000' has too many digits for microseconds", File.ReadAllText(At("taken/a.csv.problem.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_on_which_reading_fails_does_not_keep_the_next_from_being_taken()
    {
        Put("a.csv", Good);
        Put("b.csv", Good + "3000000,1,1\n");
        var left = 1;
        var desk = new TestDesk { OnDeliver = _ => { if (left-- > 0) throw new ArgumentOutOfRangeException("made by the test"); } };
        await desk.RunUntil(Source(), _ => File.Exists(At("taken/b.csv")));
        Assert.Contains("cannot be read", File.ReadAllText(At("refused/a.csv.problem.txt")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("data/journal")]
    [InlineData(".")]
    [InlineData("link")]
    [InlineData("data/later/still")]
    public void The_folder_with_the_nodes_own_data_is_refused(string path)
    {
        Directory.CreateDirectory(At("data/journal"));
        Directory.CreateDirectory(At("beside"));
        Directory.CreateSymbolicLink(At("link"), "data/journal");
        var kind = new FolderKind(At("data"));
        var refused = Assert.Throws<ProblemException>(() => kind.Create(new JsonObject { ["path"] = At(path), ["asset"] = "a" }, TimeProvider.System));
        Assert.Contains("'path'", refused.Problem.Where, StringComparison.Ordinal);
        kind.Create(new JsonObject { ["path"] = At("beside"), ["asset"] = "a" }, TimeProvider.System);
        kind.Create(new JsonObject { ["path"] = At("data-2"), ["asset"] = "a" }, TimeProvider.System);
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

    private FolderSource Source() => new(folder, Pump, TimeSpan.FromMilliseconds(20), TimeSpan.Zero, TimeProvider.System);

    private string At(string name) => Path.Combine(folder, name);

    private void Put(string name, string text) => File.WriteAllText(At(name), text);

    private void Parquet(string name, string select)
    {
        using var db = DuckDb.Open(null, new DuckDbLimits());
        db.Execute($"COPY ({select}) TO {DuckDb.Quoted(At(name + ".part"))} (FORMAT parquet)");
        File.Move(At(name + ".part"), At(name));
    }
}
