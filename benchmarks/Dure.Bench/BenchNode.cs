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

    /// <summary>Where its MQTT server listens on 127.0.0.1.</summary>
    public int MqttPort { get; private set; }

    /// <summary>Its administrator's token.</summary>
    public string Token { get; private set; } = "";

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

    /// <summary>Resident memory now.</summary>
    public double ResidentKibibytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / 1024.0;
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

    /// <param name="settings">Environment variables beside the data folder and the address.</param>
    public static async Task<BenchNode> Start(string folder, params IEnumerable<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "up", "--data", folder, "--url", "http://127.0.0.1:0"])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var node = new BenchNode(Process.Start(start)!);
        var addressFile = Path.Combine(folder, "node.json");
        for (var clock = Stopwatch.StartNew(); !File.Exists(addressFile) || new FileInfo(addressFile).Length == 0; await Task.Delay(50))
        {
            if (node.process.HasExited || clock.Elapsed > Patience)
                throw new InvalidOperationException("the node did not start");
        }
        var told = JsonNode.Parse(await File.ReadAllTextAsync(addressFile))!;
        node.Client.BaseAddress = new Uri(told["address"]!.GetValue<string>());
        node.MqttPort = told["mqtt"] is { } mqtt ? new Uri(mqtt.GetValue<string>()).Port : 0;
        node.Token = (await File.ReadAllTextAsync(Path.Combine(folder, "administrator.token"))).Trim();
        node.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node.Token);
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
