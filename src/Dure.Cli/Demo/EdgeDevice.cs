using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Datasets.Public;
using Dure.Kernel;

namespace Dure.Cli.Demo;

/// <summary>The device beside the machine: enrolled at the node, then run as a process of its own that reads the sensors' rows from a pipe.</summary>
internal sealed class EdgeDevice(NodeClient node, DemoRecordings recordings, string folder, string name)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private string package = "";
    private string key = "";
    private string tokenFile = "";

    public string Id { get; private set; } = "";

    /// <summary>The device process's own peak memory, in bytes.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Makes the device known, gives it its token and the package.</summary>
    public async Task Enrol(string packageHash, CancellationToken cancel)
    {
        var enrolled = await node.Post("api/v1/devices", new JsonObject { ["name"] = name }, cancel);
        Id = enrolled.Text("id");
        var home = Directory.CreateDirectory(Path.Combine(folder, "device")).FullName;
        (package, key, tokenFile) = (Path.Combine(home, "model.durepkg"), Path.Combine(home, "node-key.jwk"), Path.Combine(home, "token"));
        await SecretFile.Write(tokenFile, enrolled.Text("token"), cancel);
        await node.Post($"api/v1/devices/{Id}/deployments", new JsonObject { ["package"] = packageHash }, cancel);
        await node.Download($"api/v1/packages/{packageHash}", package, cancel);
        await File.WriteAllTextAsync(key, (await node.Get("api/v1/journal/key", cancel)).ToJsonString(), cancel);
    }

    /// <summary>Starts <c>dure-edge</c>, feeds it every held-out row in time order per machine, and waits until it has reported all.</summary>
    public async Task Run(Action<double, string>? progress, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(Executable()) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["run", "--package", package, "--key", key, "--node", node.Address.ToString(), "--device", Id, "--token-file", tokenFile,
            "--buffer", Path.Combine(folder, "device", "buffer"), "--input", "-"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dure-edge did not start");
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        try
        {
            await Feed(process.StandardInput, () => PeakOf(process), progress, cancel);
            await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        }
        catch (IOException)
        {
            // The device ended before it had read everything; its own words below say why.
            await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
        if (process.ExitCode != 0)
            throw new ProblemException("urn:dure:demo:device-failed", $"dure-edge ended with code {process.ExitCode}: {(await errors).Trim()}", "device process", $"Run it by hand: {start.FileName} {string.Join(' ', start.ArgumentList)}");
        await output;
    }

    private async Task Feed(StreamWriter input, Func<long> peak, Action<double, string>? progress, CancellationToken cancel)
    {
        await using (input)
        {
            var (done, total) = (0, recordings.Labelled.Count());
            foreach (var recording in recordings.Labelled)
            {
                for (var row = Skab.CommissioningRows; row < recording.Rows; row++)
                    await input.WriteLineAsync(RowOf(recording, row).AsMemory(), cancel);
                await input.FlushAsync(cancel);
                PeakBytes = Math.Max(PeakBytes, peak());
                progress?.Invoke((double)++done / total, $"dure-edge scores {recording.Asset}");
            }
        }
    }

    private static string RowOf(Recording recording, int row) => new JsonObject
    {
        ["asset"] = recording.Asset.Path,
        ["time"] = recording.TimesMicros[row],
        ["values"] = new JsonArray([.. recording.Columns.Select(column => JsonValue.Create(column[row]))]),
    }.ToJsonString();

    private static long PeakOf(Process process)
    {
        process.Refresh();
        return process.HasExited ? 0 : process.PeakWorkingSet64;
    }

    private static string Executable()
    {
        var named = Environment.GetEnvironmentVariable("DURE_EDGE");
        var file = named is { Length: > 0 } ? named : Path.Combine(AppContext.BaseDirectory, "dure-edge");
        return File.Exists(file) ? file
            : throw new ProblemException("urn:dure:demo:no-device-runtime", "The device runtime is not built.", file, "Run through the ./dure script, or set DURE_EDGE to the dure-edge program.");
    }
}
