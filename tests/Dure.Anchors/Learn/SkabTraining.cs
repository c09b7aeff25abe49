using System.Diagnostics;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn;
using Dure.Tests.Learn;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>The whole training run on the recorded test bed, as a node does it.</summary>
public sealed class SkabTraining(ITestOutputHelper output)
{
    private static readonly AssetId Reference = AssetId.Parse("skab/anomaly-free/0");

    [Fact]
    public async Task A_training_run_chooses_fits_and_judges_all_machines()
    {
        var frames = SkabFiles.Labelled().Append(SkabFiles.FaultFree()).Select(Frame).ToArray();
        var stopwatch = Stopwatch.StartNew();
        var result = await new TrainingJob(new TrainingOptions { Reference = [Reference] }, TimeProvider.System)
            .Run(MadeVersion.Of("skab", frames.Sum(frame => frame.Rows), hasLabels: true), frames.ToAsyncEnumerable(), null, TestContext.Current.CancellationToken);
        output.WriteLine($"{stopwatch.ElapsedMilliseconds} ms");
        foreach (var row in result.Leaderboard)
            output.WriteLine($"{row.Recipe.Name} x{row.Recipe.LimitMultiplier} F1 {row.Protocol!.Pooled.F1.Value:0.000}{(row.IsChosen ? " chosen" : "")}");
        var machine = result.Machines.First(m => m.Asset.Path == "skab/valve1/0");
        var alarm = Array.FindIndex(machine.HeldOutScores, s => s > 1);
        var explanation = Explanation.At(machine, Micros.Time(machine.Rows.HeldOutTimes[alarm]));
        output.WriteLine($"{explanation.Asset} {explanation.Time:O} score {explanation.Score:0.00}");
        foreach (var part in explanation.Parts)
            output.WriteLine("  " + part.InWords);
        Assert.Equal(34, result.Machines.Count);
        Assert.Equal(["skab/other", "skab/valve1", "skab/valve2"], result.Chosen.Protocol!.Groups.Select(g => g.Name));
        Assert.True(result.Chosen.Protocol!.Pooled.F1.Value >= 0.80);
    }

    private static Frame Frame(SkabFiles.Recording recording) => new()
    {
        Asset = recording.Group == "anomaly-free" ? Reference : AssetId.Parse("skab/" + recording.Machine),
        TimesMicros = recording.TimesMicros,
        SignalNames = ["Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature", "Thermocouple", "Voltage", "Volume Flow RateRMS"],
        Values = [.. Enumerable.Range(0, SkabFiles.Columns).Select(j => Enumerable.Range(0, recording.Count).Select(i => recording.Rows[i * SkabFiles.Columns + j]).ToArray())],
        Labels = recording.Truth,
        TrainRows = AnomalyProtocol.CommissioningRows,
    };
}
