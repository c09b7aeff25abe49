using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>
/// A disk that fills up under a running node: senders are told to try again, nothing acknowledged is lost, and when there is room again the node
/// goes on by itself.
/// </summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int RowsPerBatch = 5000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string disk = Directory.CreateTempSubdirectory("dure-disk-").FullName;
    private bool isMounted;

    public async ValueTask InitializeAsync() => isMounted = OperatingSystem.IsLinux() && await Run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk);

    public async ValueTask DisposeAsync()
    {
        if (isMounted)
            await Run("umount", disk);
        Directory.Delete(disk);
    }

    [Fact]
    public async Task A_full_disk_loses_nothing_and_the_node_goes_on_when_there_is_room()
    {
        if (!isMounted)
            Assert.Skip("A small disk could not be mounted here: run as root on Linux.");
        var cancel = TestContext.Current.CancellationToken;
        var folder = Path.Combine(disk, "node");
        Directory.CreateDirectory(folder);
        long next = 0;
        await using (var node = await NodeProcess.Start(folder, cancel))
        {
            await node.Client.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject { ["signals"] = new JsonArray(new JsonObject { ["id"] = "plant/m/x", ["unit"] = "1" }) }), cancel);
            for (; next < 20; next++)
                Assert.Equal(HttpStatusCode.OK, (await Post(node, next, cancel)).Status);

            for (var round = 0; round < 2; round++)
            {
                FillUp();
                var refused = await UntilRefused(node, next, cancel);
                next = refused.Next;
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
                Assert.Contains("mend", refused.Body, StringComparison.Ordinal);
                Assert.Equal(HttpStatusCode.OK, (await node.Client.GetAsync("api/v1/signals/latest?signal=plant/m/x", cancel)).StatusCode);

                File.Delete(Filler);
                var clock = Stopwatch.StartNew();
                while ((await Post(node, next, cancel)).Status != HttpStatusCode.OK)
                {
                    Assert.True(clock.Elapsed < Patience, "the node did not go on by itself");
                    await Task.Delay(100, cancel);
                }
                for (next++; next % 10 != 0; next++)
                    Assert.Equal(HttpStatusCode.OK, (await Post(node, next, cancel)).Status);
            }
            await AssertComplete(node, next, cancel);
            await node.Kill();
        }
        await using var again = await NodeProcess.Start(folder, cancel);
        await AssertComplete(again, next, cancel);
        var verdict = await (await again.Client.PostAsync("api/v1/journal/verify", null, cancel)).Content.ReadFromJsonAsync<JsonObject>(cancel);
        Assert.True(verdict!["ok"]!.GetValue<bool>(), verdict.ToJsonString());
        Assert.Equal(next * RowsPerBatch, await SamplesInLedger(again, cancel));
    }

    private string Filler => Path.Combine(disk, "filler");

    private void FillUp()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        try
        {
            while (true)
                filler.Write(block);
        }
        catch (IOException)
        {
            // Full, which was wanted.
        }
    }

    private static async Task<(HttpStatusCode Status, string Body, long Next)> UntilRefused(NodeProcess node, long next, CancellationToken cancel)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            var answer = await Post(node, next, cancel);
            if (answer.Status != HttpStatusCode.OK)
                return (answer.Status, answer.Body, next);
            next++;
        }
        throw new InvalidOperationException("The disk did not become full.");
    }

    private static async Task<(HttpStatusCode Status, string Body)> Post(NodeProcess node, long batch, CancellationToken cancel)
    {
        var rows = Enumerable.Range(0, RowsPerBatch).Select(row => batch * RowsPerBatch + row).ToArray();
        using var response = await node.Client.PostAsync("api/v1/ingest", JsonContent.Create(new JsonObject
        {
            ["signals"] = new JsonArray(new JsonObject
            {
                ["signal"] = "plant/m/x",
                ["times"] = new JsonArray([.. rows.Select(row => JsonValue.Create(TimeOf(row)))]),
                ["values"] = new JsonArray([.. rows.Select(row => JsonValue.Create(ValueOf(row)))]),
            }),
        }), cancel);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancel));
    }

    private static async Task AssertComplete(NodeProcess node, long batches, CancellationToken cancel)
    {
        var lines = (await node.Client.GetStringAsync("api/v1/signals/export?signal=plant/m/x", cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(batches * RowsPerBatch, lines.Length - 1);
        for (var row = 0; row < lines.Length - 1; row++)
            Assert.StartsWith($"{TimeOf(row)},", lines[row + 1], StringComparison.Ordinal);
    }

    private static async Task<long> SamplesInLedger(NodeProcess node, CancellationToken cancel)
    {
        var (total, from) = (0L, 0L);
        while (true)
        {
            var page = await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/journal?from={from}&count=500", cancel);
            var entries = page!["entries"]!.AsArray();
            if (entries.Count == 0)
                return total;
            foreach (var entry in entries)
            {
                if (entry!["kind"]!.GetValue<string>() == "ingested")
                    total += entry["body"]!["accepted"]!.GetValue<long>();
            }
            from = entries[^1]!["index"]!.GetValue<long>() + 1;
        }
    }

    private static long TimeOf(long row) => 1_750_000_000_000_000 + row * 1_000_000;

    private static double ValueOf(long row) => Math.Sin(row * 0.37);

    private static async Task<bool> Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
