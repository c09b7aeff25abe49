using Dure.Datasets;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class SqlConsoleTests
{
    private static async Task<(DatasetNode Node, SqlConsole Console)> Open()
    {
        var node = await DatasetNode.Open();
        await node.Cut(await node.TwoPumps());
        return (node, new SqlConsole(node.Catalog, node, TimeProvider.System));
    }

    private static Task<SqlAnswer> Ask(SqlConsole console, string sql, SqlLimits? limits = null) => console.Ask(sql, limits ?? new SqlLimits(), CancellationToken.None);

    [Fact]
    public async Task A_dataset_version_answers_as_a_view()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var answer = await Ask(console, "SELECT asset, count(*) AS n, sum(label::INT) AS faults, min(time) AS first FROM dataset_pumps GROUP BY asset ORDER BY asset");
        Assert.Equal(["asset", "n", "faults", "first"], answer.Columns.Select(column => column.Name));
        Assert.Equal(["plant/pump1", 100L, 20L, DatasetNode.Start], answer.Rows[0]);
        Assert.Equal(2, answer.Rows.Count);
        Assert.False(answer.IsCut);
    }

    [Fact]
    public async Task A_series_answers_by_its_path()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var answer = await Ask(console, "SELECT count(*), round(avg(value), 1) FROM series('plant/pump2/Flow Rate') WHERE time >= TIMESTAMP '2026-03-01 00:00:50'");
        Assert.Equal(50L, answer.Rows[0][0]);
        Assert.Equal(30.0, (double)answer.Rows[0][1]!, 0.5);
    }

    [Fact]
    public async Task A_series_is_read_within_the_range_that_is_asked_for()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var answer = await Ask(console, "SELECT count(*), min(time) FROM series('plant/pump2/Flow Rate', since := TIMESTAMP '2026-03-01 00:00:50', until := TIMESTAMP '2026-03-01 00:01:00')");
        Assert.Equal(10L, answer.Rows[0][0]);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Ask(console, "SELECT * FROM series('plant/pump2/Flow Rate', since := TIMESTAMP '2026-03-02', until := TIMESTAMP '2026-03-01')"));
        Assert.Equal("urn:dure:datasets:bad-range", refused.Problem.Type);
    }

    [Fact]
    public async Task Two_series_join_as_of_each_other()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var answer = await Ask(console, "SELECT count(*) FROM series('plant/pump2/Flow Rate') a ASOF JOIN series('plant/pump1/Flow Rate') b ON a.time >= b.time");
        Assert.Equal(100L, answer.Rows[0][0]);
    }

    [Fact]
    public async Task An_unknown_series_is_named()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Ask(console, "SELECT * FROM series('plant/pump9/Flow')"));
        Assert.Contains("plant/pump9/Flow", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT strptime('2026', '%Y')")]
    [InlineData("SELECT \"TRY_StrpTime\"('2026', '%Y')")]
    [InlineData("FROM query('SELECT str' || 'ptime(''x'', ''%Y'')')")]
    [InlineData("FROM query /* here */ ('SELECT 1')")]
    [InlineData("SELECT * FROM json_execute_serialized_sql('{}')")]
    public async Task A_function_that_could_take_the_process_with_it_is_refused(string sql)
    {
        var (node, console) = await Open();
        await using var _ = node;
        Assert.Equal("urn:dure:datasets:sql-unsafe-function", (await Assert.ThrowsAsync<ProblemException>(() => Ask(console, sql))).Problem.Type);
        Assert.Equal(1L, (await Ask(console, "SELECT count(*) AS query FROM dataset_pumps WHERE asset = 'plant/pump1' HAVING count(*) > 1")).Rows.Count);
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_blob('/proc/self/environ')")]
    [InlineData("SELECT * FROM sniff_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM glob('/etc/*')")]
    [InlineData("SELECT * FROM read_parquet('https://127.0.0.1/x.parquet')")]
    [InlineData("COPY (SELECT 1) TO '/tmp/dure-sql-escape.csv'")]
    [InlineData("COPY dataset_pumps TO '/tmp/dure-sql-escape.parquet'")]
    [InlineData("ATTACH '/tmp/dure-sql-escape.db'")]
    [InlineData("EXPORT DATABASE '/tmp/dure-sql-escape'")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD parquet")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("PRAGMA enable_profiling")]
    [InlineData("CREATE TABLE t AS SELECT 1")]
    [InlineData("DROP VIEW dataset_pumps")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT 1; COPY (SELECT 1) TO '/tmp/dure-sql-escape.csv'")]
    [InlineData("")]
    [InlineData("SELECT no_such_column FROM dataset_pumps")]
    public async Task A_question_cannot_leave_the_sandbox(string sql)
    {
        var (node, console) = await Open();
        await using var _ = node;
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Ask(console, sql));
        Assert.StartsWith("urn:dure:", refused.Problem.Type, StringComparison.Ordinal);
        Assert.False(Path.Exists("/tmp/dure-sql-escape.csv") || Path.Exists("/tmp/dure-sql-escape.parquet") || Path.Exists("/tmp/dure-sql-escape.db"));
    }

    [Fact]
    public async Task Other_blobs_than_the_version_named_cannot_be_read()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var manifest = node.Blobs.PathOf(node.Catalog.Versions[0].Id);
        await Assert.ThrowsAsync<ProblemException>(() => Ask(console, $"SELECT * FROM read_text('{manifest}'), dataset_pumps"));
    }

    [Fact]
    public async Task An_endless_statement_is_stopped_at_its_time()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var refused = await Assert.ThrowsAsync<ProblemException>(() =>
            Ask(console, "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range + b.range) = 42", new SqlLimits { Time = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal("urn:dure:datasets:sql-too-long-running", refused.Problem.Type);
    }

    [Fact]
    public async Task An_answer_ends_at_the_limit_of_rows_or_text_and_says_so()
    {
        var (node, console) = await Open();
        await using var _ = node;
        var rows = await Ask(console, "SELECT range FROM range(1000000000)", new SqlLimits { Rows = 3000 });
        var text = await Ask(console, "SELECT repeat('x', 1000) FROM range(100000)", new SqlLimits { TextBytes = 10_500 });
        Assert.Equal((3000, true), (rows.Rows.Count, rows.IsCut));
        Assert.Equal((10, true), (text.Rows.Count, text.IsCut));
    }

    [Fact]
    public async Task A_statement_that_needs_too_much_memory_is_refused_and_the_console_goes_on()
    {
        var (node, console) = await Open();
        await using var _ = node;
        await Assert.ThrowsAsync<ProblemException>(() => Ask(console, "SELECT range, repeat('x', 100) || range AS t FROM range(5000000) ORDER BY t", new SqlLimits { MemoryBytes = 32 << 20 }));
        Assert.Equal(1L, (await Ask(console, "SELECT 1")).Rows[0][0]);
    }
}
