using Dure.Kernel;

namespace Dure.Learn;

/// <summary>What a training run is asked to do. The defaults are four detectors with their fixed recipes.</summary>
public sealed record TrainingOptions
{
    /// <summary>Name under which the model is registered.</summary>
    public string Name { get; init; } = "anomaly";

    /// <summary>What is tried. A recipe that needs more commissioning rows than a machine has is left out, unless all do.</summary>
    public IReadOnlyList<AnomalyRecipe> Recipes { get; init; } = [new Mewma(), new RecoveringMewma(), new PcaMonitor(), new IsolationForest()];

    /// <summary>Machines whose whole recording is known to be fault-free. They set limits and choose; they are neither fitted nor judged.</summary>
    public IReadOnlyList<AssetId> Reference { get; init; } = [];

    /// <summary>Start of every random sequence of the run.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>How far a training run has come.</summary>
/// <param name="Stage">What is being done, in words.</param>
/// <param name="Done">Units finished.</param>
/// <param name="Total">Units of this stage; 0 when not yet known.</param>
public readonly record struct TrainingProgress(string Stage, int Done, int Total);
