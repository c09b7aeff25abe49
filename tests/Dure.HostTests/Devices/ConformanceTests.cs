using System.Globalization;
using Dure.Devices;
using Dure.Devices.Conformance;
using Dure.Devices.Http;
using Dure.Devices.Opentrons;
using Dure.Devices.Scpi;
using Dure.Devices.Sila;
using Xunit;

namespace Dure.HostTests.Devices;

/// <summary>Every driver against its simulator, a process of its own that is killed, hung and lied by.</summary>
public sealed class ConformanceTests
{
    /// <summary>All at once, since most of the time is spent waiting for what never comes.</summary>
    [Fact]
    public async Task Every_driver_keeps_every_promise()
    {
        string[] protocols = ["scpi", "http", "opentrons", "sila", "sila-keyless"];
        var findings = await Task.WhenAll(protocols.Select(async protocol =>
        {
            await using var bench = await Bench.Start(protocol, TestContext.Current.CancellationToken);
            var found = await new DriverConformance(bench, TimeProvider.System).Run(TestContext.Current.CancellationToken);
            return found.Select(finding => $"{protocol}: {finding.Rule}: {finding.What}");
        }));
        var broken = string.Join('\n', findings.SelectMany(found => found));
        Assert.True(broken.Length == 0, broken);
    }

    /// <summary>The suite must be able to fail: a driver that forgets its ledger runs an action twice.</summary>
    [Fact]
    public async Task A_driver_without_its_ledger_is_found_out()
    {
        await using var bench = await Bench.Start("scpi", TestContext.Current.CancellationToken);
        bench.ForgetsLedger = true;
        var findings = await new DriverConformance(bench, TimeProvider.System).Run(TestContext.Current.CancellationToken);
        Assert.Contains(findings, finding => finding.Rule == "a restart of the driver never leads to a second run" && finding.What.Contains("executed 2 times", StringComparison.Ordinal));
    }

    private sealed class Bench(string protocol, string folder) : IConformanceBench, IAsyncDisposable
    {
        private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2.5);
        private readonly HttpClient control = new();
        private Helper simulator = null!; // Start sets it before anyone sees the bench

        public bool ForgetsLedger { get; set; }
        public TimeSpan Patience => TimeSpan.FromSeconds(20);

        private int Port => int.Parse(simulator.Ready[0], CultureInfo.InvariantCulture);

        public static async Task<Bench> Start(string protocol, CancellationToken cancel)
        {
            var bench = new Bench(protocol, Directory.CreateTempSubdirectory("dure-device-").FullName);
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

        public async Task<int> Executions(CancellationToken cancel) => int.Parse(await control.GetStringAsync(new Uri($"http://127.0.0.1:{simulator.Ready[1]}/executions"), cancel), CultureInfo.InvariantCulture);

        public async Task Inject(DeviceFault fault, CancellationToken cancel) => (await control.PostAsync(new Uri($"http://127.0.0.1:{simulator.Ready[1]}/fault/{fault}"), null, cancel)).EnsureSuccessStatusCode();

        public async Task Settle(CancellationToken cancel)
        {
            while (await control.GetStringAsync(new Uri($"http://127.0.0.1:{simulator.Ready[1]}/busy"), cancel) != "false")
                await Task.Delay(10, cancel);
        }

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
}
