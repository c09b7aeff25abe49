using System.Text.Json.Serialization;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Neural;

/// <summary>A network of dense layers over a table's rows: numbers standardised, missing ones marked, a place for each category.</summary>
public sealed record NeuralNetworkLearner : Learner
{
    public const string Name = "neural-network";

    private const int MostLayers = 20, MostUnits = 4096;

    /// <summary>Units of each hidden layer; none at all gives a linear model.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [128, 64];

    /// <summary>Share of the hidden units left out at random in each step of the training.</summary>
    public double Dropout { get; init; } = 0.1;

    public int Epochs { get; init; } = 200;
    public int BatchSize { get; init; } = 128;
    public double LearningRate { get; init; } = 2e-3;
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Epochs without a better validation loss after which it ends.</summary>
    public int Patience { get; init; } = 30;

    [JsonIgnore]
    public override string Kind => Name;

    public override void Check()
    {
        BoostingOptions.Must(Layers is not null && Layers.Count <= MostLayers && Layers.All(units => units is >= 1 and <= MostUnits), nameof(Layers), $"up to {MostLayers} layers of 1 to {MostUnits} units");
        BoostingOptions.Must(Dropout is >= 0 and < 1, nameof(Dropout), "0 to below 1");
        OptionsFor(new LearningContext(), 1).Check();
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        rows.CheckFor(task, validation);
        var encoding = TableEncoding.Of(rows.Features, rows.Target.Weights);
        var label = task.IsClassification ? (Mean: 0f, Scale: 1f) : LabelScale(rows.Target);
        var network = Build(Math.Max(1, encoding.Width), task.Outputs, context.Seed);
        NetworkLoss loss = task.IsClassification ? new CrossEntropy() : NetworkLoss.Squared;
        new NetworkTrainer(network, loss, new EncodedRows(encoding, rows, label), validation is null ? null : new EncodedRows(encoding, validation, label), OptionsFor(context, rows.Count), context.Threads)
            .Run(context.Progress, cancel: context.Cancel);
        Unscale(network, label);
        return new NeuralNetworkModel(task, encoding, network);
    }

    /// <summary>A step of a small table sees an eighth of it, so that an epoch is more than one step.</summary>
    private NetworkTraining OptionsFor(LearningContext context, int rows) => new()
    {
        Epochs = Epochs,
        BatchSize = Math.Min(BatchSize, Math.Max(16, rows / 8)),
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Patience = Patience,
        Seed = context.Seed,
    };

    private Network Build(int inputs, int outputs, int seed)
    {
        var builder = new NetworkBuilder(Shape.Row(inputs));
        foreach (var units in Layers)
            builder.Then(new Dense(units)).Then(new Activation(ActivationFunction.Swish)).Then(new Dropout((float)Dropout));
        return builder.Then(new Dense(outputs)).Build(seed);
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

    private static (float Mean, float Scale) LabelScale(LearningTarget target)
    {
        var (weight, sum, squares) = (0.0, 0.0, 0.0);
        for (var row = 0; row < target.Labels.Length; row++)
            (weight, sum) = (weight + (target.Weights?[row] ?? 1), sum + (target.Weights?[row] ?? 1) * (double)target.Labels[row]);
        var mean = sum / weight;
        for (var row = 0; row < target.Labels.Length; row++)
            squares += (target.Weights?[row] ?? 1) * (target.Labels[row] - mean) * (target.Labels[row] - mean);
        var scale = (float)Math.Sqrt(squares / weight);
        return ((float)mean, scale > 1e-6 * Math.Abs(mean) ? scale : 1); // less is rounding of the mean
    }

    private sealed class EncodedRows : ExampleSet
    {
        private readonly TableRows rows;
        private readonly (float Mean, float Scale) label;
        private readonly int width;
        private readonly float[] numbers;

        public EncodedRows(TableEncoding encoding, TableRows rows, (float Mean, float Scale) label)
        {
            (this.rows, this.label, width) = (rows, label, encoding.Width);
            if ((long)rows.Count * width > Array.MaxLength)
                throw new Kernel.ProblemException("urn:dure:learn:too-large", $"{rows.Count} rows of {width} numbers each are too many for a network.", "the table", $"Give fewer rows or columns, up to {Array.MaxLength} numbers in all; or use boosted trees.");
            numbers = new float[rows.Count * width];
            var (row, encoded) = (new float[rows.Features.Columns.Count], new double[width]);
            for (var i = 0; i < rows.Count; i++)
            {
                rows.Features.CopyRow(i, row);
                encoding.Encode(row, encoded);
                for (var j = 0; j < width; j++)
                    numbers[i * width + j] = (float)encoded[j];
            }
        }

        public override int Count => rows.Count;

        public override float Copy(int example, Span<float> input, Span<float> target)
        {
            input.Clear(); // where no column says anything there is one place that stays 0
            numbers.AsSpan(example * width, width).CopyTo(input);
            target[0] = (rows.Target.Labels[example] - label.Mean) / label.Scale;
            return rows.Target.Weights?[example] ?? 1;
        }
    }
}
