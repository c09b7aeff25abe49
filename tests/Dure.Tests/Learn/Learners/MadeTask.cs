using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;

namespace Dure.Tests.Learn.Learners;

/// <summary>A task of each kind on the same made table, with missing values and a category.</summary>
internal static class MadeTask
{
    public static readonly string[] Names = ["number", "two classes", "five classes"];

    /// <summary>Parameters under which a learner is quick enough for a test; what is not named trains with its defaults.</summary>
    private static readonly Dictionary<string, string> Quick = new(StringComparer.Ordinal)
    {
        ["boosted-trees"] = """{"rounds": 30, "learningRate": 0.1}""",
        ["random-forest"] = """{"trees": 20}""",
        ["gaussian-process"] = """{"starts": 1, "likelihoodRows": 100, "exactRows": 450, "inducingPoints": 100}""",
        ["neural-network"] = """{"epochs": 40, "layers": [32, 16], "batchSize": 64}""",
        ["window-network"] = """{"rows": 1, "width": 24, "epochs": 40, "learningRate": 0.01}""",
        ["logistic"] = """{"penalties": 3}""",
    };

    public static Learner QuickLearner(string kind)
    {
        var parameters = (JsonObject)JsonNode.Parse(Quick.GetValueOrDefault(kind, "{}"))!;
        parameters["kind"] = kind;
        return LearnerCatalog.Parse(parameters);
    }

    public static LearningTask Task(string name) => name switch
    {
        "number" => LearningTask.Regression,
        "two classes" => LearningTask.Classification(["good", "bad"]),
        _ => LearningTask.Classification(["a", "b", "c", "d", "e"]),
    };

    public static TableRows Rows(string name, int rows, int seed)
    {
        var (table, labels) = MadeTable.Friedman(rows, seed, columns: 6, missing: 0.05, categories: 6);
        return new TableRows(table, new LearningTarget(Array.ConvertAll(labels, label => name switch
        {
            "number" => label,
            "two classes" => label > 18 ? 1 : 0,
            _ => Math.Clamp((int)((label - 6) / 5), 0, 4),
        })));
    }

    /// <summary>The same rows as windows of so many of them, one after the other.</summary>
    public static TableRows Windows(string name, int rows, int window, int seed)
    {
        var own = Rows(name, rows, seed);
        int[] before(int back) => [.. Enumerable.Range(0, rows).Select(row => Math.Max(0, row - back))];
        return own with { Features = new FeatureTable([.. Enumerable.Range(0, window).Reverse().SelectMany(back => own.Features.Take(before(back)).Columns.Select(column => column with { Name = $"{column.Name} lag {back}" }))]) };
    }

    /// <summary>Mean squared error of a number, mean of -log probability of the true class.</summary>
    public static double Loss(LearningTask task, double[] predictions, float[] labels)
    {
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
            sum += task switch
            {
                { IsClassification: false } => Math.Pow(predictions[row] - labels[row], 2),
                { Outputs: 1 } => -Math.Log(Math.Max(1e-9, labels[row] == 1 ? predictions[row] : 1 - predictions[row])),
                _ => -Math.Log(Math.Max(1e-9, predictions[row * task.Outputs + (int)labels[row]])),
            };
        return sum / labels.Length;
    }

    /// <summary>The same of what knows only how frequent the labels are.</summary>
    public static double Baseline(LearningTask task, float[] known, float[] labels)
    {
        double[] each = task switch
        {
            { IsClassification: false } or { Outputs: 1 } => [known.Average()],
            _ => [.. Enumerable.Range(0, task.Outputs).Select(output => known.Count(label => (int)label == output) / (double)known.Length)],
        };
        return Loss(task, [.. labels.SelectMany(_ => each)], labels);
    }
}
