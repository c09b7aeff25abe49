using Dure.Datasets;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class CsvImportTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_table_with_semicolons_is_recognised()
    {
        File.WriteAllLines(file, ["datetime;Pressure;Flow Rate", .. Enumerable.Range(0, 50).Select(i => $"2026-03-01 00:00:{i:00};{i}.5;{30 + i}")]);

        var preview = CsvImport.Preview(file, rows: 2, Cancel);

        Assert.Equal((";", true, 50L), (preview.Delimiter, preview.HasHeader, preview.GoodRows));
        Assert.Equal([new CsvColumn("datetime", "TIMESTAMP"), new CsvColumn("Pressure", "DOUBLE"), new CsvColumn("Flow Rate", "BIGINT")], preview.Columns);
        Assert.Equal(["2026-03-01 00:00:01", "1.5", "31"], preview.Rows[1]);
        Assert.Empty(preview.Broken);
    }

    [Fact]
    public void A_broken_line_is_named_by_its_number_and_the_rest_is_read()
    {
        var lines = Enumerable.Range(0, 50).Select(i => $"2026-03-01 00:00:{i:00},{i}.5,1").ToArray();
        lines[20] = "2026-03-01 00:00:20,twenty,1";
        lines[30] = "2026-03-01 00:00:30,30.5,1,surplus";
        File.WriteAllLines(file, ["time,Pressure,on", .. lines]);

        var preview = CsvImport.Preview(file, cancel: Cancel);
        var blocks = CsvImport.Read(file, "time", ["Pressure"], Cancel).ToList();

        Assert.Equal([22L, 32L], preview.Broken.Select(line => line.Line));
        Assert.Equal("Pressure", preview.Broken[0].Column);
        Assert.Contains("twenty", preview.Broken[0].Text, StringComparison.Ordinal);
        Assert.Equal(48, preview.GoodRows);
        Assert.Equal(48, blocks.Sum(block => block.TimesMicros.Length));
        Assert.Equal(Micros.Of(DatasetNode.Start), blocks[0].TimesMicros[0]);
        Assert.Equal(0.5, blocks[0].Values[0][0]);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_so()
    {
        var refused = Assert.Throws<ProblemException>(() => CsvImport.Preview(file + ".missing", cancel: Cancel));
        Assert.Equal("urn:dure:datasets:no-file", refused.Problem.Type);
    }

    public void Dispose() => File.Delete(file);
}
