using System.Text.Json.Serialization;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Learn;

/// <summary>A figure and its 95 % interval; null where it could not be formed.</summary>
public sealed record ManifestFigure(double? Value, double? Low, double? High)
{
    /// <summary>Normal distribution's 97.5 % point.</summary>
    internal const double Z = 1.959964;

    internal static ManifestFigure Of(Measured measured) => new(Known(measured.Value), Known(measured.Low), Known(measured.High));

    /// <summary>A share with its 95 % score interval. Wilson (1927); Newcombe (1998), method 3.</summary>
    /// <param name="of">0: nothing is known.</param>
    internal static ManifestFigure Share(double hits, double of)
    {
        if (of == 0)
            return new(null, null, null);
        var (share, square) = (hits / of, Z * Z / of);
        var (centre, reach) = ((share + square / 2) / (1 + square), Math.Sqrt(square * (share * (1 - share) + square / 4)) / (1 + square));
        return new(share, Math.Max(0, centre - reach), Math.Min(1, centre + reach));
    }

    internal static double? Known(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>One line of the result table: a detector, a group of machines, or an answer that looks at nothing.</summary>
public sealed record ManifestRates(string Name, long TruePositives, long FalsePositives, long FalseNegatives, long TrueNegatives,
    ManifestFigure F1, ManifestFigure FalseAlarmPercent, ManifestFigure MissedAlarmPercent)
{
    internal static ManifestRates Of(ProtocolRow row) => new(row.Name, row.Counts.TruePositives, row.Counts.FalsePositives, row.Counts.FalseNegatives,
        row.Counts.TrueNegatives, ManifestFigure.Of(row.F1), ManifestFigure.Of(row.FalseAlarmPercent), ManifestFigure.Of(row.MissedAlarmPercent));
}

/// <summary>One detector in the comparison: what it was chosen by, and what it then scored on labelled rows.</summary>
public sealed record ManifestContender(string Detector, string Title, double LimitMultiplier, bool IsChosen,
    double BalancedAccuracy, double InjectedFalseAlarmRate, double InjectedDetectionRate,
    ManifestRates? HeldOut, int? DetectedEvents, int? Events);

/// <summary>What was fitted to one machine, on what, and where the result lies.</summary>
public sealed record ManifestMachine
{
    public required string Asset { get; init; }
    public required IReadOnlyList<string> Signals { get; init; }
    public required int RowsFitted { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required IReadOnlyList<double> Mean { get; init; }
    public required IReadOnlyList<double> Deviation { get; init; }

    /// <summary>Smoothed deviations after the last commissioning row; empty when the detector keeps no state.</summary>
    public required IReadOnlyList<double> StartState { get; init; }

    /// <summary>The statistic at which the machine alarms.</summary>
    public required double Limit { get; init; }

    /// <summary>The limit before the multiplier.</summary>
    public required double CommissioningLimit { get; init; }

    /// <summary>Signals that did not move during commissioning.</summary>
    public required IReadOnlyList<string> ConstantSignals { get; init; }
    public required long MissingValues { get; init; }

    /// <summary>Hash of the commissioning rows, little-endian doubles row by row.</summary>
    public required string RowsHash { get; init; }

    /// <summary>Hash of the fitted detector as ONNX, a blob of the node.</summary>
    public required string Onnx { get; init; }
    public required long OnnxBytes { get; init; }
}

/// <summary>Everything that makes a model version what it is. It holds no time of training: the same data, recipe and seed give the
/// same bytes, and their hash is the version.</summary>
public sealed record ModelManifest
{
    public required string Name { get; init; }
    public required string DatasetId { get; init; }
    public required string DatasetName { get; init; }
    public required string Detector { get; init; }
    public required string Title { get; init; }
    public required IReadOnlyList<RecipeParameter> Parameters { get; init; }
    public required double LimitMultiplier { get; init; }
    public required int Seed { get; init; }
    public required string SelectionRule { get; init; }
    public required int SelectionTrials { get; init; }
    public required int InjectedFaults { get; init; }

    /// <summary>Machines whose fault-free recordings took part in the choice.</summary>
    public required IReadOnlyList<string> Reference { get; init; }
    public required IReadOnlyList<ManifestContender> Leaderboard { get; init; }
    public required IReadOnlyList<ManifestRates> Groups { get; init; }
    public required IReadOnlyList<ManifestRates> Dummies { get; init; }
    public required IReadOnlyList<ManifestMachine> Machines { get; init; }

    [JsonIgnore]
    public ManifestContender Chosen => Leaderboard.First(c => c.IsChosen);
}

/// <summary>A registered model: its manifest, its version, and the journal entry that recorded it.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="Version">SHA-256 of the manifest in canonical JSON; also the manifest's name in the blob store.</param>
/// <param name="Number">1 for the first version under its name; for people, never for reference.</param>
/// <param name="Entry">When and by whom it was registered.</param>
public sealed record ModelVersion(ModelManifest Manifest, ContentHash Version, int Number, JournalEntry Entry)
{
    public string Name => Manifest.Name;

    /// <summary>When the machines' fits were registered.</summary>
    public DateTimeOffset FittedAt => Entry.Time;

    public ManifestMachine? Machine(AssetId asset) => Manifest.Machines.FirstOrDefault(m => m.Asset == asset.Path);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
