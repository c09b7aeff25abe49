using System.Text.Json;
using System.Text.Json.Serialization;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>How what is predicted goes with one feature, found when the model was trained, on rows that it had not seen.</summary>
/// <param name="Class">Of classes: whose probability it is; null: the number itself.</param>
/// <param name="Names">Of categories the name of each point; empty of numbers.</param>
public sealed record FeatureDependence(string Feature, string? Class, IReadOnlyList<string> Names, IReadOnlyList<DependencePoint> Points)
{
    private const int MostFeatures = 6;
    private const int MostClasses = 3;
    private const int MostRows = 5000;

    /// <summary>The dependences of the features that matter most; none where the rows are windows, in which a feature stands many times.</summary>
    /// <param name="features">By name, the most important first.</param>
    /// <param name="rows">Rows that were not learnt from.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static IReadOnlyList<FeatureDependence> Of(Predictor predictor, IReadOnlyList<string> features, TableRows rows, int seed, CancellationToken cancel)
    {
        if (predictor.Plan.Window > 1)
            return [];
        var step = Math.Max(1, rows.Count / MostRows);
        var some = rows.Take([.. Enumerable.Range(0, rows.Count).Where(row => row % step == 0)]);
        var found = new List<FeatureDependence>();
        foreach (var name in features.Take(MostFeatures))
        {
            var at = predictor.Plan.Features.Index().First(pair => pair.Item.Name == name).Index;
            if (Array.TrueForAll(some.Features.Columns[at].Values, float.IsNaN))
                continue;
            foreach (var output in Outputs(predictor.Task, some.Target.Labels))
            {
                var along = PartialDependence.Of(predictor.Model, some.Features, name, output, seed, cancel);
                found.Add(new(name, predictor.Task switch { { IsClassification: false } => null, { Outputs: 1 } task => task.Classes[1], var task => task.Classes[output] },
                    predictor.Plan.Features[at].IsCategory ? [.. along.Points.Select(point => predictor.CategoryOf(at, point.Value)!)] : [], along.Points)); // a point has a value, so a category a name
            }
        }
        return found;
    }

    /// <summary>The number, the probability of the second of two classes, or those of the classes that come most often.</summary>
    private static IEnumerable<int> Outputs(LearningTask task, float[] labels) => task.Outputs == 1 ? [0]
        : labels.GroupBy(label => (int)label).OrderByDescending(rows => rows.Count()).ThenBy(rows => rows.Key).Take(MostClasses).Select(rows => rows.Key).Order();

    internal static byte[] Write(IReadOnlyList<FeatureDependence> all) => CanonicalJson.Serialize(JsonSerializer.SerializeToNode(all, DependenceJson.Default.IReadOnlyListFeatureDependence));

    /// <exception cref="ProblemException">The bytes are none.</exception>
    internal static IReadOnlyList<FeatureDependence> Read(byte[] file) => ModelFile.Checked(() =>
    {
        var all = JsonSerializer.Deserialize(file, DependenceJson.Default.IReadOnlyListFeatureDependence)!;
        ModelFile.Must(all.All(one => one.Points.Count > 0 && (one.Names.Count == 0 || one.Names.Count == one.Points.Count)), "a dependence has no points, or other names than points");
        return all;
    });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<FeatureDependence>))]
internal sealed partial class DependenceJson : JsonSerializerContext;
