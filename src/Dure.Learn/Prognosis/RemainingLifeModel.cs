using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Linear;
using Dure.Learn.Tables;

namespace Dure.Learn.Prognosis;

/// <summary>Says how many rows a machine has left. Immutable; each machine has a stream of its own.</summary>
public sealed class RemainingLifeModel
{
    private const int FewestLives = 3;

    private readonly FeaturePlan plan;
    private readonly TableModel index, life;

    private RemainingLifeModel(RemainingLifeRecipe recipe, IReadOnlyList<FeatureSignal> signals, TableModel index, TableModel life) =>
        (Recipe, Signals, plan, this.index, this.life) = (recipe, signals, PlanOf(recipe, signals), index, life);

    public RemainingLifeRecipe Recipe { get; }

    /// <summary>What a row holds, in this order.</summary>
    public IReadOnlyList<FeatureSignal> Signals { get; }

    /// <summary>What the model looks at, in words.</summary>
    public IReadOnlyList<PlannedFeature> Features => plan.Features;

    /// <param name="lives">Whole lives of machines, each from its first row to the row at which it failed.</param>
    /// <exception cref="ProblemException">The recipe or the rows make no sense.</exception>
    public static RemainingLifeModel Train(RemainingLifeRecipe recipe, IReadOnlyList<FeatureSignal> signals, IReadOnlyList<SignalRows> lives, LearningContext context)
    {
        recipe.Check();
        if (lives.Count < FewestLives)
            throw RemainingLifeRecipe.Bad($"There are {lives.Count} machines that ran until they failed.", "rows to learn from", $"Give {FewestLives} or more; dozens are better.");
        var left = lives.SelectMany(machine => Left(machine.TimesMicros.Length, recipe.MostLife)).ToArray();
        var rows = FeatureSet.Parse(new JsonObject { ["version"] = 1, ["features"] = new JsonArray("*") }).Bind(signals).Compute(lives, context.Threads, context.Cancel);
        var index = recipe.Index.Train(LearningTask.Regression, new TableRows(rows, new LearningTarget(Array.ConvertAll(left, rest => rest / (float)recipe.MostLife))), null, context);

        var health = index.Predict(rows, context.Threads, context.Cancel);
        var plan = PlanOf(recipe, signals);
        var features = plan.Compute([.. WithHealth(lives, health)], context.Threads, context.Cancel);
        var chosen = Chosen(lives, recipe.Stride);
        var learnt = new TableRows(features.Take(chosen), new LearningTarget(Array.ConvertAll(chosen, row => left[row])));
        return new RemainingLifeModel(recipe, signals, index, recipe.Learner.Train(LearningTask.Regression, learnt, null, context));
    }

    /// <summary>Begins to follow a machine.</summary>
    public RemainingLifeStream Start() => new(plan.Start(), index, life, Recipe.MostLife);

    /// <summary>The remaining life at the last of a machine's rows.</summary>
    public double AtEnd(SignalRows machine, CancellationToken cancel = default)
    {
        var stream = Start();
        var signals = new double[Signals.Count];
        var last = double.NaN;
        for (var row = 0; row < machine.TimesMicros.Length; row++)
        {
            cancel.ThrowIfCancellationRequested();
            for (var i = 0; i < signals.Length; i++)
                signals[i] = machine.Signals[i][row];
            last = stream.Next(machine.TimesMicros[row], signals);
        }
        return last;
    }

