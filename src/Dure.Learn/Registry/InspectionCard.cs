using System.Globalization;
using Dure.Learn.Vision;

namespace Dure.Learn.Registry;

/// <summary>What a person must know before using an inspection, in words of the plant; made from the manifest alone.</summary>
internal static class InspectionCard
{
    public static IReadOnlyList<CardSection> Sections(PredictorManifest model, InspectionFacts facts, CardLanguage say) =>
    [
        new(say.Of("What it does", "하는 일"),
        [
            say.Of($"Looks at an image and says whether it is like the good ones ('{facts.Good}') it has learnt from, how strange it is, and where.",
                $"이미지를 보고, 배운 양품('{facts.Good}')과 같은지, 얼마나 그리고 어디가 이상한지 알려 줍니다."),
            facts.Method switch
            {
                InspectionMethod.Positions => say.Of("It compares each place with what good images show at that place (PaDiM): for parts that always lie alike.", "자리마다 양품 이미지의 같은 자리와 견줍니다(PaDiM). 언제나 똑같이 놓이는 부품에 맞습니다."),
                InspectionMethod.Patches => say.Of("It compares each place with what good images show anywhere (PatchCore): for parts that lie as they fall.", "자리마다 양품 이미지의 모든 자리와 견줍니다(PatchCore). 아무렇게나 놓이는 부품에 맞습니다."),
                _ => say.Of("It looks for what a network takes for one of the defects that were drawn into good images to teach it.", "양품 이미지에 그려 넣은 가짜 결함으로 배운 신경망이 결함이라고 보는 것을 찾습니다."),
            },
            say.Of("It does not know what a defect is: whatever is unlike the good images is strange to it, also another light, a turned part or a thumb.",
                "결함이 무엇인지는 모릅니다. 양품 이미지와 다르면 무엇이든 이상하게 봅니다. 다른 조명, 돌아간 부품, 엄지손가락도 그렇습니다."),
            CardPhrases.OnlyAdvises(say),
        ]),
        new(say.Of("How good it is", "얼마나 잘 맞는가"), [.. HowGood(model, facts, say)]),
        new(say.Of("How its limit was set", "한계를 어떻게 정했는가"),
        [
            say.Of($"{model.Split.Validation:N0} good images that it did not learn from set the limit, so that {CardPhrases.Percent(facts.FalseAlarms)} of good images are beyond it.",
                $"배우지 않은 양품 이미지 {model.Split.Validation:N0}장으로, 양품의 {CardPhrases.Percent(facts.FalseAlarms)}가 넘도록 한계를 정했습니다."),
            .. facts.FalseAlarms < 1.0 / (model.Split.Validation + 1)
                ? [say.Of($"That is more than so few can promise: with {model.Split.Validation} the limit is the strangest of them, and about 1 in {model.Split.Validation + 1} good images will be beyond it. {Needed(facts.FalseAlarms)} would be enough.",
                    $"이렇게 적은 수로는 약속할 수 없습니다. {model.Split.Validation}장이면 그 가운데 가장 이상한 것이 한계가 되어 양품 {model.Split.Validation + 1}장 가운데 1장쯤이 넘습니다. {Needed(facts.FalseAlarms)}장이면 충분합니다.")] : Array.Empty<string>(),
            say.Of("With each answer comes how many of a hundred good images would look at least as strange.", "답마다, 양품 백 장 가운데 몇 장이 그만큼 이상해 보이는지 함께 알려 줍니다."),
        ]),
        new(say.Of("What it was taught and judged on", "무엇으로 배우고 평가받았는가"),
        [
            CardPhrases.Dataset(say, model),
            say.Of($"{model.Split.Train:N0} good images to learn from, {model.Split.Validation:N0} to set the limit, {model.Split.Test:N0} images to judge by; dealt by the seed.",
                $"학습에 양품 이미지 {model.Split.Train:N0}장, 한계 설정에 {model.Split.Validation:N0}장, 평가에 이미지 {model.Split.Test:N0}장을 썼고, 시드에 따라 나누었습니다."),
            CardPhrases.OnePartTwice(say),
            say.Of($"Each image is brought to {facts.Size} x {facts.Size} points and freed of its exposure; {(facts.Backbone is { } backbone ? $"its features are those of the network {backbone}" : "its features are those of a small network that learnt from these images alone")}.",
                $"이미지는 모두 {facts.Size} x {facts.Size}점으로 바꾸고 밝기 차이를 없앱니다. {(facts.Backbone is { } network ? $"신경망 {network}의 특징을 씁니다" : "이 이미지들만으로 배운 작은 신경망의 특징을 씁니다")}."),
        ]),
        new(say.Of("Know before use", "쓰기 전에 알아 둘 것"),
        [
            .. model.Notes,
            CardPhrases.NewCamera(say),
            say.Of("There is no ONNX form of it: a network's values are compared with those of good images, which is done on the node.", "ONNX 형식은 없습니다. 신경망의 값을 양품의 값과 견주는 일은 노드에서 합니다."),
        ]),
        CardPhrases.Again(say, model),
    ];

