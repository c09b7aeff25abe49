using Dure.Edge.Alarms;
using Dure.Edge.Packages;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Tests.Edge;

/// <summary>A package of two machines with two signals each, whose scores can be worked out by hand.</summary>
internal static class SamplePackages
{
    public const string First = "plant/pump/1";
    public const string Second = "plant/pump/2";

    private static readonly DateTimeOffset Start = new(2024, 3, 1, 6, 0, 0, TimeSpan.Zero);

    public static byte[] Build(NodeKey key, AlarmRule? rule = null) => ModelPackage.Build(Content() with { AlarmRule = rule ?? AlarmRule.Default }, key);

    public static PackageContent Content() => new()
    {
        ModelName = "pumps",
        ModelVersion = ContentHash.Of("model"u8),
        DatasetVersion = ContentHash.Of("dataset"u8),
        Detector = "distance",
        Signals = [new("Pressure", "bar"), new("Current", "A")],
        Machines = [Machine(First, 10, 2), Machine(Second, 20, 4)],
    };

    /// <summary>The first row from the mean gives 0; a pressure 2 above it then gives (2 / 2)² = 1.</summary>
    private static MachineContent Machine(string asset, double pressure, double current) => new()
    {
        Asset = AssetId.Parse(asset),
        Onnx = SampleModels.Distance(["Pressure", "Current"], [pressure, current]).Write(),
        FittedRows = 400,
        FittedFrom = Start,
        FittedTo = Start.AddMinutes(7),
        RowsHash = ContentHash.Of("rows"u8),
        FittedAt = Start.AddHours(1),
        Limit = 1,
        Mean = [pressure, current],
        Sd = [1, 1],
        StartState = [0, 0],
        SelfTest = [new([pressure, current], 0), new([pressure + 2, current], 1)],
    };
}

/// <summary>A folder with a node's key, removed after the test.</summary>
internal sealed class KeyFolder : IDisposable
{
    public KeyFolder()
    {
        Path = Directory.CreateTempSubdirectory("dure-edge-test").FullName;
        Key = NodeKey.LoadOrCreate(System.IO.Path.Combine(Path, "keys"));
    }

    public string Path { get; }

    public NodeKey Key { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Key.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
