using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Kernel;
using Dure.Learn.Gaussian;
using Dure.Learn.Linear;
using Dure.Learn.Neural;
using Dure.Learn.Search;
using Dure.Learn.Trees;

namespace Dure.Learn.Learners;

/// <summary>All learners there are, by the word a recipe uses; and how the models they made are read again.</summary>
public static class LearnerCatalog
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 16,
    };

    /// <summary>One line for each kind: its parameters with their defaults, and how its models are read.</summary>
    private static readonly Entry[] Entries =
    [
        Entry.Of<BoostedTreesLearner>(BoostedTreesLearner.Name, BoostedTreesModel.Read),
        Entry.Of<LinearLearner>(LinearLearner.Name, file => LinearModel.Read(LinearLearner.Name, file)),
        Entry.Of<LogisticLearner>(LogisticLearner.Name, file => LinearModel.Read(LogisticLearner.Name, file)),
        Entry.Of<RandomForestLearner>(RandomForestLearner.Name, RandomForestModel.Read),
        Entry.Of<GaussianProcessLearner>(GaussianProcessLearner.Name, GaussianProcessModel.Read),
        Entry.Of<NeuralNetworkLearner>(NeuralNetworkLearner.Name, file => NeuralNetworkModel.Read(NeuralNetworkLearner.Name, file)),
        Entry.Of<WindowNetworkLearner>(WindowNetworkLearner.Name, file => NeuralNetworkModel.Read(WindowNetworkLearner.Name, file)),
    ];

    public static IReadOnlyList<string> Kinds { get; } = [.. Entries.Select(entry => entry.Kind)];

    /// <summary>A learner with its default parameters.</summary>
    public static Learner Default(string kind) => Of(kind).Read(new JsonObject());

    /// <summary>Reads a recipe's learner: <c>{"kind": "boosted-trees", "rounds": 300}</c>; what is not named has its default.</summary>
    /// <exception cref="ProblemException">There is no such learner or parameter, or a value makes no sense.</exception>
    public static Learner Parse(JsonObject text)
    {
        try
        {
            var parameters = (JsonObject)text.DeepClone();
            parameters.Remove("kind");
            var learner = Of((string?)text["kind"] ?? "").Read(parameters);
            learner.Check();
            return learner;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ProblemException("urn:dure:learn:bad-learner", wrong.Message.Split(" LineNumber")[0], "learner", "Correct the parameter; what is not named has its default.", wrong);
        }
    }

    /// <summary>The learner as a recipe has it, every parameter named.</summary>
    public static JsonObject Describe(Learner learner)
    {
        var text = (JsonObject)JsonSerializer.SerializeToNode(learner, learner.GetType(), Strict)!; // a record is an object
        text["kind"] = learner.Kind;
        return text;
    }

    /// <summary>Reads a model's file; what is read is checked as a stranger's.</summary>
    /// <exception cref="ProblemException">There is no such learner, or the bytes are no model of it.</exception>
    public static TableModel Read(string kind, ReadOnlyMemory<byte> file) => kind == EnsembleModel.Name ? EnsembleModel.Read(file) : Of(kind).Open(file);

    private static Entry Of(string kind) => Array.Find(Entries, entry => entry.Kind == kind)
        ?? throw new ProblemException("urn:dure:learn:no-such-learner", $"There is no learner '{kind}'.", "learner", $"Choose one of: {string.Join(", ", Kinds)}.");

    private sealed record Entry(string Kind, Func<JsonObject, Learner> Read, Func<ReadOnlyMemory<byte>, TableModel> Open)
    {
        public static Entry Of<T>(string kind, Func<ReadOnlyMemory<byte>, TableModel> open) where T : Learner =>
            new(kind, parameters => parameters.Deserialize<T>(Strict)!, open); // an object gives a record
    }
}
