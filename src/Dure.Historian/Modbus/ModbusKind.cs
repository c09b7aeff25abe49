using System.Text.Json.Nodes;
using Dure.Historian.Sources;

namespace Dure.Historian.Modbus;

/// <summary>Reads registers, coils and inputs of a device over Modbus TCP.</summary>
public sealed class ModbusKind : ISourceKind
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public string Name => "modbus";

    public string Title => "Modbus TCP device: holding and input registers, coils, discrete inputs";

    public IReadOnlyList<SourceSetting> Settings { get; } =
    [
        new("host", "Host", SettingType.Text, "Name or address of the device or gateway, such as 192.168.0.10.", IsRequired: true),
        new("port", "Port", SettingType.Number, "TCP port; 502 is the standard one.", Default: "502"),
        new("unit", "Unit id", SettingType.Number, "0 to 255; behind a gateway the device's number, else mostly 1 or 255.", Default: "1"),
        new("period", "Period", SettingType.Number, "Seconds from one round of reading to the next, 0.01 to 86400.", Default: "1"),
        new("timeout", "Timeout", SettingType.Number, "Seconds to wait for an answer, 0.05 to 60.", Default: "2"),
        new("gap", "Gap", SettingType.Number, "Unwanted registers that may be read along to join requests, 0 to 100; 0 where the device has holes.", Default: "8"),
        new("registers", "Registers", SettingType.Lines, "A value per line: name address type [order] [scale] [offset] [unit], such as 'Pressure holding:100 float32 CDAB 0.1 0 bar'.", IsRequired: true),
    ];

    public ISource Create(JsonObject settings, TimeProvider time)
    {
        var read = new SettingReader(this, settings);
        var chosen = new ModbusSettings(read.Text("host"), read.Whole("port", 1, 65_535), (byte)read.Whole("unit", 0, 255),
            read.Seconds("period", 0.01, 86_400), read.Seconds("timeout", 0.05, 60), read.Whole("gap", 0, 100), RegisterLines.Parse(read.Text("registers")));
        // The jitter needs no secrecy, only that sources which lost the same device differ.
        var seed = HashCode.Combine(chosen.Host, chosen.Port, chosen.Unit, time.GetTimestamp());
        return new ModbusSource(chosen, time, new Backoff(FirstWait, LongestWait, new Random(seed)));
    }
}
