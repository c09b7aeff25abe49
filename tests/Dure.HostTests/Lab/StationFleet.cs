using System.Globalization;
using System.Text.Json.Nodes;
using Dure.HostTests.Devices;

namespace Dure.HostTests.Lab;

/// <summary>Four stations, each a process of its own whose log outlives it.</summary>
internal sealed class StationFleet(string folder, int milliseconds) : IDisposable
{
    public const int Count = 4;
    private readonly Helper?[] stations = new Helper?[Count];
    private readonly string[] ports = new string[Count];
    private int starts;

    /// <summary>One thing a station wrote down.</summary>
    public sealed record Line(int Station, bool IsBegin, string Key, string Barcode, double Number, long Ticks);

    public async Task StartAll(CancellationToken cancel)
    {
        for (var i = 0; i < Count; i++)
            await Start(i, cancel);
    }

    /// <summary>kill -9, and up again at the same address.</summary>
    public async Task Fell(int station, CancellationToken cancel)
    {
        stations[station]!.Dispose();
        await Start(station, cancel);
    }

    /// <summary>What the gate lets through is half of what the station would take.</summary>
    public JsonObject Card(int station) => JsonNode.Parse($$"""
        { "name": "station-{{station + 1}}", "driver": "http", "address": "http://127.0.0.1:{{ports[station]}}/", "timeoutSeconds": 1, "allowedBy": "the test",
          "actions": { "work": { "values": { "barcode": { "label": true }, "amount": { "low": 0, "high": 100, "unit": "mL" } } } } }
        """)!.AsObject();

    public IEnumerable<Line> Log(int station)
    {
        foreach (var parts in File.ReadAllLines(Path.Combine(Folder(station), "station.log")).Select(line => line.Split('\t')))
            yield return parts[0] == "begin"
                ? new Line(station, true, parts[1], parts[2], Number(parts[3]), long.Parse(parts[4], CultureInfo.InvariantCulture))
                : new Line(station, false, parts[1], "", Number(parts[2]), long.Parse(parts[3], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        foreach (var station in stations)
            station?.Dispose();
    }

    private async Task Start(int station, CancellationToken cancel)
    {
        stations[station] = await Helper.Start("dotnet", cancel, Path.Combine(AppContext.BaseDirectory, "Dure.DeviceSimulators.dll"), "station", Folder(station), ports[station] ?? "0", milliseconds.ToString(CultureInfo.InvariantCulture), (++starts).ToString(CultureInfo.InvariantCulture));
        ports[station] = stations[station]!.Ready[0];
    }

    private string Folder(int station) => Path.Combine(folder, $"station-{station + 1}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
