using Dure.Devices.Conformance;
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
            await using var bench = await SimulatorBench.Start(protocol, TestContext.Current.CancellationToken);
            return await Findings(protocol, bench);
        }));
        Assert.Empty(string.Join('\n', findings.SelectMany(found => found)));
    }

    /// <summary>The HTTP driver again, with the OPC UA gateway and a LADS server behind it.</summary>
    [Fact]
    public async Task An_OPC_UA_instrument_behind_the_gateway_keeps_every_promise()
    {
        await using var bench = await OpcUaBench.Start(TestContext.Current.CancellationToken);
        Assert.Empty(string.Join('\n', await Findings("opcua", bench)));
    }

    private static async Task<IEnumerable<string>> Findings(string protocol, IConformanceBench bench)
    {
        var found = await new DriverConformance(bench, TimeProvider.System).Run(TestContext.Current.CancellationToken);
        return found.Select(finding => $"{protocol}: {finding.Rule}: {finding.What}");
    }
}

/// <summary>The suite itself.</summary>
public sealed class ConformanceSuiteTests
{
    /// <summary>The suite must be able to fail: a driver that forgets its ledger runs an action twice.</summary>
    [Fact]
    public async Task A_driver_without_its_ledger_is_found_out()
    {
        await using var bench = await SimulatorBench.Start("scpi", TestContext.Current.CancellationToken);
        bench.ForgetsLedger = true;
        var findings = await new DriverConformance(bench, TimeProvider.System).Run(TestContext.Current.CancellationToken);
        Assert.Contains(findings, finding => finding.Rule == "a restart of the driver never leads to a second run" && finding.What.Contains("executed 2 times", StringComparison.Ordinal));
    }
}
