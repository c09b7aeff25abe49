using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Devices;
using Dure.Devices.Conformance;
using Dure.Devices.Http;
using Dure.Kernel;
using Xunit;

namespace Dure.HostTests.Devices;

/// <summary>
/// A LADS device behind the OPC UA gateway: HttpInstrument, the gateway's command door, and the simulated device, the last two as processes of their own.
/// The gateway keeps the ledger here, so a driver that is connected anew is a gateway that was killed and started again.
/// </summary>
internal sealed class OpcUaBench : IConformanceBench, IAsyncDisposable
{
    private const string Token = "a token of this test alone";
    private static readonly string Programs = Path.Combine(Checkout.Root, "gateways", "opcua", "dist");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2.5);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-device-").FullName;
    private readonly SimulatorControl control = new();
    private Helper simulator = null!; // Start sets it before anyone sees the bench
    private Helper? gateway;

    public TimeSpan Patience => TimeSpan.FromSeconds(20);

    private string Configuration => Path.Combine(folder, "instrument.json");

    public static async Task<OpcUaBench> Start(CancellationToken cancel)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Programs, "main.js")), "run ./test, which builds gateways/opcua first");
        var bench = new OpcUaBench();
        await bench.StartSimulator(cancel);
        await File.WriteAllTextAsync(Path.Combine(bench.folder, "token"), Token, cancel);
        await File.WriteAllTextAsync(bench.Configuration, bench.Settings().ToJsonString(), cancel);
        return bench;
    }

    public async Task<IInstrument> Connect(CancellationToken cancel)
    {
        gateway?.Dispose();
        gateway = await Helper.Start("node", cancel, Path.Combine(Programs, "main.js"), "command", "--config", Configuration);
        return await HttpInstrument.Connect(new Uri($"http://127.0.0.1:{gateway.Ready[0]}"), Timeout, TimeProvider.System, cancel, Token);
    }

    public ActionRequest Request(string key) => new(key, "react", new Dictionary<string, ActionValue>
    {
        ["temperature"] = new ActionValue.Number(61.5, "Cel"),
        ["time"] = new ActionValue.Number(30, "min"),
        ["amount"] = new ActionValue.Number(5, "mmol"),
        ["sample"] = new ActionValue.Text("vial-7"),
    });

    public bool CanShow(DeviceFault fault) => true;

    public Task<int> Executions(CancellationToken cancel) => control.Executions(simulator, cancel);

    public Task Inject(DeviceFault fault, CancellationToken cancel) => control.Inject(simulator, fault, cancel);

    public Task Settle(CancellationToken cancel) => control.Settle(simulator, cancel);

    public async Task Restart(CancellationToken cancel)
    {
        var ports = simulator.Ready;
        simulator.Dispose();
        await StartSimulator(cancel, ports);
    }

    public ValueTask DisposeAsync()
    {
        gateway?.Dispose();
        simulator.Dispose();
        control.Dispose();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task StartSimulator(CancellationToken cancel, params string[] ports) =>
        simulator = await Helper.Start("node", cancel, [Path.Combine(Programs, "test", "reactor.js"), Path.Combine(folder, "device"), .. ports]);

    private JsonNode Settings() => JsonNode.Parse($$"""
        {
          "dataFolder": "gateway",
          "server": { "endpoint": "opc.tcp://127.0.0.1:{{int.Parse(simulator.Ready[0], CultureInfo.InvariantCulture)}}", "securityMode": "None", "securityPolicy": "None" },
          "door": { "port": 0, "token": { "file": {{JsonValue.Create(Path.Combine(folder, "token")).ToJsonString()}} }, "timeout": 2 },
          "instrument": { "maker": "Dure", "model": "Simulated LADS reactor", "serial": "0001" },
          "actions": [{
            "name": "react", "title": "React", "program": { "unit": "ns=1;s=Reactor.Vessel", "template": "React" },
            "parameters": [
              { "name": "temperature", "property": "Temperature", "unit": "Cel", "low": 20, "high": 90 },
              { "name": "time", "property": "Time", "unit": "min", "low": 1, "high": 600 },
              { "name": "amount", "property": "Amount", "unit": "mmol", "low": 0.1, "high": 100 },
              { "name": "sample", "kind": "text", "sample": "SampleId" }],
            "results": [{ "name": "yield", "variable": "Yield", "unit": "%", "low": 0, "high": 100 }]
          }]
        }
        """)!;
}
