using System.Text;
using Dure.Historian;
using Dure.Historian.Files;
using Dure.Historian.Http;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian;

public sealed class ParserTests
{
    private const string GoodJson = """{"source":"gw","signals":[{"signal":"a/b","unit":"bar","samples":[[1000,1.5],["1970-01-01T00:00:00.002Z",2,"uncertain"],[3000,null]]},{"signal":"a/c","times":[1,2],"values":[3,4]}]}""";
    private const string GoodLines = "pump,asset=a/b Pressure=1.5,Flow=2i 1000\n# comment\nweather,city=New\\ York,zone=2 temp=t 2000\n";

    [Fact]
    public void Both_forms_of_JSON_are_read_with_times_qualities_and_missing_values()
    {
        var batch = JsonBatchParser.Parse(Encoding.UTF8.GetBytes(GoodJson), "sender");
        Assert.Equal("gw", batch.Source);
        Assert.Equal([1000L, 2000L, 3000L], batch.Blocks[0].TimesMicros.ToArray());
        Assert.Equal([Quality.Good, Quality.Uncertain, Quality.Bad], batch.Blocks[0].Qualities.ToArray());
        Assert.Equal([3.0, 4.0], batch.Blocks[1].Values.ToArray());
    }

    [Theory]
    [InlineData("""{"signals":[{"signal":"a/b","times":[1,2],"values":[3]}]}""", "2 times, 1 values")]
    [InlineData("""{"signals":[{"samples":[[1,2]]}]}""", "no 'signal'")]
    [InlineData("""{"signals":[{"signal":"a/b","samples":[[1,2,"excellent"]]}]}""", "quality")]
    [InlineData("""{"signals":[{"signal":"a/b","samples":[[1,"high"]]}]}""", "value")]
    [InlineData("""{"signals":[{"signal":"a/b","samples":[[1,2""", "not valid JSON")]
    [InlineData("""{"signals":[]} {}""", "JSON")]
    [InlineData("[]", "StartArray")]
    public void A_malformed_batch_is_refused_with_the_byte_and_what_is_wrong(string json, string named)
    {
        var refused = Assert.Throws<ProblemException>(() => JsonBatchParser.Parse(Encoding.UTF8.GetBytes(json), "sender"));
        Assert.Contains(named, refused.Problem.What, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("byte", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_protocol_is_read_with_escapes_kinds_and_precision()
    {
        var batch = LineProtocolParser.Parse(Encoding.UTF8.GetBytes(GoodLines), "sender", LinePrecision.Milliseconds, DateTimeOffset.UnixEpoch);
        Assert.Equal(["a/b/Pressure", "a/b/Flow", "weather/New York/2/temp"], batch.Blocks.Select(block => block.Signal));
        Assert.Equal([1.5, 2.0, 1.0], batch.Blocks.Select(block => block.Values[0]));
        Assert.Equal(1_000_000, batch.Blocks[0].TimesMicros[0]);
        Assert.Equal(0, batch.RejectedCount);
    }

    [Theory]
    [InlineData("pump", "no space")]
    [InlineData("pump value=\"text\" 1", "text cannot be stored")]
    [InlineData("pump value=1 soon", "whole number")]
    [InlineData("pump value 1", "field=value")]
    [InlineData("pump value= 1", "field=value")]
    [InlineData("pump value=NaN 1", "number")]
    [InlineData("pump,tag value=1 1", "malformed")]
    public void A_bad_line_is_named_by_its_number_and_the_good_ones_are_kept(string line, string named)
    {
        var batch = LineProtocolParser.Parse(Encoding.UTF8.GetBytes($"ok a=1 1\n{line}\nok a=2 2\n"), "sender", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch);
        var rejection = Assert.Single(batch.Rejections);
        Assert.Equal("line 2", rejection.Where);
        Assert.Contains(named, rejection.What, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(batch.Blocks).Count);
    }

    [Fact]
    public void Lines_that_repeat_are_read_as_if_each_were_the_first()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var lines = Enumerable.Range(0, 60).Select(_ => RandomLine(random)).ToArray();
            var whole = Parsed(string.Join('\n', lines));
            var alone = lines.SelectMany(Parsed);
            Assert.Equal(alone.Order(StringComparer.Ordinal), whole.Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Few measurements, tags and fields, so that lines resemble each other; some are broken.</summary>
    private static string RandomLine(Random random)
    {
        string Of(params string[] choices) => choices[random.Next(choices.Length)];
        var fields = string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{Of("a", "b", "c d".Replace(" ", "\\ ", StringComparison.Ordinal))}={Of("1", "2.5", "-3e2", "7i", "t", "false", "\"x y\"", "", "NaN", "1.5.")}"));
        return $"{Of("m", "pump")}{Of("", ",t=1", ",t=2", ",asset=x/y")}{Of(" ", "  ")}{fields}{Of(" 1000", " 2000", " 1000000", "", " x", " 1 ")}{Of("", "\r")}";
    }

    private static IEnumerable<string> Parsed(string lines) =>
        from block in LineProtocolParser.Parse(Encoding.UTF8.GetBytes(lines), "sender", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch).Blocks
        from i in Enumerable.Range(0, block.Count)
        select $"{block.Signal}@{block.TimesMicros[i]}={block.Values[i]}";

    [Fact]
    public void A_text_may_go_over_lines_and_nothing_in_it_is_a_sample()
    {
        var batch = LineProtocolParser.Parse("ok a=1 1\nm x=1,msg=\"first\nother,asset=p/q v=99 7\nthird \\\" \",y=2 5\nok a=2 2\nok b= 3"u8, "sender", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch);
        Assert.Equal(["ok/a", "m/x", "m/y"], batch.Blocks.Select(block => block.Signal));
        Assert.Equal([5, 5], batch.Blocks.Skip(1).Select(block => block.TimesMicros[0]));
        Assert.Equal(["line 2", "line 6"], batch.Rejections.Select(rejection => rejection.Where));
    }

    [Fact]
    public void A_text_without_its_closing_quote_costs_its_line_alone()
    {
        var batch = LineProtocolParser.Parse("m x=1,msg=\"open 5\nok a=1 1\nok a=2 2\n"u8, "sender", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch);
        var rejection = Assert.Single(batch.Rejections);
        Assert.Equal("line 1", rejection.Where);
        Assert.Contains("closing quote", rejection.What, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(batch.Blocks).Count);
    }

    [Fact]
    public void More_tags_than_a_path_has_parts_share_the_last_one_and_a_long_path_ends_in_a_hash()
    {
        var tags = string.Concat(Enumerable.Range(1, 12).Select(i => $",tag{i}=v{i}"));
        var longTag = new string('x', 300);
        var batch = LineProtocolParser.Parse(Encoding.UTF8.GetBytes($"docker{tags} cpu=1 1\nm,t={longTag}1 a=1 1\nm,t={longTag}2 a=1 1"), "sender", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch);
        Assert.Equal("docker/v1/v2/v3/v4/v5/v6/v7/v8/v9.v10.v11.v12.cpu", batch.Blocks[0].Signal);
        Assert.Equal(3, batch.Blocks.Select(block => block.Signal).Distinct().Count());
        Assert.All(batch.Blocks, block => Assert.True(SignalId.TryParse(block.Signal, out _, out _)));
    }

    [Fact]
    public void A_line_without_a_time_gets_the_time_of_its_arrival()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var batch = LineProtocolParser.Parse("ok a=1"u8, "sender", LinePrecision.Nanoseconds, now);
        Assert.Equal(Micros.Of(now), batch.Blocks[0].TimesMicros[0]);
    }

    [Fact]
    public void Random_and_mutated_bytes_never_end_in_anything_but_a_named_refusal() =>
        Prop.ForAll<byte[], int>((noise, seed) =>
        {
            foreach (var good in new[] { GoodJson, GoodLines })
            {
                var mutated = Encoding.UTF8.GetBytes(good);
                var random = new Random(seed);
                for (var i = 0; i < 3; i++)
                    mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
                OnlyNamedRefusals(mutated);
            }
            OnlyNamedRefusals(noise);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("json")]
    [InlineData("lines")]
    [InlineData("csv")]
    public async Task A_million_mutated_bodies_never_end_in_anything_but_a_named_refusal(string kind)
    {
        var random = new Random(20261121);
        var good = Encoding.UTF8.GetBytes(kind switch { "json" => GoodJson, "lines" => GoodLines, _ => "time,Pressure [bar],\"Flow, left\"\n2020-03-09T10:14:33Z,1.5,\"2\"\n1583748874000000,-3e2,\n" });
        for (var i = 0; i < 1_000_000; i++)
        {
            var bytes = i % 10 == 0 ? new byte[random.Next(64)] : [.. good];
            if (i % 10 == 0)
                random.NextBytes(bytes);
            for (var change = random.Next(5); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? "\"\\=, \n;\t"u8[random.Next(8)] : random.Next(256));
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length + 1)];
            if (kind == "csv")
                await OnlyNamedRefusalsOfATable(bytes);
            else
                OnlyNamedRefusals(bytes);
        }
    }

    private static async Task OnlyNamedRefusalsOfATable(byte[] bytes)
    {
        try
        {
            await foreach (var batch in CsvSamples.Read(new MemoryStream(bytes), AssetId.Parse("plant/pump1"), "sender", _ => Task.CompletedTask, CancellationToken.None))
                Assert.All(batch.Rejections, rejection => Assert.NotEmpty(rejection.Mend));
        }
        catch (ProblemException refused)
        {
            Assert.NotEmpty(refused.Problem.Mend);
        }
    }

    private static void OnlyNamedRefusals(byte[] bytes)
    {
        try
        {
            JsonBatchParser.Parse(bytes, "sender");
        }
        catch (ProblemException refused)
        {
            Assert.NotEmpty(refused.Problem.Mend);
        }
        LineProtocolParser.Parse(bytes, "sender", LinePrecision.Nanoseconds, DateTimeOffset.UnixEpoch);
    }

    [Theory]
    [InlineData("time,Pressure [bar],Current\n1000,1.5,2\n", ',')]
    [InlineData("datetime;Pressure [bar];Current\r\n1970-01-01 00:00:00.001;1.5;2\r\n", ';')]
    [InlineData("timestamp\tPressure [bar]\tCurrent\n1970-01-01T00:00:00.001Z\t1.5\t2", '\t')]
    public async Task A_table_is_read_whatever_parts_its_columns(string text, char separator)
    {
        var (columns, batches) = await Csv(text);
        Assert.Equal([("plant/pump1/Pressure", "bar"), ("plant/pump1/Current", null)], columns.Select(column => (column.Id.Path, column.Unit)));
        Assert.Equal(1000, batches[0].Blocks[0].TimesMicros[0]);
        Assert.Equal([1.5, 2.0], batches[0].Blocks.Select(block => block.Values[0]));
        Assert.Contains(separator, text);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("Pressure,Current\n1,2\n", "not a time")]
    [InlineData("time\n1\n", "one column")]
    [InlineData("time,a,a\n", "twice")]
    [InlineData("time,a/b\n", "'/'")]
    public async Task A_header_that_cannot_be_used_is_refused_by_name(string text, string named)
    {
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Csv(text));
        Assert.Contains(named, refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("line 1", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_cell_is_no_sample_and_a_line_without_end_is_bounded()
    {
        var (_, batches) = await Csv("time,a,b\n1000,,2\n");
        Assert.Equal([0, 1], batches[0].Blocks.Select(block => block.Count));
        var (_, bounded) = await Csv("time,a\n" + new string('1', 1_000_000) + "\n2000,3\n");
        Assert.Equal([2000], bounded[0].Blocks[0].TimesMicros.ToArray());
        Assert.Equal("line 2", Assert.Single(bounded[0].Rejections).Where);
        await Assert.ThrowsAsync<ProblemException>(() => Csv(new string('1', 1_000_000)));
    }

    [Theory]
    [InlineData("2020-03-09T10:14:33Z", 1583748873000000)]
    [InlineData("2020-03-09 10:14:33", 1583748873000000)]
    [InlineData("2020/03/09 10:14:33.5", 1583748873500000)]
    [InlineData("2020-03-09T10:14:33.123456789Z", 1583748873123456)]
    [InlineData("2020-03-09T19:14:33+09:00", 1583748873000000)]
    [InlineData("2020-03-09 09:14:33.000001-01", 1583748873000001)]
    [InlineData("2020-03-09T10:14", 1583748840000000)]
    [InlineData("2020-03-09", 1583712000000000)]
    [InlineData(" 1583748873000000 ", 1583748873000000)]
    public async Task A_time_of_a_table_is_read_as_it_is_written(string text, long micros)
    {
        var (_, batches) = await Csv($"time,a\n{text},1\n");
        Assert.Equal([micros], batches[0].Blocks[0].TimesMicros.ToArray());
    }

    [Theory]
    [InlineData("03/04/2026 10:00")]
    [InlineData("13/04/2026 10:00")]
    [InlineData("10:14:33")]
    [InlineData("2020-3-9 10:14")]
    [InlineData("2020-03-09 10:14:33 PM")]
    [InlineData("2020-02-30")]
    [InlineData("2020-03-09T10:14:33.12345678x")]
    [InlineData("2020-03-09T10:14:33+")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("1583748874000000000")]
    [InlineData("99999999999999999999999")]
    public async Task A_time_that_may_mean_several_is_refused_by_line(string text)
    {
        var (_, batches) = await Csv($"time,a\n{text},1\n2020-03-09 10:14:33,2\n");
        Assert.Equal([2.0], batches[0].Blocks[0].Values.ToArray());
        var refusal = Assert.Single(batches[0].Rejections);
        Assert.Equal("line 2", refusal.Where);
        Assert.Contains("whole microseconds", refusal.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quoted_cells_and_decimal_commas_are_read()
    {
        var (columns, batches) = await Csv("\"time\";\"Oil warm [bar]\";b\n1000;\"1,5\";-2,25\n\"2000\"; \"1.5\" ;3e2\n3000;\"1\n4000;1,2,3;1.234,5\n5000;\"1;5\";7\n");
        Assert.Equal(["Oil warm", "b"], columns.Select(column => column.Id.Name));
        Assert.Equal([1.5, 1.5], batches[0].Blocks[0].Values.ToArray());
        Assert.Equal([-2.25, 300, 7], batches[0].Blocks[1].Values.ToArray());
        Assert.Equal(["line 4", "line 5", "line 5", "line 6"], batches[0].Rejections.Select(refusal => refusal.Where));
        Assert.Equal(5, batches[0].RejectedCount);

        (_, batches) = await Csv("time,a,b\n\"2020-03-09 10:14:33\",\"1,5\",\"2\"\n");
        Assert.Equal([0, 1], batches[0].Blocks.Select(block => block.Count));
    }

    [Theory]
    [InlineData("2020-03-09T10:14:33")]
    [InlineData("2020-03-09T10:14:33Z")]
    [InlineData("2020-03-09T19:14:33+09:00")]
    public void A_time_in_JSON_without_an_offset_is_UTC_wherever_the_node_is(string text)
    {
        // The zone of the computer must not matter; run it with TZ=Asia/Seoul to see that it does not.
        var batch = JsonBatchParser.Parse(Encoding.UTF8.GetBytes($$"""{"signals":[{"signal":"a/b","samples":[["{{text}}",1]]}]}"""), "sender");
        Assert.Equal([1_583_748_873_000_000], batch.Blocks[0].TimesMicros.ToArray());
    }

    private static async Task<(IReadOnlyList<(SignalId Id, string? Unit)> Columns, List<SampleBatch> Batches)> Csv(string text)
    {
        IReadOnlyList<(SignalId, string?)> columns = [];
        var batches = new List<SampleBatch>();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await foreach (var batch in CsvSamples.Read(stream, AssetId.Parse("plant/pump1"), "sender", told => { columns = told; return Task.CompletedTask; }, TestContext.Current.CancellationToken))
            batches.Add(batch);
        return (columns, batches);
    }
}
