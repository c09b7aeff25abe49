using System.Globalization;
using Dure.Learn.Vision;

namespace Dure.Learn.Registry;

/// <summary>What a person must know before using an inspection, in words of the plant; made from the manifest alone.</summary>
internal static class InspectionCard
{
    public static IReadOnlyList<CardSection> Sections(PredictorManifest model, InspectionFacts facts) =>
    [
        new("What it does",
        [
            $"Looks at an image and says whether it is like the good ones ('{facts.Good}') it has learnt from, how strange it is, and where.",
            facts.Method switch
            {
                InspectionMethod.Positions => "It compares each place with what good images show at that place (PaDiM): for parts that always lie alike.",
                InspectionMethod.Patches => "It compares each place with what good images show anywhere (PatchCore): for parts that lie as they fall.",
                _ => "It looks for what a network takes for one of the defects that were drawn into good images to teach it.",
            },
            "It does not know what a defect is: whatever is unlike the good images is strange to it, also another light, a turned part or a thumb.",
            "It advises people and proposes actions to a guarded gate. It is no safety function and replaces no final inspection that a customer or a law asks for.",
        ]),
        new("How good it is", [.. HowGood(model, facts)]),
        new("How its limit was set",
        [
            $"{model.Split.Validation:N0} good images that it did not learn from set the limit, so that {Percent(facts.FalseAlarms)} of good images are beyond it.",
            .. facts.FalseAlarms < 1.0 / (model.Split.Validation + 1)
                ? [$"That is more than so few can promise: with {model.Split.Validation} the limit is the strangest of them, and about 1 in {model.Split.Validation + 1} good images will be beyond it. {Needed(facts.FalseAlarms)} would be enough."] : Array.Empty<string>(),
            "With each answer comes how many of a hundred good images would look at least as strange.",
        ]),
        new("What it was taught and judged on",
        [
            $"Dataset {model.DatasetName}, version {model.DatasetId}.",
            $"{model.Split.Train:N0} good images to learn from, {model.Split.Validation:N0} to set the limit, {model.Split.Test:N0} images to judge by; dealt by the seed.",
            "Several images of one part, or of one minute, may stand on both sides: then it looks better than it is. Judge it by parts of another day before you rely on it.",
            $"Each image is brought to {facts.Size} x {facts.Size} points and freed of its exposure; {(facts.Backbone is { } backbone ? $"its features are those of the network {backbone}" : "its features are those of a small network that learnt from these images alone")}.",
        ]),
        new("Know before use",
        [
            .. model.Notes,
            "A new camera, lens, lamp, background or product needs a new training.",
            "There is no ONNX form of it: a network's values are compared with those of good images, which is done on the node.",
        ]),
        new("To make it again", [$"Seed {model.Seed}, program {model.CodeVersion}, the dataset version above, and this recipe: `{model.Recipe.ToJsonString()}`"]),
    ];

    private static IEnumerable<string> HowGood(PredictorManifest model, InspectionFacts facts)
    {
        var good = facts.Labels[0];
        yield return $"Of {good.Images:N0} good images it had never seen, {good.Alarms:N0} were said to be defective{Interval(model, InspectionManifestWriter.FalseAlarms)}.";
        if (!facts.IsProven)
        {
            yield return "**No image with a defect judged it: nothing proves that it finds defects.** Bring some, or put parts with known defects before the camera, before you rely on it.";
            yield break;
        }
        var (images, found) = (facts.Labels.Skip(1).Sum(label => label.Images), facts.Labels.Skip(1).Sum(label => label.Alarms));
        yield return $"Of {images:N0} images with defects, {found:N0} were found and {images - found:N0} missed; share missed{Interval(model, InspectionManifestWriter.Misses)}.";
        foreach (var label in facts.Labels.Skip(1))
            yield return $"{label.Label}: {label.Alarms:N0} of {label.Images:N0} found.";
        if (model.Main is { Value: { Value: { } auc, Low: { } low, High: { } high } })
        {
            yield return $"A defective image is stranger to it than a good one in {Percent(auc)} of all pairs (95 % interval {Percent(low)} to {Percent(high)}); chance gives 50 %.";
            if (low <= 0.5)
                yield return "**It cannot be told from chance. Do not use it.**";
        }
    }

    private static string Interval(PredictorManifest model, string metric) =>
        model.Own.Figures.FirstOrDefault(figure => figure.Metric == metric) is { Value: { Value: { } value, Low: { } low, High: { } high } } ? $": {Percent(value)} (95 % interval {Percent(low)} to {Percent(high)})" : "";

    private static int Needed(double falseAlarms) => (int)Math.Ceiling(1 / falseAlarms) - 1;

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
