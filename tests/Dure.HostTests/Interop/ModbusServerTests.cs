using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>modbus-serial, which is not ours, as the device; the gateway reads it and the node keeps it.</summary>
public sealed class ModbusServerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Registers =
    [
        "Temperature holding:0 float32 Cel", "Swapped holding:2 float32 CDAB", "Level 40011 int16 0.5 10", "Alarm input:5 bit 3", "Quiet input:5 bit 2",
        "Open coil:3 bool", "Shut discrete:3 bool", "Nowhere holding:30 int16",
    ];

    private static readonly Dictionary<string, double> Expected = new()
    {
        ["Temperature"] = 21.5,
        ["Swapped"] = 21.5,
        ["Level"] = -7 * 0.5 + 10,
        ["Alarm"] = 1,
        ["Quiet"] = 0,
        ["Open"] = 1,
        ["Shut"] = 0,
    };

    private readonly string folder = Directory.CreateTempSubdirectory("dure-modbus-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_a_device_that_is_not_ours_serves_is_on_the_node_with_its_meaning()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var device = Device(out var port);
        try
        {
            await using var node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, cancel);
            var settings = Path.Combine(folder, "gateway.json");
            await File.WriteAllTextAsync(settings, new JsonObject
            {
                ["gateway"] = "gw1",
                ["sources"] = new JsonArray(new JsonObject
                {
                    ["name"] = "press",
                    ["kind"] = "modbus",
                    ["template"] = "plant/press/{name}",
                    ["settings"] = new JsonObject
                    {
                        ["host"] = "127.0.0.1",
                        ["port"] = port,
                        ["unit"] = 7,
                        ["period"] = 0.1,
                        ["registers"] = new JsonArray([.. Registers.Select(line => JsonValue.Create(line))]),
                    },
                }),
            }.ToJsonString(), cancel);
            await using var gateway = GatewayProcess.Start(settings, node.Address, Path.Combine(node.Folder, "administrator.token"), Path.Combine(folder, "gateway"));

            foreach (var (name, value) in Expected)
                Assert.Equal((value, "good"), await Latest(node, gateway, name, cancel));
            Assert.Equal("bad", (await Latest(node, gateway, "Nowhere", cancel)).Quality);
            Assert.Contains("registers line 8 ('Nowhere', holding:30): The device answers exception 2, illegal address", gateway.Output, StringComparison.Ordinal);
            var signal = await node.Client.GetStringAsync("api/v1/signals", cancel);
            Assert.Contains("\"Cel\"", signal, StringComparison.Ordinal);
        }
        finally
        {
            device.StandardInput.Close();
            await device.WaitForExitAsync(cancel);
        }
    }

    private static Process Device(out int port)
    {
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Checkout.Client("modbus-server.mjs"));
        var device = Process.Start(start)!;
        port = int.Parse(device.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        return device;
    }

    private static async Task<(double Value, string Quality)> Latest(NodeProcess node, GatewayProcess gateway, string name, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(30, cancel))
        {
            using var response = await node.Client.GetAsync($"api/v1/signals/samples?signal={Uri.EscapeDataString($"plant/press/{name}")}&from=0&limit=1", cancel);
            if (response.IsSuccessStatusCode && (await response.Content.ReadFromJsonAsync<JsonObject>(cancel))!["samples"] is JsonArray { Count: > 0 } samples)
                return (samples[0]![1]?.GetValue<double>() ?? double.NaN, samples[0]!.AsArray().Count > 2 ? samples[0]![2]!.GetValue<string>() : "good");
        }
        throw new TimeoutException($"{name} did not arrive: {gateway.Output}");
    }
}
