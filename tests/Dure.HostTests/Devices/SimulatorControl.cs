using System.Globalization;
using Dure.Devices.Conformance;

namespace Dure.HostTests.Devices;

/// <summary>The door of a simulator where tests count and choose faults, at the second port that it says; no part of the device.</summary>
internal sealed class SimulatorControl : IDisposable
{
    private readonly HttpClient http = new();

    public async Task<int> Executions(Helper simulator, CancellationToken cancel) => int.Parse(await http.GetStringAsync(At(simulator, "executions"), cancel), CultureInfo.InvariantCulture);

    public async Task Inject(Helper simulator, DeviceFault fault, CancellationToken cancel) => (await http.PostAsync(At(simulator, $"fault/{fault}"), null, cancel)).EnsureSuccessStatusCode();

    public async Task Settle(Helper simulator, CancellationToken cancel)
    {
        while (await http.GetStringAsync(At(simulator, "busy"), cancel) != "false")
            await Task.Delay(10, cancel);
    }

    public void Dispose() => http.Dispose();

    private static Uri At(Helper simulator, string path) => new($"http://127.0.0.1:{simulator.Ready[1]}/{path}");
}
