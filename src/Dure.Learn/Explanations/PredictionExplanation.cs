using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>How an explanation was found.</summary>
public enum ExplanationWay
{
    /// <summary>By the model's own structure: of trees TreeSHAP, of a weighted sum its terms, of an ensemble those of its members.</summary>
    Exact,

    /// <summary>By asking the model with columns exchanged; each part has a standard error.</summary>
    Sampled,
}

/// <summary>What one feature adds to a prediction.</summary>
/// <param name="Value">Its value in the row; NaN: missing. Of a category its code.</param>
/// <param name="Category">Of a category its name.</param>
/// <param name="Adds">How far it moves the prediction from the usual one.</param>
/// <param name="Error">The standard error of that, where it was sampled.</param>
public sealed record PredictionPart(string Feature, float Value, string? Category, double Adds, double? Error);

/// <summary>Why a prediction is what it is: the usual one, and what each feature adds to it. It explains the model, which need not be how the plant works.</summary>
/// <param name="Scale">In what the parts add up.</param>
/// <param name="Class">Of classes: the one that the parts speak for, or against where they are below 0.</param>
/// <param name="Usual">What is said when nothing is known of the row.</param>
/// <param name="Total">The usual and all parts: the prediction, in the scale; of a remaining life before it is kept within its bounds.</param>
/// <param name="Parts">The largest first, whichever their sign.</param>
public sealed record PredictionExplanation(ExplanationWay Way, PartsScale Scale, string? Class, double Usual, double Total, IReadOnlyList<PredictionPart> Parts)
{
    /// <param name="row">The features of the row.</param>
    /// <param name="usual">Rows as they usually are: some that it learnt from. Where it looks at windows, a usual machine is steady at one.</param>
    /// <param name="ofClass">Of classes: which; null: the one that is said.</param>
    /// <returns>Null: its learner knows no exact parts, and it has too many features to be asked often enough.</returns>
    /// <exception cref="ProblemException">There is no such class.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static PredictionExplanation? Of(Predictor predictor, ReadOnlySpan<float> row, FeatureTable usual, string? ofClass, int seed, CancellationToken cancel)
    {
        var (model, task) = (predictor.Model, predictor.Task);
        usual = predictor.Plan.Steady(usual);
        var number = ClassOf(predictor, row, ofClass);
        // Of two classes only the second has an output; what speaks for it speaks against the first.
        var (output, sign) = task.Outputs > 1 ? (number, 1) : (0, task.IsClassification && number == 0 ? -1 : 1);
        var name = task.IsClassification ? task.Classes[number] : null;
        if (model.Explain(row, usual) is { } exact)
        {
            var isComplement = sign < 0 && exact.Scale == PartsScale.Prediction;
            return Told(predictor, row, ExplanationWay.Exact, exact.Scale, name, isComplement ? 1 - exact.Usual[output] : sign * exact.Usual[output], exact.Parts.AsSpan(output * row.Length, row.Length), sign, null);
        }
        return SampledParts.Of(model, row, usual, output, predictor.Plan.Window, seed, cancel) is not { } sampled ? null
            : Told(predictor, row, ExplanationWay.Sampled, PartsScale.Prediction, name, sign < 0 ? 1 - sampled.Usual : sampled.Usual, sampled.Parts, sign, sampled.Errors);
    }

    private static int ClassOf(Predictor predictor, ReadOnlySpan<float> row, string? ofClass)
    {
        if (!predictor.Task.IsClassification)
            return ofClass is null ? 0 : throw NoClass("The model predicts a number and knows no classes.", "Leave the class out.");
        if (ofClass is null)
            return (int)predictor.Predict(row).Value;
        var number = predictor.Task.Classes.ToList().IndexOf(ofClass);
        return number >= 0 ? number : throw NoClass($"There is no class '{ofClass}'.", $"Name one of: {string.Join(", ", predictor.Task.Classes.Take(50))}.");
    }

    private static ProblemException NoClass(string what, string mend) => new("urn:dure:learn:bad-class", what, "class", mend);

    private static PredictionExplanation Told(Predictor predictor, ReadOnlySpan<float> row, ExplanationWay way, PartsScale scale, string? name, double usual, ReadOnlySpan<double> parts, int sign, double[]? errors)
    {
        var (told, total) = (new PredictionPart[predictor.Plan.OwnFeatures.Count], usual);
        var newest = row[^told.Length..];
        for (var i = 0; i < told.Length; i++)
        {
            // What a feature was before counts as its own.
            var adds = 0.0;
            for (var at = i; at < parts.Length; at += told.Length)
                adds += parts[at];
            told[i] = new(predictor.Plan.OwnFeatures[i].Name, newest[i], predictor.CategoryOf(i, newest[i]), sign * adds, errors?[i]);
            total += told[i].Adds;
        }
        return new(way, scale, name, usual, total, [.. told.OrderByDescending(part => Math.Abs(part.Adds)).ThenBy(part => part.Feature, StringComparer.Ordinal)]);
    }
}
