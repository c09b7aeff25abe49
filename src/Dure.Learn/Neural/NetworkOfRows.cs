using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Neural;

/// <summary>Trains a network on a table's rows, or on windows of them: what the learners of networks share.</summary>
internal static class NetworkOfRows
{
    /// <param name="window">Rows that each row of the table holds; 1: itself.</param>
    /// <param name="build">The network, of the numbers that a row becomes.</param>
    public static NeuralNetworkModel Train(string kind, LearningTask task, TableRows rows, TableRows? validation, int window, Func<int, Network> build, NetworkTraining options, LearningContext context)
    {
        rows.CheckFor(task, validation);
        var columns = rows.Features.Columns.Count;
        if (columns % window != 0)
            throw new ProblemException("urn:dure:learn:bad-table", $"The {columns} columns are no windows of {window} rows.", "the table", "Train by a recipe, which makes the windows; or give the same columns for each row, the oldest first.");
        // The newest rows of the windows are the rows of the table: what is usual of them is usual of all.
        var encoding = TableEncoding.Of(rows.Features.Select([.. Enumerable.Range(columns - columns / window, columns / window)]), rows.Target.Weights);
        var (mean, scale) = task.IsClassification ? (0, 1) : rows.Target.MeanAndScale(1e-6); // of single precision
        var label = (Mean: (float)mean, Scale: (float)scale);
        var network = build(Math.Max(1, encoding.Width));
        NetworkLoss loss = task.IsClassification ? new CrossEntropy() : NetworkLoss.Squared;
        new NetworkTrainer(network, loss, new EncodedRows(encoding, window, rows, label), validation is null ? null : new EncodedRows(encoding, window, validation, label), options with { Seed = context.Seed }, context.Threads)
            .Run(context.Progress, context.Checkpoint, context.Cancel, context.Finish);
        Unscale(network, label);
        return new NeuralNetworkModel(kind, task, [.. rows.Features.Columns.Select(column => column.Name)], encoding, network);
    }

    /// <summary>The last layer gives labels as they are, no longer standardised ones.</summary>
    private static void Unscale(Network network, (float Mean, float Scale) label)
    {
        foreach (var (offset, weights) in network.Nodes[^1].Weights)
        {
            foreach (ref var weight in network.Parameters.AsSpan(offset, weights.Size))
                weight = weight * label.Scale + (weights.Fan == 0 ? label.Mean : 0);
        }
        network.Touch();
    }

    /// <summary>A row of a table as a network takes it: each row of its window as numbers.</summary>
    public static void Encode(TableEncoding encoding, ReadOnlySpan<float> row, Span<float> into)
    {
        Span<double> encoded = stackalloc double[encoding.Width];
        var (columns, at) = (encoding.Features.Count, 0);
        if (encoded.IsEmpty)
            into.Clear(); // where no column says anything there is one place that stays 0
        for (var first = 0; first < row.Length; first += columns)
        {
            encoding.Encode(row.Slice(first, columns), encoded);
            foreach (var value in encoded)
                into[at++] = (float)value;
        }
    }

    private sealed class EncodedRows : ExampleSet
    {
        /// <summary>Numbers that are kept encoded; more are encoded anew each time they are seen.</summary>
        private const long MostKept = 1 << 25;

        [ThreadStatic]
        private static float[]? room;

        private readonly TableEncoding encoding;
        private readonly TableRows rows;
        private readonly (float Mean, float Scale) label;
        private readonly float[]? kept;
        private readonly int size;

        public EncodedRows(TableEncoding encoding, int window, TableRows rows, (float Mean, float Scale) label)
        {
            (this.encoding, this.rows, this.label) = (encoding, rows, label);
            size = Math.Max(1, encoding.Width) * window;
            if ((long)rows.Count * size > MostKept)
                return;
            var encoded = new float[rows.Count * size];
            for (var row = 0; row < rows.Count; row++)
                Encode(row, encoded.AsSpan(row * size, size));
            kept = encoded;
        }

        public override int Count => rows.Count;

        public override float Copy(int example, Span<float> input, Span<float> target)
        {
            if (kept is null)
                Encode(example, input);
            else
                kept.AsSpan(example * size, size).CopyTo(input);
            target[0] = (rows.Target.Labels[example] - label.Mean) / label.Scale;
            return rows.Target.Weights?[example] ?? 1;
        }

        private void Encode(int example, Span<float> into)
        {
            var columns = rows.Features.Columns.Count;
            if (room is null || room.Length < columns)
                room = new float[columns];
            rows.Features.CopyRow(example, room);
            NetworkOfRows.Encode(encoding, room.AsSpan(0, columns), into);
        }
    }
}
