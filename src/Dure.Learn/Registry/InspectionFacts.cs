using System.Globalization;
using System.Runtime.InteropServices;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Vision;

namespace Dure.Learn.Registry;

/// <summary>How images of one label fared.</summary>
/// <param name="Alarms">So many were said to be defective.</param>
public sealed record InspectedLabel(string Label, int Images, int Alarms);

/// <summary>What makes a predictor an inspection of images.</summary>
public sealed record InspectionFacts : LearntLook
{
    public required InspectionMethod Method { get; init; }

    /// <summary>Points to which images are brought.</summary>
    public required int Size { get; init; }

    /// <summary>The label of good images.</summary>
    public required string Good { get; init; }

    /// <summary>The share of good images that may be beyond the limit.</summary>
    public required double FalseAlarms { get; init; }

    /// <summary>The ONNX file that it rests on, a blob of the node; null: its own small network.</summary>
    public required string? Backbone { get; init; }

    /// <summary>Images that judged, by label; the good ones first.</summary>
    public required IReadOnlyList<InspectedLabel> Labels { get; init; }

    /// <summary>Whether images with defects judged it: else nothing proves that it finds any.</summary>
    public bool IsProven => Labels.Skip(1).Any();
}

/// <summary>Writes down what a training of an inspection found; its files go to blobs on the way.</summary>
internal static class InspectionManifestWriter
{
    public const string Learner = InspectionRecipe.Kind, Target = "defect", FalseAlarms = "false-alarms", Misses = "misses", Auc = "auc";

    private static readonly LearningTask GoodOrNot = LearningTask.Classification(["good", "defect"]);

    public static PredictorManifest Write(TrainedInspection result, Func<byte[], PredictorFile> keep)
    {
        var (recipe, judged) = (result.Recipe, result.Judged);
        int[] rows = [.. judged.Select(image => image.Row)];
        float[] truth = [.. judged.Select(image => image.Label == result.Good ? 0f : 1f)];
        // Between 0 and 1 in the order of the scores, and one half at the limit: what comparisons of classes ask for. It is no probability.
        double[] scores = [.. judged.Select(image => 1 / (1 + Math.Exp(1 - image.Score)))];
        var labels = judged.GroupBy(image => image.Label, StringComparer.Ordinal).Select(label => new InspectedLabel(label.Key, label.Count(), label.Count(image => image.Score > 1)))
            .OrderBy(label => label.Label != result.Good).ThenBy(label => label.Label, StringComparer.Ordinal).ToList();
        var isProven = labels.Count > 1;
        return new()
        {
            Name = recipe.Name,
            DatasetId = result.Dataset.Id.ToString(),
            DatasetName = result.Dataset.Name,
            Recipe = recipe.Write(),
            Target = Target,
            TargetUnit = null,
            Ahead = 0,
            Classes = GoodOrNot.Classes,
            Learner = Learner,
            Features = [],
            Split = new("Random", result.Learnt, result.Held, judged.Count, null, []),
            Metric = isProven ? Auc : FalseAlarms,
            Lines = [new(recipe.Name, false, Own(labels, truth, scores)), .. Guesses(recipe.Options.FalseAlarms, isProven)],
            Interval = new(1 - recipe.Options.FalseAlarms, null, result.Held, null),
            Threshold = 0.5,
            Tried = [],
            Nested = null,
            Curve = [.. result.Curve.Select(point => new PredictorStep(point.Step, point.TrainingLoss, point.ValidationLoss))],
            Importance = [],
            Notes = isProven ? result.Notes : [.. result.Notes, "No image with a defect judged it: nothing proves that it finds defects."],
            Seed = recipe.Seed,
            CodeVersion = PredictorManifestWriter.CodeVersion,
            Model = keep(result.Model.Write()),
            Onnx = null,
            TestPredictions = keep(new TestPredictions(rows, truth, scores, [.. Enumerable.Range(0, rows.Length)]).Write()),
            Reference = null,
            Task = $"{result.Dataset.Id}/{Target}/{result.Good}/{ContentHash.Of(MemoryMarshal.AsBytes<int>(rows)).Hex[..16]}",
            Inspection = new()
            {
                Method = recipe.Options.Method,
                Size = recipe.Options.Size,
                Good = result.Good,
                FalseAlarms = recipe.Options.FalseAlarms,
                Backbone = recipe.Backbone?.File.ToString(),
                Labels = labels,
                LeastShape = result.Shape.Least,
                MostShape = result.Shape.Most,
                LeastContrast = Math.Round(result.LeastContrast, 6),
            },
        };
    }

    private static List<PredictorFigure> Own(List<InspectedLabel> labels, float[] truth, double[] scores)
    {
        var (good, bad) = (labels[0], labels.Skip(1).ToList());
        var figures = new List<PredictorFigure> { new(FalseAlarms, false, ManifestFigure.Share(good.Alarms, good.Images), null) };
        if (bad.Count == 0)
            return figures;
        var (images, missed) = (bad.Sum(label => label.Images), bad.Sum(label => label.Images - label.Alarms));
        var auc = Metrics.Of(Auc).Of(new JudgedRows(GoodOrNot, truth, scores));
        return
        [
            new(Auc, true, Area(auc, good.Images, images), string.Create(CultureInfo.InvariantCulture, $"{good.Images} good, {images} with defects")),
            .. figures,
            new(Misses, false, ManifestFigure.Share(missed, images), null),
        ];
    }

    /// <summary>Answers that look at nothing.</summary>
    private static IEnumerable<PredictorLine> Guesses(double falseAlarms, bool isProven)
    {
        yield return Guess("always alarm", 1);
        yield return Guess("never alarm", 0);
        yield return Guess("chance", falseAlarms);

        PredictorLine Guess(string name, double alarms) => new(name, true, isProven
            ? [Known(Auc, true, 0.5), Known(FalseAlarms, false, alarms), Known(Misses, false, 1 - alarms)] : [Known(FalseAlarms, false, alarms)]);

        static PredictorFigure Known(string metric, bool rises, double value) => new(metric, rises, new(value, null, null), null);
    }

    /// <summary>
    /// An area under the curve with its 95 % score interval, which has a width also where the classes lie apart: the areas from which the one that was
    /// seen is no farther than chance takes it. Newcombe (2006), Statistics in Medicine 25, 559, method 5.
    /// </summary>
    private static ManifestFigure Area(double seen, int good, int bad)
    {
        var half = (good + bad) / 2.0 - 1;
        double reach(double area) => ManifestFigure.Z * Math.Sqrt(area * (1 - area) * (1 + half * ((1 - area) / (2 - area) + area / (1 + area))) / ((double)good * bad));
        double edge(double beyond)
        {
            var (inside, outside) = (seen, beyond);
            for (var i = 0; i < 50; i++)
            {
                var middle = (inside + outside) / 2;
                (inside, outside) = Math.Abs(seen - middle) <= reach(middle) ? (middle, outside) : (inside, middle);
            }
            return inside;
        }
        return new(seen, edge(0), edge(1));
    }
}
