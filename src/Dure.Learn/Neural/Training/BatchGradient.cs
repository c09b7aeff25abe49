namespace Dure.Learn.Neural;

/// <summary>
/// The gradient of a batch: cut into parts by its size alone, each part run by one thread in room of its own, the parts' gradients added in order. So
/// the number of threads changes no bit of it.
/// </summary>
internal sealed class BatchGradient
{
    /// <summary>Parts at most: what more threads than this would be idle for.</summary>
    private const int MostParts = 8;

    private readonly Network network;
    private readonly NetworkLoss loss;
    private readonly int threads, leastRows;
    private readonly Workspace[] workspaces = new Workspace[MostParts];
    private readonly float[][] targets = new float[MostParts][];
    private readonly float[][] weights = new float[MostParts][];
    private readonly double[] losses = new double[MostParts];
    private readonly double[] totals = new double[MostParts];
    private readonly Action<int> runPart, addBlock;

    // Of the batch in work.
    private ExampleSet examples = null!; // Run sets it before any part reads it
    private ArraySegment<int> batch;
    private int partRows, parts;
    private ulong? step;

    /// <param name="threads">At most; 0: one for each core.</param>
    /// <param name="leastRows">Examples below which a part is not worth its own copy of the gradients.</param>
    public BatchGradient(Network network, NetworkLoss loss, int threads, int leastRows = 32)
    {
        (this.network, this.loss, this.threads, this.leastRows) = (network, loss, threads, leastRows);
        Gradient = new float[network.Parameters.Length];
        (runPart, addBlock) = (RunPart, AddBlock);
    }

    /// <summary>Mean over the batch, weighted by the examples' weights; in the order of <see cref="Network.Parameters"/>.</summary>
    public float[] Gradient { get; }

    /// <summary>Computes <see cref="Gradient"/> for a batch of examples.</summary>
    /// <param name="step">What dropout draws from.</param>
    /// <returns>The mean loss.</returns>
    public double Run(ExampleSet from, ArraySegment<int> rows, ulong step, CancellationToken cancel)
    {
        var mean = Share(from, rows, step, cancel);
        const int block = 1 << 14;
        InParallel.For((Gradient.Length + block - 1) / block, addBlock, cancel, threads);
        foreach (var node in network.Nodes)
        {
            for (var part = 0; node.RememberedSize > 0 && part < parts; part++)
                node.Layer.Remember(workspaces[part].Sites[node.Number], network.Remembered.AsSpan(node.RememberedOffset, node.RememberedSize));
        }
        return mean;
    }

    /// <summary>The mean loss of examples, without training.</summary>
    public double Loss(ExampleSet from, ArraySegment<int> rows, CancellationToken cancel) => Share(from, rows, null, cancel);

    private double Share(ExampleSet from, ArraySegment<int> rows, ulong? step, CancellationToken cancel)
    {
        (examples, batch, this.step) = (from, rows, step);
        partRows = Math.Max(leastRows, (rows.Count + MostParts - 1) / MostParts);
        parts = (rows.Count + partRows - 1) / partRows;
        if (parts == 1)
            RunPart(0);
        else
            InParallel.For(parts, runPart, cancel, threads);
        var (sum, total) = (0.0, 0.0);
        for (var part = 0; part < parts; part++)
            (sum, total) = (sum + losses[part], total + totals[part]);
        return sum / total;
    }

    private void RunPart(int part)
    {
        var workspace = workspaces[part] ??= new Workspace(network);
        var (first, rows) = (part * partRows, Math.Min(partRows, batch.Count - part * partRows));
        var (outputs, size) = (network.Output.Size, loss.TargetSize(network.Output.Size));
        if (weights[part] is null || weights[part].Length < rows)
            (targets[part], weights[part]) = (new float[rows * size], new float[rows]);
        var inputs = workspace.Prepare(rows);
        for (var row = 0; row < rows; row++)
            weights[part][row] = examples.Copy(batch[first + row], inputs.Slice(row * network.Input.Size, network.Input.Size), targets[part].AsSpan(row * size, size));
        var output = workspace.Forward(step, first);
        var gradient = workspace.PrepareBackward();
        (losses[part], totals[part]) = (0, 0);
        for (var row = 0; row < rows; row++)
        {
            var weight = weights[part][row];
            var slope = gradient.Slice(row * outputs, outputs);
            losses[part] += weight * loss.Of(output.Slice(row * outputs, outputs), targets[part].AsSpan(row * size, size), slope);
            totals[part] += weight;
            if (weight != 1)
            {
                foreach (ref var value in slope)
                    value *= weight;
            }
        }
        if (step is not null)
            workspace.Backward();
    }

    private void AddBlock(int block)
    {
        const int size = 1 << 14;
        var target = Gradient.AsSpan(block * size, Math.Min(size, Gradient.Length - block * size));
        var total = 0.0;
        for (var part = 0; part < parts; part++)
            total += totals[part];
        target.Clear();
        for (var part = 0; part < parts; part++)
            FloatMath.AddScaled((float)(1 / total), workspaces[part].WeightGradient.AsSpan(block * size, target.Length), target);
    }
}
