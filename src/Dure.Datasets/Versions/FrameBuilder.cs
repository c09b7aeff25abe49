using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>Gathers chunks of a version's file (asset, time, signals, label, qualities) into one asset's frame.</summary>
internal sealed class FrameBuilder(DatasetVersion version, string[] signals, int[] qualities)
{
    private readonly Dictionary<string, AssetPart> parts = version.Parts.ToDictionary(part => part.Asset.Path, StringComparer.Ordinal);
    private readonly List<long> times = [];
    private readonly List<double>[] values = [.. signals.Select(_ => new List<double>())];
    private readonly List<bool> labels = [];

    /// <summary>The asset being gathered; null before the first row.</summary>
    public string? Asset { get; private set; }

    public void Add(string asset, DuckDbChunk chunk, int from, int to)
    {
        Asset = asset;
        times.AddRange(chunk.Longs(1)[from..to]);
        for (var i = 0; i < signals.Length; i++)
        {
            var column = chunk.Doubles(2 + i);
            for (var row = from; row < to; row++)
                values[i].Add(chunk.IsValid(2 + i, row) ? column[row] : double.NaN);
        }
        var next = 2 + signals.Length;
        if (version.HasLabels)
        {
            var column = chunk.Bytes(next);
            for (var row = from; row < to; row++)
                labels.Add(chunk.IsValid(next, row) && column[row] != 0);
            next++;
        }
        foreach (var signal in qualities)
            Blank(values[signal], chunk, next++, from, to);
    }

    /// <summary>The frame gathered so far; the next one starts empty.</summary>
    public Frame Take()
    {
        var part = parts[Asset!]; // only called after Add
        var frame = new Frame
        {
            Asset = part.Asset,
            TimesMicros = [.. times],
            SignalNames = signals,
            Values = [.. values.Select(column => column.ToArray())],
            Labels = version.HasLabels ? [.. labels] : null,
            TrainRows = (int)part.TrainRows,
        };
        times.Clear();
        labels.Clear();
        foreach (var column in values)
            column.Clear();
        Asset = null;
        return frame;
    }

    /// <summary>A sample of bad quality is no value to learn from.</summary>
    private static void Blank(List<double> values, DuckDbChunk chunk, int column, int from, int to)
    {
        var qualities = chunk.Bytes(column);
        for (var row = from; row < to; row++)
            if (chunk.IsValid(column, row) && qualities[row] == (byte)Quality.Bad)
                values[values.Count - (to - row)] = double.NaN;
    }
}
