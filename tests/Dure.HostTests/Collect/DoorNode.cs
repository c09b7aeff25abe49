using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Tests.Historian.Modbus;
using Xunit;

namespace Dure.HostTests.Collect;

/// <summary>A node for one door's cases, that can be killed and started again on its folder.</summary>
public sealed class DoorNode : IAsyncLifetime
{
    private const int MostSamplesPerAnswer = 100_000;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-door-").FullName;

    private TestModbusDevice? device;

    internal NodeProcess Node { get; private set; } = null!; // InitializeAsync sets it before any test

    /// <summary>A Modbus device for the door that needs one; outlives the node.</summary>
    internal TestModbusDevice Device => device ??= new TestModbusDevice();

    /// <summary>For files and folders that a door needs; outlives the node.</summary>
    public string Beside { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Beside = Directory.CreateDirectory(Path.Combine(folder, "beside")).FullName;
        Node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, CancellationToken.None);
    }

    /// <summary>kill -9, and a new node on the same folder.</summary>
    public async Task KillAndStart(CancellationToken cancel)
    {
        await Node.Kill();
        await Node.DisposeAsync();
        Node = await NodeProcess.Start(Node.Folder, cancel);
    }

    public async Task<JsonObject> Post(string path, JsonNode body, CancellationToken cancel)
    {
        using var response = await Node.Client.PostAsync(path, JsonContent.Create(body), cancel);
        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(cancel))!;
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return answer;
    }

    public Task Register(string signal, string unit, CancellationToken cancel) =>
        Post("api/v1/signals", new JsonObject { ["signals"] = new JsonArray(new JsonObject { ["id"] = signal, ["unit"] = unit }) }, cancel);

    /// <summary>State and counters of a source or door.</summary>
    public async Task<JsonObject> Source(string name, CancellationToken cancel) => (await Node.Client.GetFromJsonAsync<JsonObject>($"api/v1/sources/{name}", cancel))!;

    /// <summary>Everything that is kept of a signal, bad samples without a value left out.</summary>
    public async Task<List<(long Time, double Value)>> Kept(string signal, CancellationToken cancel)
    {
        var kept = new List<(long, double)>();
        for (var from = 0L; ;)
        {
            var answer = await Node.Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal={Uri.EscapeDataString(signal)}&from={from}&limit={MostSamplesPerAnswer}", cancel);
            var samples = answer!["samples"]!.AsArray();
            kept.AddRange(samples.Where(sample => sample![1] is not null).Select(sample => (sample![0]!.GetValue<long>(), sample[1]!.GetValue<double>())));
            if (samples.Count < MostSamplesPerAnswer)
                return kept;
            from = samples[^1]![0]!.GetValue<long>() + 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        if (device is not null)
            await device.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
