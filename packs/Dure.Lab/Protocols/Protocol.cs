using Dure.Kernel;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Protocols;

/// <summary>Where a parameter of a step gets its value from.</summary>
public abstract record StepValue
{
    private StepValue() { }

    /// <summary>A factor of the plan, converted to the unit of the parameter.</summary>
    public sealed record OfFactor(string Factor) : StepValue;

    /// <summary>The same in every trial.</summary>
    public sealed record Constant(ActionValue Value) : StepValue;

    /// <summary>What an earlier step of the same trial gave.</summary>
    public sealed record OfStep(string Step, string Result) : StepValue;
}

/// <summary>One action of one instrument in the making of a trial.</summary>
public sealed record ProtocolStep
{
    public required string Name { get; init; }

    /// <summary>The instruments that can do it, the preferred first.</summary>
    public required IReadOnlyList<string> Instruments { get; init; }

    public required string Action { get; init; }

    /// <summary>For each parameter of the action where it comes from.</summary>
    public required IReadOnlyDictionary<string, StepValue> Set { get; init; }

    /// <summary>The outcomes of the plan that it measures, and the action's result that each is.</summary>
    public IReadOnlyDictionary<string, string> Measure { get; init; } = new Dictionary<string, string>();

    /// <summary>The parameter that is given the sample's barcode; null: the instrument does not take one.</summary>
    public string? Sample { get; init; }

    /// <summary>The result in which the instrument says which barcode it saw; another one is never counted as this trial's.</summary>
    public string? Scanned { get; init; }

    /// <summary>The materials it uses up, and how much of each.</summary>
    public IReadOnlyDictionary<string, StepValue> Uses { get; init; } = new Dictionary<string, StepValue>();

    /// <summary>How long it is expected to take.</summary>
    public TimeSpan Expected { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the sample must rest after the step before.</summary>
    public TimeSpan LeastWait { get; init; }

    /// <summary>How long it may wait at most after the step before; null: as long as it takes.</summary>
    public TimeSpan? MostWait { get; init; }
}

/// <summary>How a trial is made: steps over instruments, one after the other.</summary>
public sealed record Protocol
{
    public const int MostSteps = 50;

    private Protocol(IReadOnlyList<ProtocolStep> steps) => Steps = steps;

    public IReadOnlyList<ProtocolStep> Steps { get; }

    public ProtocolStep Step(string name) => Steps.First(step => step.Name == name);

    /// <summary>Checks that the steps make a trial of the plan: each factor is set by one, each outcome measured by one.</summary>
    /// <exception cref="ProblemException">They do not; it names the step and what is missing.</exception>
    public static Protocol Of(IReadOnlyList<ProtocolStep> steps, SearchSpace space, IReadOnlyList<string> outcomes)
    {
        if (steps.Count is 0 or > MostSteps)
            throw Bad("protocol", $"It has {steps.Count} steps.", $"Name 1 to {MostSteps}.");
        var before = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            var where = $"step '{step.Name}'";
            if (step.Instruments.Count == 0)
                throw Bad(where, "It names no instrument.", "Name one that can do it.");
            foreach (var (parameter, source) in step.Set.Concat(step.Uses))
                if (source is StepValue.OfFactor { Factor: var factor })
                    _ = space.NumberOf(factor);
                else if (source is StepValue.OfStep { Step: var earlier } && !before.Contains(earlier))
                    throw Bad($"{where}, parameter '{parameter}'", $"There is no step '{earlier}' before it.", $"Name one of: {string.Join(", ", before)}.");
            if (step.Measure.Keys.FirstOrDefault(name => !outcomes.Contains(name)) is { } stranger)
                throw Bad(where, $"It measures '{stranger}', which is no outcome of the plan.", $"The outcomes are: {string.Join(", ", outcomes)}.");
            if (step.MostWait < step.LeastWait)
                throw Bad(where, $"It must wait at least {step.LeastWait} and at most {step.MostWait}.", "Leave room between them.");
            if (!before.Add(step.Name))
                throw Bad(where, "Two steps have this name.", "Give each its own.");
        }
        var used = steps.SelectMany(step => step.Set.Values).OfType<StepValue.OfFactor>().Select(source => source.Factor).ToHashSet(StringComparer.Ordinal);
        if (space.Factors.FirstOrDefault(factor => !used.Contains(factor.Name)) is { } idle)
            throw Bad($"factor '{idle.Name}'", "No step of the protocol sets it: its value would change nothing.", "Set a parameter from it, or leave it out of the plan.");
        foreach (var outcome in outcomes)
            if (steps.Count(step => step.Measure.ContainsKey(outcome)) is var count and not 1)
                throw Bad($"outcome '{outcome}'", count == 0 ? "No step measures it." : $"{count} steps measure it.", "Let one step measure it.");
        return new Protocol([.. steps]);
    }

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:lab:bad-protocol", what, where, mend);
}
