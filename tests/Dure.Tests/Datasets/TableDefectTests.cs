using System.Globalization;
using Dure.Datasets;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

/// <summary>Files with the faults that tables of plants have: each is found and told, none is swallowed.</summary>
public sealed class TableDefectTests
{
    [Fact]
    public async Task Not_available_written_into_numbers_is_missing_and_told()
    {
        await using var node = await TableNode.Open();
        var file = node.File(["engine,cycle,s2,s3", .. Enumerable.Range(0, 100).Select(i => $"{i / 10},{i % 10 + 1},{(i % 25 == 3 ? "N/A" : Say(640 + i * 0.1))},{(i == 50 ? "?" : Say(i))}")]);

        var version = await node.Import(file, TableNode.Spec() with { Group = "engine", Time = "cycle" });

        Assert.Equal((TableColumnType.Number, 4L), (version.Table!.Columns[2].Type, version.Table.Columns[2].Missing));
        var told = node.Find(version, "s2", QualityKinds.MixedText)!;
        Assert.Equal(4, told.Numbers["cells"]);
        Assert.Contains("'N/A'", told.Words, StringComparison.Ordinal);
        Assert.Equal(1, node.Find(version, "s3", QualityKinds.MixedText)!.Numbers["cells"]);
        Assert.Equal(4, node.Find(version, "s2", QualityKinds.Missing)!.Numbers["rows"]);
        var table = await node.Load(version);
        Assert.Equal(4, table.TryFind("s2")!.Values.Count(float.IsNaN));
        Assert.Equal([1_000_000L, 2_000_000], table.TimesMicros![..2]);
        Assert.Equal(10, table.GroupNames.Count);
    }

    [Fact]
    public async Task A_damaged_header_is_told_by_column()
    {
        await using var node = await TableNode.Open();
        var file = node.File(["\uFEFFClass,Type,Torque [Nm],,Torque [Nm],Machine failure", .. Enumerable.Range(0, 50).Select(i => $"{i % 3},L,{i}.5,,{i},{i % 2}")]);

        var version = await node.Import(file);

        Assert.Equal(["Class", "Type", "Torque [Nm]", "Torque [Nm]_2", "Machine failure"], version.Table!.Columns.Select(column => column.Name));
        Assert.Equal(4, node.Find(version, "column4", QualityKinds.UnnamedColumn)!.Numbers["column"]);
        Assert.Equal(5, node.Find(version, "Torque [Nm]_2", QualityKinds.RenamedColumn)!.Numbers["column"]);
        Assert.NotNull(node.Find(version, "Type", QualityKinds.Constant));
    }

