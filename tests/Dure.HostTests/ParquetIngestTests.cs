using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Native;
using Xunit;

namespace Dure.HostTests;

/// <summary><c>dure ingest</c> with a Parquet file, against a node named by its address.</summary>
public sealed class ParquetIngestTests : IDisposable
{
    private const int Rows = 20_000;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-ingest-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_Parquet_file_goes_in_by_command_and_one_that_is_none_is_refused_by_name()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, cancel);
        var file = Path.Combine(folder, "pump.parquet");
        using (var db = DuckDb.Open(null, new DuckDbLimits()))
            db.Execute($"COPY (SELECT 1750000000000000 + i * 1000000 AS time, i * 0.5 AS \"Pressure [bar]\" FROM range({Rows}) t(i)) TO {DuckDb.Quoted(file)} (FORMAT parquet)");

        var (code, output) = await Ingest(node, file, cancel);
        Assert.True(code == 0, output);
        Assert.Contains($"{Rows} accepted", output, StringComparison.Ordinal);
        var samples = (await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal=plant/pump1/Pressure&from=0&limit={2 * Rows}", cancel))!;
        Assert.Equal(("bar", Rows), (samples["unit"]!.GetValue<string>(), samples["samples"]!.AsArray().Count));
        Assert.Equal(Rows * 0.5 - 0.5, samples["samples"]![Rows - 1]![1]!.GetValue<double>());

        var broken = Path.Combine(folder, "broken.parquet");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(file, cancel))[..1000], cancel);
        (code, output) = await Ingest(node, broken, cancel);
        Assert.Equal(1, code);
        Assert.Contains("cannot be read as Parquet", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(node.Folder, "incoming")));
    }

    private static async Task<(int Code, string Output)> Ingest(NodeProcess node, string file, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "ingest", file, "--asset", "plant/pump1", "--register", "--node", node.Address.ToString(), "--token-file", Path.Combine(node.Folder, "administrator.token")])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output + await errors);
    }
}
