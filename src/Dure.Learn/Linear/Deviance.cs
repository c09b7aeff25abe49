using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Dure.Optimize.Numerics;

namespace Dure.Learn.Linear;

/// <summary>
/// The mean deviance of classes under weighted sums of a row's numbers, and its slope: what logistic regression makes small. Variables are for each
/// output the weights, then its intercept.
/// </summary>
internal sealed class Deviance
{
    private const long MostNumbers = 1L << 28;
    private const int MostBlocks = 64;
    private const int LeastInBlock = 256;

    private readonly LearningTask task;
    private readonly float[] labels;
    private readonly float[] numbers;
    private readonly int width, threads;
    private readonly (int First, int End)[] blocks;
    private readonly CancellationToken cancel;

    public Deviance(LearningTask task, TableEncoding encoding, TableRows rows, LearningContext context)
    {
        (this.task, labels, width, threads, cancel) = (task, rows.Target.Labels, encoding.Width, context.Threads, context.Cancel);
        if ((long)rows.Count * width > MostNumbers)
            throw new Kernel.ProblemException("urn:dure:learn:too-large", $"{rows.Count} rows of {width} numbers each are too many for logistic regression.", "the table", $"Give fewer rows or columns, up to {MostNumbers} numbers in all; or use boosted trees.");
        // As many blocks whatever the threads, each with sums of its own.
        var count = (int)Math.Clamp(Math.Min(rows.Count / LeastInBlock, (1L << 24) / Variables), 1, MostBlocks);
        blocks = [.. Enumerable.Range(0, count).Select(block => ((int)((long)rows.Count * block / count), (int)((long)rows.Count * (block + 1) / count)))];
        numbers = new float[(long)rows.Count * width];
        InParallel.For(count, block => Encode(encoding, rows.Features, blocks[block]), cancel, threads);
    }

    /// <summary>Numbers of a row.</summary>
    public int Width => width;

    public int Variables => task.Outputs * (width + 1);

    /// <summary>The deviance and its slope with a ridge on the weights.</summary>
    /// <param name="weights">What each row counts; rows of 0 are left out.</param>
    public double Of(ReadOnlySpan<double> at, Span<double> slope, double[] weights, double ridge)
    {
        var variables = at.ToArray();
        var (slopes, sums) = (new double[blocks.Length][], new (double Loss, double Weight)[blocks.Length]);
        InParallel.For(blocks.Length, block => sums[block] = OfBlock(blocks[block], variables, slopes[block] = new double[variables.Length], weights), cancel, threads);
        var (loss, weight) = (0.0, 0.0);
        slope.Clear();
        for (var block = 0; block < blocks.Length; block++)
        {
            (loss, weight) = (loss + sums[block].Loss, weight + sums[block].Weight);
            Vectors.Add(slope, 1, slopes[block]);
        }
        loss /= weight;
        for (var i = 0; i < variables.Length; i++)
        {
            slope[i] /= weight;
            if (i % (width + 1) == width)
                continue;
            slope[i] += ridge * variables[i];
            loss += ridge * variables[i] * variables[i] / 2;
        }
        return loss;
    }

    /// <summary>The deviance alone.</summary>
    public double Of(double[] variables, double[] weights) => Of(variables, new double[variables.Length], weights, 0);

    private (double Loss, double Weight) OfBlock((int First, int End) block, double[] variables, double[] slope, double[] weights)
    {
        var (loss, weight) = (0.0, 0.0);
        var (row, scores) = (new double[width + 1], new double[task.Outputs]);
        row[width] = 1;
        for (var at = block.First; at < block.End; at++)
        {
            if (weights[at] == 0)
                continue;
            for (var i = 0; i < width; i++)
                row[i] = numbers[(long)at * width + i];
            for (var output = 0; output < scores.Length; output++)
                scores[output] = Vectors.Dot(variables.AsSpan(output * row.Length, row.Length), row);
            loss += weights[at] * LossOf(scores, (int)labels[at]);
            weight += weights[at];
            for (var output = 0; output < scores.Length; output++)
                Vectors.Add(slope.AsSpan(output * row.Length, row.Length), weights[at] * scores[output], row);
        }
        return (loss, weight);
    }

    /// <summary>The deviance of one row; its scores become their slopes.</summary>
    private static double LossOf(double[] scores, int label)
    {
        if (scores.Length == 1)
        {
            var score = scores[0];
            scores[0] = 1 / (1 + Math.Exp(-score)) - label;
            return LogisticLoss.LogOnePlusExp(label == 1 ? -score : score);
        }
        var highest = scores.Max();
        var sum = 0.0;
        foreach (var score in scores)
            sum += Math.Exp(score - highest);
        var loss = Math.Log(sum) + highest - scores[label];
        for (var output = 0; output < scores.Length; output++)
            scores[output] = Math.Exp(scores[output] - highest) / sum - (output == label ? 1 : 0);
        return loss;
    }

    private void Encode(TableEncoding encoding, FeatureTable table, (int First, int End) block)
    {
        var (row, encoded) = (new float[table.Columns.Count], new double[width]);
        for (var at = block.First; at < block.End; at++)
        {
            table.CopyRow(at, row);
            encoding.Encode(row, encoded);
            for (var i = 0; i < width; i++)
                numbers[(long)at * width + i] = (float)encoded[i];
        }
    }
}