    [Fact]
    public async Task An_unnamed_column_with_values_stays()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File(["a,,c", .. Enumerable.Range(0, 30).Select(i => $"{i},{i * i},x{i % 3}")]));

        Assert.Equal(["a", "column2", "c"], version.Table!.Columns.Select(column => column.Name));
        Assert.NotNull(node.Find(version, "column2", QualityKinds.UnnamedColumn));
    }

    [Fact]
    public async Task Midnights_of_the_wrong_day_are_told_and_moved_when_asked()
    {
        await using var node = await TableNode.Open();
        var file = node.File(["date,kWh", .. QuarterHours(days: 3).Select((time, i) => $"{time},{i}")]);

        var asWritten = await node.Import(file);
        var mended = await node.Import(file, TableNode.Spec() with { MendMidnights = true });

        var told = node.Find(asWritten, "date", QualityKinds.WrongMidnights)!;
        Assert.Equal(3, told.Numbers["rows"]);
        Assert.Equal(new DateTimeOffset(2018, 1, 30, 0, 0, 0, TimeSpan.Zero), told.At);
        Assert.Null(node.Find(asWritten, "date", QualityKinds.ClockBackward));
        Assert.Equal((0L, 3L), (asWritten.Table!.MidnightsMended, mended.Table!.MidnightsMended));
        Assert.NotNull(node.Find(mended, "date", QualityKinds.WrongMidnights));
        var times = (await node.Load(mended)).TimesMicros!;
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(15 * 60_000_000L, pair.Second - pair.First));
    }

    [Fact]
    public async Task Midnights_of_the_right_day_are_left_alone()
    {
        await using var node = await TableNode.Open();
        var start = new DateTime(2018, 1, 30, 0, 15, 0);
        var file = node.File(["date,kWh", .. Enumerable.Range(0, 300).Select(i => $"{start.AddMinutes(15 * i):dd/MM/yyyy HH:mm},{i}")]);

        var version = await node.Import(file, TableNode.Spec() with { MendMidnights = true });

        Assert.Null(node.Find(version, "date", QualityKinds.WrongMidnights));
        Assert.Equal(0, version.Table!.MidnightsMended);
    }

    [Fact]
    public async Task A_broken_line_and_a_broken_cell_are_refused_by_line_and_column()
    {
        await using var node = await TableNode.Open();
        var lines = Enumerable.Range(0, 60).Select(i => $"{i},{i}.5,\"a\nb\"").ToArray();
        lines[10] = "10,ten,x";
        lines[20] = "20,20.5";
        lines[30] = "30,3O.5,x";
        var file = node.File(["id,torque,note", .. lines]);

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(file));
        var seen = await TableNode.Look(file);
        var version = await node.Import(file, TableNode.Spec() with { LeaveOutBroken = true });

        Assert.Equal("urn:dure:datasets:broken-lines", refused.Problem.Type);
        Assert.Contains("1 line cannot be taken and 2 cells do not fit", refused.Problem.What, StringComparison.Ordinal);
        Assert.Equal([(22L, "torque"), (41L, ""), (60L, "torque")], seen.Broken.Select(line => (line.Line, line.Column)));
        Assert.Equal(refused.Problem, seen.Refusal);
        Assert.Equal((59L, 1L), (version.Rows, version.Table!.LinesLeftOut));
        Assert.Equal(2, node.Find(version, "torque", QualityKinds.BrokenCells)!.Numbers["cells"]);
        Assert.Equal(41, node.Find(version, null, QualityKinds.BrokenLines)!.Numbers["first"]);
    }

    [Fact]
    public async Task A_quote_that_comes_late_is_one()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File(["a,note", .. Enumerable.Range(0, 30_000).Select(i => $"{i},plain"), "30000,\"with, comma\""]), TableNode.Spec() with { Categories = ["note"] });

        Assert.Equal([("plain", 30_000L), ("with, comma", 1)], version.Table!.Columns[1].Top);
    }

    [Fact]
    public async Task Rows_without_a_time_or_a_group_are_refused_or_left_out()
    {
        await using var node = await TableNode.Open();
        var file = node.File("machine,time,x", "p1,2026-03-01 08:00,1", ",2026-03-01 08:01,2", "p1,,3", "p2,2026-03-01 08:03,4");
        var spec = TableNode.Spec() with { Group = "machine", Time = "time" };

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(file, spec));
        var version = await node.Import(file, spec with { LeaveOutBroken = true });

        Assert.Contains("line 3", refused.Problem.Where, StringComparison.Ordinal);
        Assert.Equal((2L, 2L), (version.Rows, version.Table!.LinesLeftOut));
        Assert.Equal(2, node.Find(version, null, QualityKinds.NoKey)!.Numbers["rows"]);
        var table = await node.Load(version);
        Assert.Equal([1f, 4], table.TryFind("x")!.Values);
    }

    [Fact]
    public async Task Dates_that_can_be_read_two_ways_must_be_said()
    {
        await using var node = await TableNode.Open();
        var file = node.File("date,x", "03/04/2026,1", "04/05/2026,2", "05/06/2026,3");

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(file));
        var dayFirst = await node.Load(await node.Import(file, TableNode.Spec() with { Dates = DateOrder.DayFirst }));
        var monthFirst = await node.Load(await node.Import(file, TableNode.Spec() with { Dates = DateOrder.MonthFirst }));

        Assert.Contains("day first", refused.Problem.What, StringComparison.Ordinal);
        Assert.Equal((4, 3), (Micros.Time(dayFirst.TimesMicros![0]).Month, Micros.Time(monthFirst.TimesMicros![0]).Month));
    }

    [Theory]
    [InlineData("2026-03-01T08:00:00+09:00", "2026-02-28T23:00:00")]
    [InlineData("2026/03/01 08:00", "2026-03-01T08:00:00")]
    [InlineData("2026-03-01 오후 02:30", "2026-03-01T14:30:00")]
    [InlineData("31.03.2026 08:00:01", "2026-03-31T08:00:01")]
    [InlineData("12/31/2026 11:59 PM", "2026-12-31T23:59:00")]
    [InlineData("2026-03-01 12:30 AM", "2026-03-01T00:30:00")]
    [InlineData("2026-03-01 오후 12:30:05", "2026-03-01T12:30:05")]
    [InlineData("2026.3.1 8:05", "2026-03-01T08:05:00")]
    [InlineData("2026-03-01 08:00:00 -0330", "2026-03-01T11:30:00")]
    [InlineData("20260301", "2026-03-01T00:00:00")]
    [InlineData("1772352000", "2026-03-01T08:00:00")]
    [InlineData("1772352000123", "2026-03-01T08:00:00.123")]
    public async Task Times_are_read_as_plants_write_them(string written, string utc)
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File("time;x", $"{written};1", $"{written};2,5"), TableNode.Spec() with { Time = "time" });

        var table = await node.Load(version);
        Assert.Equal(DateTimeOffset.Parse(utc + "Z", CultureInfo.InvariantCulture), Micros.Time(table.TimesMicros![0]));
        Assert.Equal([1f, 2.5f], table.TryFind("x")!.Values);
    }

    [Fact]
    public async Task Repeated_rows_far_values_and_row_numbers_are_told()
    {
        await using var node = await TableNode.Open();
        var rows = Enumerable.Range(0, 100).Select(i => $"{i + 1},{Say(10 + Math.Sin(i))},{(i == 40 ? 9999 : i % 7)}").ToList();
        rows[60] = rows[59][(rows[59].IndexOf(',', StringComparison.Ordinal))..].Insert(0, "61");

        var version = await node.Import(node.File(["no,a,b", .. rows]));
        var named = await node.Import(node.File(["no,a,b", .. rows]), TableNode.Spec() with { Identifiers = ["no"] });

        Assert.NotNull(node.Find(version, "no", QualityKinds.LooksLikeId));
        Assert.Equal(1, node.Find(version, "b", QualityKinds.Outliers)!.Numbers["rows"]);
        Assert.Null(node.Find(version, null, QualityKinds.DuplicateRows));
        Assert.Equal(1, node.Find(named, null, QualityKinds.DuplicateRows)!.Numbers["rows"]);
        Assert.Null(node.Find(named, "no", QualityKinds.LooksLikeId));
    }

    [Fact]
    public async Task Dates_of_an_unset_clock_are_told()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File(["time,x", "1970-01-01 00:00:05,1", .. Enumerable.Range(0, 20).Select(i => $"2026-03-01 08:00:{i:00},{i}")]));

        var told = node.Find(version, "time", QualityKinds.SuspiciousDates)!;
        Assert.Equal((1d, 1970), (told.Numbers["rows"], told.At!.Value.Year));
    }

    [Fact]
    public async Task A_table_without_a_header_gets_numbers_for_names()
    {
        await using var node = await TableNode.Open();

        var version = await node.Import(node.File([.. Enumerable.Range(0, 40).Select(i => $"1 {i} {Say(i * 0.5)} -0.0007")]));

        Assert.Equal(["column1", "column2", "column3", "column4"], version.Table!.Columns.Select(column => column.Name));
        Assert.Equal(40, version.Rows);
        Assert.NotNull(node.Find(version, null, QualityKinds.NoHeader));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("PK\u0003\u0004 zip", "Excel")]
    [InlineData("a,b\n1,\0\n", "zero byte")]
    public async Task What_is_no_table_is_said_so(string text, string word)
    {
        await using var node = await TableNode.Open();

        var refused = await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(node.File(text)));

        Assert.Contains(word, refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_a_korean_code_page_is_named_by_its_line()
    {
        await using var node = await TableNode.Open();
        var file = node.File("");
        File.WriteAllBytes(file, [.. "a,b\n1,2\n3,"u8, 0xbf, 0xc2, .. "\n"u8]);

        var refused = await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(file));

        Assert.Contains("Line 3", refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("cp949", refused.Problem.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("torgue", "There is no column 'torgue'.")]
    [InlineData("name", "It cannot be the time")]
    public async Task A_time_that_is_none_is_refused(string time, string word)
    {
        await using var node = await TableNode.Open();

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(node.File("torque,name", "1,a", "2,b"), TableNode.Spec() with { Time = time }));

        Assert.Contains(word, refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_has_one_role()
    {
        await using var node = await TableNode.Open();

        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(node.File("a,b", "1,2"), TableNode.Spec() with { Target = "a", Identifiers = ["A"] }));

        Assert.Equal("urn:dure:datasets:bad-spec", refused.Problem.Type);
    }

    [Fact]
    public async Task A_category_of_too_many_names_is_refused()
    {
        await using var node = await TableNode.Open();
        var file = node.File(["code,x", .. Enumerable.Range(0, TableFacts.MaxCategories + 1).Select(i => $"c{i},{i}")]);

        var asText = await node.Import(file);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => node.Import(file, TableNode.Spec() with { Categories = ["code"] }));

        Assert.Equal((TableColumnType.Text, TableRole.Identifier), (asText.Table!.Columns[0].Type, asText.Table.Columns[0].Role));
        Assert.Contains("10,001 categories", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_columns_are_refused()
    {
        await using var node = await TableNode.Open();
        var columns = Enumerable.Range(0, TableFacts.MaxColumns + 1).ToList();

        var refused = await Assert.ThrowsAsync<ProblemException>(() => TableNode.Look(node.File([string.Join(',', columns.Select(i => $"c{i}")), string.Join(',', columns)])));

        Assert.Equal("urn:dure:datasets:table-too-large", refused.Problem.Type);
    }

    [Fact]
    public async Task A_stop_ends_an_import()
    {
        await using var node = await TableNode.Open();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => node.Catalog.Import(TableNode.Spec(), node.File("a,b", "1,2"), "parts.csv", "test", stop.Token));

        Assert.Empty(node.Catalog.Versions);
    }

    /// <summary>Quarters of an hour from 00:15 on, midnight with the date of the day that ends, as the steel plant of UCI 851 writes them.</summary>
    private static IEnumerable<string> QuarterHours(int days) =>
        from day in Enumerable.Range(0, days)
        from quarter in Enumerable.Range(1, 96)
        let time = new DateTime(2018, 1, 30).AddDays(day).AddMinutes(quarter % 96 * 15)
        select time.ToString("dd/MM/yyyy HH:mm", CultureInfo.InvariantCulture);

    private static string Say(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
