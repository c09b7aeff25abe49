using System.Globalization;
using Dure.Devices;
using Dure.Devices.Conformance;
using Dure.Devices.Http;
using Dure.Devices.Opentrons;
using Dure.Devices.Scpi;
using Dure.Devices.Sila;
using Dure.Kernel;

namespace Dure.HostTests.Devices;

/// <summary>A driver and its simulator in a process of its own, with a ledger and executions that outlive both.</summary>
internal sealed class SimulatorBench(string protocol, string folder) : IConformanceBench, IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2.5);
    private readonly SimulatorControl control = new();
    private Helper simulator = null!; // Start sets it before anyone sees the bench

    public bool ForgetsLedger { get; set; }
    public TimeSpan Patience => TimeSpan.FromSeconds(20);

    private int Port => int.Parse(simulator.Ready[0], CultureInfo.InvariantCulture);

    public static async Task<SimulatorBench> Start(string protocol, CancellationToken cancel)
    {
        var bench = new SimulatorBench(protocol, Directory.CreateTempSubdirectory("dure-device-").FullName);
        await bench.StartSimulator(cancel);
        return bench;
    }

    public async Task<IInstrument> Connect(CancellationToken cancel)
    {
        var address = new Uri($"http://127.0.0.1:{Port}");
        KeyLedger Ledger()
        {
            var path = Path.Combine(folder, "keys");
            if (ForgetsLedger)
                File.Delete(path);
            return KeyLedger.Open(path);
        }
        return protocol switch
        {
            "scpi" => await ScpiInstrument.Connect("127.0.0.1", Port, Profile, Ledger(), Timeout, TimeProvider.System, cancel),
            "http" => await HttpInstrument.Connect(address, Timeout, TimeProvider.System, cancel),
            "opentrons" => await OpentronsRobot.Connect(address, [new OpentronsProtocol(React("react", "temperature", "yield"), "react.py", "# simulated")], Ledger(), Timeout, TimeProvider.System, cancel),
            _ => await SilaInstrument.Connect(address, "org.dure.sim/lab/Reactor/v1", Ledger(), Timeout, TimeProvider.System, cancel),
        };
    }

    public ActionRequest Request(string key)
    {
        var isSila = protocol.StartsWith("sila", StringComparison.Ordinal);
        return new ActionRequest(key, isSila ? "React" : "react", new Dictionary<string, ActionValue> { [isSila ? "Temperature" : "temperature"] = new ActionValue.Number(61.5, "Cel") });
    }

    public bool CanShow(DeviceFault fault) => fault != DeviceFault.WrongUnit || !protocol.StartsWith("sila", StringComparison.Ordinal);

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
        simulator.Dispose();
        control.Dispose();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static ScpiProfile Profile { get; } = new(
        [new ScpiAction(React("react", "temperature", "yield"), ["SOUR:TEMP {temperature}"], "INIT", new Dictionary<string, string> { ["yield"] = "FETC:YIEL?" })], "STAT:BUSY?");

    private static ActionDescription React(string name, string parameter, string result) =>
        new(name, "React", "", [new FieldDescription(parameter, FieldKind.Number, "Cel", 20, 90)], [new FieldDescription(result, FieldKind.Number, "%", 0, 100)]);

    private async Task StartSimulator(CancellationToken cancel, params string[] ports) =>
        simulator = await Helper.Start("dotnet", cancel, [Path.Combine(AppContext.BaseDirectory, "Dure.DeviceSimulators.dll"), protocol, folder, .. ports]);
}