    private static IEnumerable<string> HowGood(PredictorManifest model, InspectionFacts facts, CardLanguage say)
    {
        var good = facts.Labels[0];
        yield return say.Of($"Of {good.Images:N0} good images it had never seen, {good.Alarms:N0} were said to be defective", $"본 적 없는 양품 이미지 {good.Images:N0}장 가운데 {good.Alarms:N0}장을 불량이라고 했습니다") + $"{Interval(model, InspectionManifestWriter.FalseAlarms, say)}.";
        if (!facts.IsProven)
        {
            yield return say.Of("**No image with a defect judged it: nothing proves that it finds defects.** Bring some, or put parts with known defects before the camera, before you rely on it.",
                "**결함이 있는 이미지로 평가받지 않았습니다. 결함을 찾는다는 증거가 없습니다.** 믿고 쓰기 전에 그런 이미지를 가져오거나, 결함을 아는 부품을 카메라 앞에 놓아 보세요.");
            yield break;
        }
        var (images, found) = (facts.Labels.Skip(1).Sum(label => label.Images), facts.Labels.Skip(1).Sum(label => label.Alarms));
        yield return say.Of($"Of {images:N0} images with defects, {found:N0} were found and {images - found:N0} missed; share missed", $"결함이 있는 이미지 {images:N0}장 가운데 {found:N0}장을 찾고 {images - found:N0}장을 놓쳤습니다. 놓친 비율") + $"{Interval(model, InspectionManifestWriter.Misses, say)}.";
        foreach (var label in facts.Labels.Skip(1))
            yield return say.Of($"{label.Label}: {label.Alarms:N0} of {label.Images:N0} found.", $"{label.Label}: {label.Images:N0}장 가운데 {label.Alarms:N0}장을 찾았습니다.");
        if (model.Main is { Value: { Value: { } auc, Low: { } low, High: { } high } })
        {
            yield return say.Of($"A defective image is stranger to it than a good one in {CardPhrases.Percent(auc)} of all pairs (95 % interval {CardPhrases.Percent(low)} to {CardPhrases.Percent(high)}); chance gives 50 %.",
                $"모든 짝의 {CardPhrases.Percent(auc)}에서 불량 이미지를 양품보다 이상하게 봅니다(95 % 구간 {CardPhrases.Percent(low)} ~ {CardPhrases.Percent(high)}). 우연이면 50 %입니다.");
            if (low <= 0.5)
                yield return say.Of("**It cannot be told from chance. Do not use it.**", "**우연과 구별되지 않습니다. 쓰지 마세요.**");
        }
    }

    private static string Interval(PredictorManifest model, string metric, CardLanguage say) =>
        model.Own.Figures.FirstOrDefault(figure => figure.Metric == metric) is { Value: { Value: not null, Low: not null, High: not null } share } ? $": {CardPhrases.Share(say, share)}" : "";

    private static int Needed(double falseAlarms) => (int)Math.Ceiling(1 / falseAlarms) - 1;
}
