using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Writes down a training result; the fitted detectors go to blobs on the way.</summary>
internal static class ManifestWriter
{
    public static ModelManifest Write(TrainingResult result, Func<byte[], ContentHash> keep) => new()
    {
        Name = result.Options.Name,
        DatasetId = result.Dataset.Id.ToString(),
        DatasetName = result.Dataset.Name,
        Detector = result.Chosen.Recipe.Name,
        Title = result.Chosen.Recipe.Title,
        Parameters = result.Chosen.Recipe.Parameters,
        LimitMultiplier = result.Chosen.Recipe.LimitMultiplier,
        Seed = result.Options.Seed,
        SelectionRule = DetectorSelection.Rule,
        SelectionTrials = result.Selection.Trials,
        InjectedFaults = result.Selection.Faults,
        Reference = [.. result.Options.Reference.Select(a => a.Path).Order(StringComparer.Ordinal)],
        Leaderboard = [.. result.Leaderboard.Select(Contender)],
        Groups = [.. result.Chosen.Protocol?.Groups.Select(ManifestRates.Of) ?? []],
        Dummies = [.. result.Dummies.Select(ManifestRates.Of)],
        Machines = [.. result.Machines.Select(m => Machine(m, keep))],
    };

    private static ManifestContender Contender(LeaderboardRow row) => new(row.Recipe.Name, row.Recipe.Title, row.Recipe.LimitMultiplier, row.IsChosen,
        row.Selection.BalancedAccuracy, row.Selection.FalseAlarmRate, row.Selection.DetectionRate,
        row.Protocol is null ? null : ManifestRates.Of(row.Protocol.Pooled), row.Protocol?.DetectedEvents, row.Protocol?.Events.Count);

    private static ManifestMachine Machine(TrainedMachine machine, Func<byte[], ContentHash> keep)
    {
        var (rows, detector) = (machine.Rows, machine.Detector);
        var onnx = detector.ToOnnx(rows.Asset.Path, rows.Signals).Write();
        return new()
        {
            Asset = rows.Asset.Path,
            Signals = rows.Signals,
            RowsFitted = detector.Scale.Rows,
            From = Micros.Time(rows.CommissioningTimes[0]),
            To = Micros.Time(rows.CommissioningTimes[^1]),
            Mean = detector.Scale.Mean.ToArray(),
            Deviation = detector.Scale.Deviation.ToArray(),
            StartState = detector.IsStateful ? detector.StartState.ToArray() : [],
            Limit = detector.Limit,
            CommissioningLimit = detector.CommissioningLimit,
            ConstantSignals = [.. detector.Scale.Constant.Select(j => rows.Signals[j])],
            MissingValues = detector.Scale.Missing,
            RowsHash = rows.CommissioningHash().ToString(),
            Onnx = keep(onnx).ToString(),
            OnnxBytes = onnx.Length,
        };
    }
}
