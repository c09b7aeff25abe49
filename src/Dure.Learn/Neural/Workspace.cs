namespace Dure.Learn.Neural;

/// <summary>One thread's room for a network: runs one part of a batch forward and back. Not for two threads at once.</summary>
internal sealed class Workspace
{
    private readonly Site[] sites;
    private ulong seed;
    private long firstRow;

    /// <param name="hasInputGradient">Whether the gradient of what goes in is computed too; training does not need it.</param>
    public Workspace(Network network, bool hasInputGradient = false)
    {
        (Network, HasInputGradient) = (network, hasInputGradient);
        sites = new Site[network.Nodes.Count];
        for (var i = 0; i < sites.Length; i++)
            sites[i] = new Site(this, network.Nodes[i], sites);
        WeightGradient = GC.AllocateArray<float>(network.Parameters.Length, pinned: true);
    }

    public Network Network { get; }
    public bool HasInputGradient { get; }
    public int Rows { get; private set; }
    public bool IsTraining { get; private set; }

    /// <summary>Sum over the examples of this part; in the order of <see cref="Network.Parameters"/>.</summary>
    public float[] WeightGradient { get; }

    public ReadOnlySpan<float> InputGradient => sites[0].Gradient;

    public IReadOnlyList<Site> Sites => sites;

    /// <summary>The gradient of the output, which whoever judges the output writes.</summary>
    public Span<float> OutputGradient => sites[^1].Gradient;

    /// <summary>Where the inputs of the examples go before <see cref="Forward"/>.</summary>
    public Span<float> Prepare(int rows)
    {
        Rows = rows;
        foreach (var site in sites)
            site.Resize();
        return sites[0].Value;
    }

    /// <summary>Computes the outputs.</summary>
    /// <param name="step">What dropout draws from, together with each example's number; null: no training.</param>
    /// <param name="first">The number of the first example in its batch.</param>
    public ReadOnlySpan<float> Forward(ulong? step = null, long first = 0)
    {
        (IsTraining, seed, firstRow) = (step is not null, step ?? 0, first);
        foreach (var site in sites.AsSpan(1))
            site.Layer.Forward(site);
        return sites[^1].Value;
    }

    /// <summary>Makes room for the gradients; then the output's gradient can be written.</summary>
    public Span<float> PrepareBackward()
    {
        foreach (var site in sites)
            site.StartBackward();
        sites[^1].MarkReached();
        return OutputGradient;
    }

    /// <summary>From the gradient of the output to those of all weights.</summary>
    public void Backward()
    {
        WeightGradient.AsSpan().Clear();
        for (var i = sites.Length - 1; i > 0; i--)
        {
            if (sites[i].NeedsGradient && sites[i].IsReached)
                sites[i].Layer.Backward(sites[i]);
        }
    }

    public ulong SeedOf(int row) => (seed * 0x9E3779B97F4A7C15) ^ (ulong)(firstRow + row) * 0xD1B54A32D192ED03;
}
