using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Neural;

namespace Dure.Learn;

/// <summary>A network of convolutions that rebuilds windows of healthy rows from fewer numbers; what it rebuilds badly it has not seen: faults that change
/// how signals move together and in time. Hinton and Salakhutdinov (2006); of convolutions Masci, Meier, Ciresan and Schmidhuber (2011).</summary>
/// <remarks>The network learns from the first 70 % of commissioning, stops by the next 15 %, and its limit rests on the last 15 %.</remarks>
public sealed record Autoencoder : AnomalyRecipe
{
    // What more windows would add is less than an epoch costs.
    private const int MostWindows = 4096;

    // A window of so many numbers takes about a tenth of a second to score.
    private const int MostNumbers = 1 << 15;

    private const double Learns = 0.7, Stops = 0.85;

    public override string Name => "autoencoder";

    public override string Title => "Autoencoder over windows";

    /// <summary>Rows of a window, the newest the one that is scored; a multiple of 4.</summary>
    public int Rows { get; init; } = 16;

    /// <summary>Channels of the outer layers; the inner ones have half, at a quarter of the rows.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Taps of a filter along time.</summary>
    public int Taps { get; init; } = 5;

    /// <summary>Times that all windows are learnt from, at most.</summary>
    public int Epochs { get; init; } = 20;

    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Share of held-out healthy windows that stays below the limit.</summary>
    public double Confidence { get; init; } = 0.99;

    public int Seed { get; init; } = 1;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("rows", Rows, Blind),
        new("width", Width, Blind),
        new("taps", Taps, "usual for networks of this size"),
        new("epochs", Epochs, Blind),
        new("learningRate", LearningRate, "usual for networks of this size"),
        new("confidence", Confidence, "the customary 99 % limit of process monitoring, MacGregor and Kourti (1995), over rows left out of the fit"),
        new("seed", Seed, "any"),
    ];

    private const string Blind = "the best of five settings by faults injected into healthy rows of SKAB v0.9 (Katser and Kozitsin, 2020); no label was read";

    /// <summary>The shortest part must hold some windows whole.</summary>
    public override int FewestRows(int columns) => Math.Max(columns + 2, (int)Math.Ceiling(2 * Rows / (1 - Stops)));

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(Rows % 4, 0);
        var columns = scale.Columns;
        if ((long)Rows * columns > MostNumbers)
            throw new ProblemException("urn:dure:learn:too-many-signals", $"{columns} signals over {Rows} rows are {(long)Rows * columns:N0} numbers a window; {MostNumbers:N0} are possible.", $"fit of {Name}", "Take shorter windows or leave signals out.");
        var (learn, stop) = ((int)(Learns * scale.Rows), (int)(Stops * scale.Rows));
        var network = Train(new(standardised, columns, Rows, 0, learn, MostWindows), new(standardised, columns, Rows, learn, stop, MostWindows), cancel);
        var rebuilding = RebuildingNetwork.Of(network);
        var held = new HealthyWindows(standardised, columns, Rows, stop, scale.Rows, MostWindows);
        var state = held.At(scale.Rows - 1);
        return AutoencoderDetector.Of(this, scale, state, rebuilding, held, cancel);
    }

    private Network Train(HealthyWindows learn, HealthyWindows stop, CancellationToken cancel)
    {
        var layers = new WindowTraining { Width = Width, Taps = Taps, Dropout = 0, Epochs = Epochs, BatchSize = 32, LearningRate = LearningRate, WeightDecay = 1e-4, Patience = 10 };
        layers.Check();
        var task = new WindowTask.Rebuild();
        var network = WindowLayers.Build(task, new WindowShape(learn.Columns, Rows), layers, Seed);
        // Machines are fitted side by side, so one thread is this machine's share.
        new NetworkTrainer(network, task.Loss, learn, stop, layers.ForSeed(Seed), threads: 1).Run(cancel: cancel);
        return network;
    }
}

/// <summary>Windows of standardised rows, the newest row first; each is to be rebuilt.</summary>
internal sealed class HealthyWindows : ExampleSet
{
    private readonly double[] rows;
    private readonly int length, first, step;

    /// <param name="from">The first row that a window may hold.</param>
    /// <param name="to">One behind the last.</param>
    /// <param name="most">Evenly thinned to so many.</param>
    public HealthyWindows(double[] rows, int columns, int length, int from, int to, int most)
    {
        (this.rows, Columns, this.length, first) = (rows, columns, length, from + length - 1);
        var all = Math.Max(0, to - first);
        step = 1 + all / most;
        Count = (all + step - 1) / step;
    }

    public int Columns { get; }

    public override int Count { get; }

    /// <summary>The window whose newest row is this one.</summary>
    public double[] At(int row)
    {
        var window = new double[length * Columns];
        for (var back = 0; back < length; back++)
            rows.AsSpan((row - back) * Columns, Columns).CopyTo(window.AsSpan(back * Columns));
        return window;
    }

    public double[] Window(int number) => At(first + number * step);

    public override float Copy(int example, Span<float> input, Span<float> target)
    {
        var row = first + example * step;
        for (var back = 0; back < length; back++)
            for (var j = 0; j < Columns; j++)
                input[back * Columns + j] = (float)rows[(row - back) * Columns + j];
        input.CopyTo(target);
        return 1;
    }
}
