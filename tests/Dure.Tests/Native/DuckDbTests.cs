using Dure.Kernel;
using Dure.Native;
using Xunit;

namespace Dure.Tests.Native;

public sealed class DuckDbTests
{
    private static DuckDb Open() => DuckDb.Open(null, new DuckDbLimits());

    [Fact]
    public void Rows_appended_in_bulk_come_back_with_their_nulls()
    {
        using var db = Open();
        db.Execute("CREATE TABLE t(l BIGINT, d DOUBLE, b BOOLEAN, q UTINYINT, s VARCHAR, c VARCHAR, stamp TIMESTAMP)");
        const int Rows = 5000;
        var longs = Enumerable.Range(0, Rows).Select(i => (long)i).ToArray();
        using (var appender = db.Append("t", DuckDbType.BigInt, DuckDbType.Double, DuckDbType.Boolean, DuckDbType.UTinyInt, DuckDbType.Varchar, DuckDbType.Varchar, DuckDbType.Timestamp))
        {
            appender.Write(Rows, DuckDbColumn.Of(longs, Array.ConvertAll(longs, l => l % 3 != 0)), DuckDbColumn.Of(Array.ConvertAll(longs, l => l % 5 == 0 ? double.NaN : l / 7.0)),
                DuckDbColumn.Of(Array.ConvertAll(longs, l => l % 2 == 0)), DuckDbColumn.Of(Array.ConvertAll(longs, l => (byte)l)),
                DuckDbColumn.Of(Array.ConvertAll(longs, l => l % 4 == 0 ? null : new string('두', (int)(l % 400)))), DuckDbColumn.Same("same"), DuckDbColumn.Timestamps(longs));
            appender.Complete();
        }

        using var result = db.Query("SELECT * FROM t");
        var row = 0;
        while (result.Read(out var chunk))
            using (chunk)
                for (var i = 0; i < chunk.Rows; i++, row++)
                {
                    Assert.Equal(row % 3 == 0 ? null : (object)(long)row, chunk.Value(0, i));
                    Assert.Equal(row % 5 == 0 ? null : (object)(row / 7.0), chunk.Value(1, i));
                    Assert.Equal(row % 2 == 0, chunk.Value(2, i));
                    Assert.Equal((long)(byte)row, chunk.Value(3, i));
                    Assert.Equal(row % 4 == 0 ? null : new string('두', row % 400), chunk.Text(4, i));
                    Assert.Equal("same", chunk.Text(5, i));
                    Assert.Equal(row, chunk.Longs(6)[i]);
                }
        Assert.Equal(Rows, row);
    }

    [Fact]
    public void Parameters_of_every_kind_are_bound()
    {
        using var db = Open();
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        using var result = db.Query("SELECT ?, ?, ?, ?, ?, ?, ?", 1, 2L, 3.5, true, "x'); --", at, null);
        Assert.True(result.Read(out var chunk));
        using (chunk)
            Assert.Equal([1L, 2L, 3.5, true, "x'); --", at, null], Enumerable.Range(0, 7).Select(column => chunk.Value(column, 0)));
    }

    [Fact]
    public void Numbers_of_every_width_are_read()
    {
        using var db = Open();
        using var result = db.Query("SELECT -1::TINYINT, -2::SMALLINT, 3::UINTEGER, 4::HUGEINT, 170141183460469231731687303715884105727::HUGEINT, -12.34::DECIMAL(9,2), 1.5::FLOAT, DATE '2026-03-01', 18446744073709551615::UBIGINT");
        Assert.True(result.Read(out var chunk));
        using (chunk)
            Assert.Equal([-1L, -2L, 3L, 4L, Int128.MaxValue, -12.34m, 1.5, new DateOnly(2026, 3, 1), (Int128)ulong.MaxValue], Enumerable.Range(0, 9).Select(column => chunk.Value(column, 0)));
    }

    [Fact]
    public void A_wrong_statement_is_answered_in_DuckDBs_words()
    {
        using var db = Open();
        var refused = Assert.Throws<ProblemException>(() => db.Execute("SELEC 1"));
        Assert.Contains("syntax error", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_wrong_number_of_parameters_is_refused()
    {
        using var db = Open();
        Assert.Equal("urn:dure:native:duckdb-parameters", Assert.Throws<ProblemException>(() => db.Execute("SELECT ?")).Problem.Type);
    }

    [Fact]
    public void A_type_without_a_form_of_ours_is_told_to_be_cast()
    {
        using var db = Open();
        using var result = db.Query("SELECT [1, 2] AS list");
        Assert.True(result.Read(out var chunk));
        using (chunk)
            Assert.Contains("list", Assert.Throws<ProblemException>(() => chunk.Value(0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_database_takes_no_writes()
    {
        var folder = Directory.CreateTempSubdirectory("dure-test-");
        var path = Path.Combine(folder.FullName, "x.duckdb");
        using (var db = DuckDb.Open(path, new DuckDbLimits()))
            db.Execute("CREATE TABLE t AS SELECT 1 AS a");
        using (var db = DuckDb.Open(path, new DuckDbLimits { ReadOnly = true }))
            Assert.Throws<ProblemException>(() => db.Execute("INSERT INTO t VALUES (2)"));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void An_absent_library_is_an_answer_that_says_where_it_was_looked_for_and_how_to_get_it()
    {
        var (handle, whyNot) = DuckDbLibrary.Load(DuckDbLibrary.Find("/nowhere", "/neither"));
        Assert.Equal(0, handle);
        Assert.Contains("/nowhere", whyNot, StringComparison.Ordinal);
        Assert.Contains("/neither/native", whyNot, StringComparison.Ordinal);
        Assert.Contains("npm", whyNot, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_library_is_an_answer_too()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "not a library");
        var (handle, whyNot) = DuckDbLibrary.Load((path, [path]));
        File.Delete(path);
        Assert.Equal(0, handle);
        Assert.Contains("does not load", whyNot, StringComparison.Ordinal);
    }
}
