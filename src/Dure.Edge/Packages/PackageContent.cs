using Dure.Edge.Alarms;
using Dure.Kernel;

namespace Dure.Edge.Packages;

/// <summary>One machine's detector as it goes into a package.</summary>
public sealed record MachineContent
{
    public required AssetId Asset { get; init; }
    public required ReadOnlyMemory<byte> Onnx { get; init; }
    public required int FittedRows { get; init; }
    public required DateTimeOffset FittedFrom { get; init; }
    public required DateTimeOffset FittedTo { get; init; }
    public required ContentHash RowsHash { get; init; }
    public required DateTimeOffset FittedAt { get; init; }
    public required double Limit { get; init; }
    public required IReadOnlyList<double> Mean { get; init; }
    public required IReadOnlyList<double> Sd { get; init; }
    public IReadOnlyList<double>? StartState { get; init; }

    /// <summary>Rows that follow each other, from the start state on, with the scores that the trainer's engine gave.</summary>
    public required IReadOnlyList<SelfTestRow> SelfTest { get; init; }
}

/// <summary>What <see cref="ModelPackage.Build"/> puts into a package.</summary>
public sealed record PackageContent
{
    public required string ModelName { get; init; }
    public required ContentHash ModelVersion { get; init; }
    public required ContentHash DatasetVersion { get; init; }
    public required string Detector { get; init; }
    public required IReadOnlyList<PackageSignal> Signals { get; init; }
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Standard;
    public AlarmRule AlarmRule { get; init; } = AlarmRule.Default;
    public required IReadOnlyList<MachineContent> Machines { get; init; }

    internal PackageManifest ToManifest() => new()
    {
        ModelName = ModelName,
        ModelVersion = ModelVersion.ToString(),
        DatasetVersion = DatasetVersion.ToString(),
        Detector = Detector,
        Signals = Signals,
        Preprocessing = Preprocessing,
        AlarmRule = new PackageAlarmRule(AlarmRule.RaiseAfter, AlarmRule.FallAfter),
        Machines = [.. Machines.Select((machine, i) => new PackageMachine
        {
            Asset = machine.Asset.Path,
            Onnx = PackageFiles.MachineName(i),
            Sha256 = ContentHash.Of(machine.Onnx.Span).ToString(),
            FittedRows = machine.FittedRows,
            FittedFrom = machine.FittedFrom,
            FittedTo = machine.FittedTo,
            RowsHash = machine.RowsHash.ToString(),
            FittedAt = machine.FittedAt,
            Limit = machine.Limit,
            Mean = machine.Mean,
            Sd = machine.Sd,
            StartState = machine.StartState,
            SelfTest = machine.SelfTest,
        })],
    };
}
