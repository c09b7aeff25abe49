using System.Diagnostics;
using System.Text.Json.Nodes;
using Dure.Tests.Historian.Modbus;
using Xunit;

namespace Dure.HostTests.Collect;

public sealed class ModbusDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new ModbusDoor(on));
}

/// <summary>A device whose register the node reads; a value is acknowledged when the node has kept it.</summary>
internal sealed class ModbusDoor(DoorNode node) : Door(node)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TestModbusDevice Device => Node.Device;

    public override string Source => "device";
    public override string Asset => "conform/device";
    public override bool SaysTimes => false;

    /// <summary>One source for each case: its register has the unit that the case sends in.</summary>
    public override async Task Prepare(string name, string unit, string? sentUnit, CancellationToken cancel)
    {
        await base.Prepare(name, unit, sentUnit, cancel);
        Device.SetFloat(0, 0);
        if ((await Node.Node.Client.GetAsync($"api/v1/sources/{Source}", cancel)).IsSuccessStatusCode)
            await Node.Node.Client.DeleteAsync($"api/v1/sources/{Source}", cancel);
        await Node.Post("api/v1/sources", new JsonObject
        {
            ["name"] = Source,
            ["kind"] = "modbus",
            ["settings"] = new JsonObject
            {
                ["host"] = "127.0.0.1",
                ["port"] = $"{Device.Port}",
                ["period"] = "0.02",
                ["timeout"] = "2",
                ["registers"] = $"{name} holding:0 float32 ABCD 1 0 {sentUnit ?? unit}",
            },
        }, cancel);
        await Node.Post($"api/v1/sources/{Source}/accept", new JsonObject { ["items"] = new JsonArray(new JsonObject { ["item"] = name, ["path"] = Signal(name), ["unit"] = sentUnit ?? unit }) }, cancel);
    }

    public override async Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        foreach (var (_, value) in samples)
        {
            Device.SetFloat(0, (float)value);
            await Seen(name, unit is null ? value : value / 1000, cancel);
        }
    }

    /// <summary>The device hangs up in the middle of an answer.</summary>
    public override async Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var before = Device.Connections;
        Device.Manner = (_, answer) => answer[..5];
        await Until(() => Device.Connections > before + 1, cancel);
        Device.Manner = (_, answer) => answer;
    }

    /// <summary>Answers that are no Modbus, then right ones.</summary>
    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        var before = Device.Requests;
        Device.Manner = (number, answer) => [.. answer.Select((each, i) => (byte)(each ^ (number * 31 + i)))];
        await Until(() => Device.Requests > before + 1, cancel);
        var told = await Node.Source(Source, cancel);
        Device.Manner = (_, answer) => answer;
        Assert.NotEqual("failed", told["state"]!.GetValue<string>());
        await Send(name, null, [good], cancel);
        return "";
    }

    private async Task Seen(string name, double value, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); (await Node.Kept(Signal(name), cancel)) is not [.., var last] || last.Value != value; await Task.Delay(10, cancel))
        {
            if (clock.Elapsed > Patience)
                throw new IOException($"{value} was not kept");
        }
    }

    private static async Task Until(Func<bool> condition, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(10, cancel))
            Assert.True(clock.Elapsed < Patience, "the device was not asked again");
    }
}
