using System.Runtime.InteropServices;
using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Learn;

/// <summary>One machine's rows, split in time into those that commission it and those held out.</summary>
public sealed class MachineRows
{
    private MachineRows(Frame frame)
    {
        (Asset, Signals) = (frame.Asset, frame.SignalNames);
        Commissioning = frame.RowMajor(0, frame.TrainRows);
        HeldOut = frame.RowMajor(frame.TrainRows, frame.Rows - frame.TrainRows);
        CommissioningTimes = frame.TimesMicros[..frame.TrainRows];
        HeldOutTimes = frame.TimesMicros[frame.TrainRows..];
        HeldOutTruth = frame.Labels?[frame.TrainRows..];
    }

    public AssetId Asset { get; }

    public IReadOnlyList<string> Signals { get; }

    /// <summary>Row-major; a missing value is NaN.</summary>
    public double[] Commissioning { get; }

    public double[] HeldOut { get; }

    public long[] CommissioningTimes { get; }

    public long[] HeldOutTimes { get; }

    /// <summary>Labels of the held-out rows: read to judge, never to fit or to choose.</summary>
    public bool[]? HeldOutTruth { get; }

    public int Columns => Signals.Count;

    /// <summary>Machines of one kind of recording: the asset's path without its last part.</summary>
    public string Group => Asset.Path.LastIndexOf('/') is > 0 and var slash ? Asset.Path[..slash] : Asset.Path;

    public static MachineRows Of(Frame frame) => new(frame);

    /// <summary>Hash of the commissioning rows as little-endian doubles, row by row: what the fit rests on.</summary>
    public ContentHash CommissioningHash() => ContentHash.Of(MemoryMarshal.AsBytes<double>(Commissioning));
}

/// <summary>One machine with the chosen detector fitted to it, and what that detector says about the held-out rows.</summary>
/// <param name="Rows">What it was fitted on and judged by.</param>
/// <param name="Detector">The chosen recipe, fitted.</param>
/// <param name="HeldOutScores">One score per held-out row; above 1 is an alarm.</param>
public sealed record TrainedMachine(MachineRows Rows, FittedDetector Detector, double[] HeldOutScores)
{
    public AssetId Asset => Rows.Asset;
}
