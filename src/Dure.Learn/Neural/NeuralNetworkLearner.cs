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

    [JsonIgnore]
    public override bool EndsByValidation => true;

    public override void Check()
    {
        BoostingOptions.Must(Layers is not null && Layers.Count <= MostLayers && Layers.All(units => units is >= 1 and <= MostUnits), nameof(Layers), $"up to {MostLayers} layers of 1 to {MostUnits} units");
        BoostingOptions.Must(Dropout is >= 0 and < 1, nameof(Dropout), "0 to below 1");
        OptionsFor(1).Check();
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        return NetworkOfRows.Train(Name, task, rows, validation, 1, inputs => Build(inputs, task.Outputs, context.Seed), OptionsFor(rows.Count), context);
    }

    /// <summary>A step of a small table sees an eighth of it, so that an epoch is more than one step.</summary>
    private NetworkTraining OptionsFor(int rows) => new()
    {
        Epochs = Epochs,
        BatchSize = Math.Min(BatchSize, Math.Max(16, rows / 8)),
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Patience = Patience,
    };

    private Network Build(int inputs, int outputs, int seed)
    {
        var builder = new NetworkBuilder(Shape.Row(inputs));
        foreach (var units in Layers)
            builder.Then(new Dense(units)).Then(new Activation(ActivationFunction.Swish)).Then(new Dropout((float)Dropout));
        return builder.Then(new Dense(outputs)).Build(seed);
    }
}
