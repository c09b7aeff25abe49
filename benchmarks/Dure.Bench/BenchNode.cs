using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Dure.Bench;

/// <summary>A node in a process of its own, as an operator would run it.</summary>
internal sealed class BenchNode : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;

    private BenchNode(Process process) => this.process = process;

    public HttpClient Client { get; } = new();

    public int ProcessId => process.Id;

    /// <summary>Processor time so far, s.</summary>
    public double CpuSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    public double PeakMebibytes
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64 / 1024.0 / 1024.0;
        }
    }

    public static async Task<BenchNode> Start(string folder)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "up", "--data", folder, "--url", "http://127.0.0.1:0"])
            start.ArgumentList.Add(argument);
        var node = new BenchNode(Process.Start(start)!);
        var addressFile = Path.Combine(folder, "node.json");
        for (var clock = Stopwatch.StartNew(); !File.Exists(addressFile) || new FileInfo(addressFile).Length == 0; await Task.Delay(50))
        {
            if (node.process.HasExited || clock.Elapsed > Patience)
                throw new InvalidOperationException("the node did not start");
        }
        node.Client.BaseAddress = new Uri(JsonNode.Parse(await File.ReadAllTextAsync(addressFile))!["address"]!.GetValue<string>());
        node.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "administrator.token"))).Trim());
        return node;
    }

    public void Dispose()
    {
        Client.Dispose();
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