    /// <summary>The model as canonical JSON: the same model gives the same bytes.</summary>
    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["recipe"] = Recipe.ToJson(),
        ["signals"] = new JsonArray([.. Signals.Select(signal => new JsonObject { ["name"] = signal.Name, ["unit"] = signal.Unit?.Code })]),
        ["index"] = JsonNode.Parse(index.Write()),
        ["life"] = JsonNode.Parse(life.Write()),
    });

    /// <exception cref="ProblemException">The bytes are no such model.</exception>
    public static RemainingLifeModel Read(ReadOnlyMemory<byte> file) => ModelFile.Checked(() =>
    {
        var whole = JsonNode.Parse(file.Span)!.AsObject();
        var recipe = RemainingLifeRecipe.Parse(whole["recipe"]!.AsObject());
        FeatureSignal[] signals = [.. whole["signals"]!.AsArray().Select(signal => new FeatureSignal(signal!["name"]!.GetValue<string>(), signal["unit"]?.GetValue<string>() is { } unit ? Unit.Parse(unit) : null))];
        TableModel part(string name, Learner learner) => LearnerCatalog.Read(learner.Kind, CanonicalJson.Serialize(whole[name]!));
        var model = new RemainingLifeModel(recipe, signals, part("index", recipe.Index), part("life", recipe.Learner));
        ModelFile.Must(model.index.Features.SequenceEqual(signals.Select(signal => signal.Name), StringComparer.Ordinal), "its health is of other signals");
        ModelFile.Must(model.life.Features.SequenceEqual(model.Features.Select(feature => feature.Name), StringComparer.Ordinal), "it was learnt from other features");
        return model;
    });

    private static FeaturePlan PlanOf(RemainingLifeRecipe recipe, IReadOnlyList<FeatureSignal> signals) => signals.Any(signal => signal.Name == RemainingLifeRecipe.Health || signal.IsCategory)
        ? throw RemainingLifeRecipe.Bad($"A signal is called '{RemainingLifeRecipe.Health}' or holds categories.", "signals", "Rename it, or leave it out.")
        : recipe.Features.Bind([.. signals, new FeatureSignal(RemainingLifeRecipe.Health, Unit.One)]);

    /// <summary>Rows left after each row, at most so many.</summary>
    private static IEnumerable<float> Left(int rows, double most) => Enumerable.Range(0, rows).Select(row => (float)Math.Min(most, rows - 1 - row));

    private static IEnumerable<SignalRows> WithHealth(IReadOnlyList<SignalRows> lives, double[] health)
    {
        var at = 0;
        foreach (var machine in lives)
        {
            yield return machine with { Signals = [.. machine.Signals, health[at..(at + machine.TimesMicros.Length)]] };
            at += machine.TimesMicros.Length;
        }
    }

    /// <summary>Each so manieth row of a machine, begun elsewhere in each, so that all ages are there.</summary>
    private static int[] Chosen(IReadOnlyList<SignalRows> lives, int stride)
    {
        var (chosen, start) = (new List<int>(), 0);
        for (var machine = 0; machine < lives.Count; machine++)
        {
            for (var row = machine % stride; row < lives[machine].TimesMicros.Length; row += stride)
                chosen.Add(start + row);
            start += lives[machine].TimesMicros.Length;
        }
        return [.. chosen];
    }
}

/// <summary>Follows one machine, row by row.</summary>
public sealed class RemainingLifeStream
{
    private readonly FeatureStream stream;
    private readonly TableModel index, life;
    private readonly double mostLife;
    private readonly float[] row, features;
    private readonly double[] signals;
    private readonly double[] answer = new double[1];

    internal RemainingLifeStream(FeatureStream stream, TableModel index, TableModel life, double mostLife)
    {
        (this.stream, this.index, this.life, this.mostLife) = (stream, index, life, mostLife);
        (row, features, signals) = (new float[index.Features.Count], new float[life.Features.Count], new double[index.Features.Count + 1]);
    }

    /// <summary>How healthy the newest row looks: 1 when much life is left, 0 at the end; single rows are noisy.</summary>
    public double Health => signals[^1];

    /// <summary>Takes the machine's next row.</summary>
    /// <param name="values">A value for each signal of the model, NaN where it is missing.</param>
    /// <returns>Rows left, at most <see cref="RemainingLifeRecipe.MostLife"/>, which means that or more.</returns>
    public double Next(long micros, ReadOnlySpan<double> values)
    {
        values.CopyTo(signals);
        for (var i = 0; i < row.Length; i++)
            row[i] = float.IsInfinity((float)values[i]) ? float.NaN : (float)values[i];
        index.Predict(row, answer);
        signals[^1] = answer[0];
        stream.Next(micros, signals, features);
        life.Predict(features, answer);
        return Math.Clamp(answer[0], 0, mostLife);
    }
}
