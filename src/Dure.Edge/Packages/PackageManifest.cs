using System.Text.Json.Serialization;

namespace Dure.Edge.Packages;

/// <summary>One signal as the model expects it; its place in the list is its place in a row.</summary>
public sealed record PackageSignal(string Name, string Unit);

/// <summary>What the graph does with a row before it scores it. The graph does it itself; this says so to a reader.</summary>
public sealed record Preprocessing(string Scaling, string MissingValues)
{
    /// <summary>What the detectors of Dure do.</summary>
    public static Preprocessing Standard { get; } = new(
        "Each value minus the mean of the machine's commissioning rows, divided by their standard deviation.",
        "A missing value counts as the commissioning mean, and is counted.");
}

/// <summary>When the score's being above 1 becomes an alarm; see <see cref="Alarms.AlarmRule"/>.</summary>
public sealed record PackageAlarmRule(int RaiseAfter, int FallAfter);

/// <summary>A row and the score that it must give, for checking an engine before it is trusted. Rows follow each other and carry the state.</summary>
public sealed record SelfTestRow(IReadOnlyList<double> Values, double Score);

/// <summary>One machine's detector and what it was fitted on.</summary>
public sealed record PackageMachine
{
    public required string Asset { get; init; }

    /// <summary>Name of the ONNX file in the package.</summary>
    public required string Onnx { get; init; }

    /// <summary>Hash of that file.</summary>
    public required string Sha256 { get; init; }
    public required int FittedRows { get; init; }
    public required DateTimeOffset FittedFrom { get; init; }
    public required DateTimeOffset FittedTo { get; init; }

    /// <summary>Hash of the commissioning rows.</summary>
    public required string RowsHash { get; init; }
    public required DateTimeOffset FittedAt { get; init; }

    /// <summary>The statistic at which the machine alarms; a score is a statistic divided by it.</summary>
    public required double Limit { get; init; }
    public required IReadOnlyList<double> Mean { get; init; }
    public required IReadOnlyList<double> Sd { get; init; }

    /// <summary>What the detector remembers before the first row; absent where it remembers nothing.</summary>
    public IReadOnlyList<double>? StartState { get; init; }
    public required IReadOnlyList<SelfTestRow> SelfTest { get; init; }
}

/// <summary>What a package holds and where it comes from. Its canonical bytes are signed.</summary>
public sealed record PackageManifest
{
    public const string CurrentFormat = "dure-model-package/1";

    public string Format { get; init; } = CurrentFormat;
    public required string ModelName { get; init; }

    /// <summary>Hash that names the model version.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Hash that names the dataset version the model was fitted on.</summary>
    public required string DatasetVersion { get; init; }
    public required string Detector { get; init; }
    public required IReadOnlyList<PackageSignal> Signals { get; init; }
    public required Preprocessing Preprocessing { get; init; }
    public required PackageAlarmRule AlarmRule { get; init; }
    public required IReadOnlyList<PackageMachine> Machines { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PackageManifest))]
internal sealed partial class PackageJson : JsonSerializerContext;
