using System.Globalization;
using Dure.Learn.Calibration;

namespace Dure.Learn.Registry;

/// <summary>What a person must know before using a classifier of images, in words of the plant; made from the manifest alone.</summary>
internal static class ImageClassCard
{
    private const int MostMixedUp = 10;

    public static IReadOnlyList<CardSection> Sections(PredictorManifest model, ImageClassFacts facts, CardLanguage say) =>
    [
        new(say.Of("What it does", "하는 일"),
        [
            say.Of($"Looks at an image and says which of {facts.Labels.Count} labels it bears: {string.Join(", ", facts.Labels.Select(label => label.Label))}.",
                $"이미지를 보고 {facts.Labels.Count}개의 라벨 가운데 어느 것인지 알려 줍니다: {string.Join(", ", facts.Labels.Select(label => label.Label))}."),
            say.Of("It knows no other: shown something else, it takes that for one of these. To find what it has never seen, train an inspection beside it.",
                "다른 것은 모릅니다. 다른 것을 보여 주면 이 가운데 하나로 여깁니다. 본 적 없는 것을 찾으려면 외관 검사 모델을 함께 학습시키세요."),
            CardPhrases.OnlyAdvises(say),
        ]),
        new(say.Of("How good it is", "얼마나 잘 맞는가"), [.. HowGood(model, facts, say)]),
        new(say.Of("How sure it is", "얼마나 확실한가"), [.. HowSure(model, facts, say)]),
        new(say.Of("What it was taught and judged on", "무엇으로 배우고 평가받았는가"),
        [
            CardPhrases.Dataset(say, model),
            say.Of($"{model.Split.Train:N0} images to learn from, {model.Split.Validation:N0} to set how sure it is, {model.Split.Test:N0} to judge by; dealt label by label by the seed.",
                $"학습에 이미지 {model.Split.Train:N0}장, 확실함을 정하는 데 {model.Split.Validation:N0}장, 평가에 {model.Split.Test:N0}장을 썼고, 시드에 따라 라벨마다 나누었습니다."),
            CardPhrases.OnePartTwice(say),
            say.Of($"Each image is brought to {facts.Size} x {facts.Size} points, {(facts.IsColour ? "in colour" : "without colour")}: what is smaller than such a point it cannot see. To learn, images were mirrored, moved a little and made brighter or darker: none of that may be what tells the labels apart.",
                $"이미지는 모두 {facts.Size} x {facts.Size}점({(facts.IsColour ? "컬러" : "흑백")})으로 바뀌므로 그 한 점보다 작은 것은 볼 수 없습니다. 학습할 때 이미지를 뒤집고, 조금 옮기고, 밝거나 어둡게 했으므로 그런 차이로 라벨이 갈려서는 안 됩니다."),
        ]),
        new(say.Of("Know before use", "쓰기 전에 알아 둘 것"),
        [
            .. model.Notes,
            CardPhrases.NewCamera(say),
        ]),
        CardPhrases.Again(say, model),
    ];

    private static IEnumerable<string> HowGood(PredictorManifest model, ImageClassFacts facts, CardLanguage say)
    {
        string share(ManifestFigure figure) => CardPhrases.Share(say, figure);
        var right = facts.Confusion.Select((said, one) => said[one]).Sum();
        yield return say.Of($"Of {model.Split.Test:N0} images it had never seen, {right:N0} were told right: {share(ManifestFigure.Share(right, model.Split.Test))}.",
            $"본 적 없는 이미지 {model.Split.Test:N0}장 가운데 {right:N0}장을 맞혔습니다: {share(ManifestFigure.Share(right, model.Split.Test))}.");
        if (model.Own.Figures.FirstOrDefault(figure => figure.Metric == "balanced-accuracy") is { Value.Value: { } balanced })
            yield return say.Of($"Of the images of a label {CardPhrases.Percent(balanced)} are told on average over the labels; an answer that looks at nothing gets {CardPhrases.Percent(1.0 / facts.Labels.Count)}.",
                $"라벨마다 평균 {CardPhrases.Percent(balanced)}를 맞혔습니다. 아무것도 보지 않는 답은 {CardPhrases.Percent(1.0 / facts.Labels.Count)}입니다.");
        var guess = model.Lines.FirstOrDefault(line => line.LooksAtNothing);
        if (guess is not null && Figure(guess, model.Metric) is { } ofGuess && model.Main is { } main)
            yield return say.Of($"{main.Metric} {PredictorCard.Shown(main.Value, say)}; '{guess.Name}', which looks at nothing, gets {PredictorCard.Shown(ofGuess.Value, say)}.",
                $"{main.Metric} {PredictorCard.Shown(main.Value, say)}. 아무것도 보지 않는 '{guess.Name}'은 {PredictorCard.Shown(ofGuess.Value, say)}입니다.");
        if (model.IsNoBetterThanGuess)
            yield return say.Of("**It cannot be told from an answer that looks at nothing. Do not use it.**", "**아무것도 보지 않는 답과 구별되지 않습니다. 쓰지 마세요.**");
        foreach (var label in facts.Labels)
            yield return say.Of($"{label.Label}: of {label.Judged:N0} images {share(label.Recall)} told; {(label.Precision.Value is null ? "never said" : $"where it was said, right in {share(label.Precision)}")}.",
                $"{label.Label}: {label.Judged:N0}장 가운데 {share(label.Recall)}를 맞혔고, {(label.Precision.Value is null ? "이 라벨이라고 답한 적이 없습니다" : $"이 라벨이라고 답한 것은 {share(label.Precision)}가 맞았습니다")}.");
        var mixed = facts.Confusion.SelectMany((said, one) => said.Select((count, other) => (one, other, count))).Where(cell => cell.one != cell.other && cell.count > 0).OrderByDescending(cell => cell.count).Take(MostMixedUp).ToList();
        if (mixed.Count > 0)
            yield return say.Of($"Mixed up most: {string.Join("; ", mixed.Select(cell => $"{facts.Labels[cell.one].Label} taken for {facts.Labels[cell.other].Label} {cell.count} times"))}.",
                $"가장 많이 헷갈린 것: {string.Join("; ", mixed.Select(cell => $"{facts.Labels[cell.one].Label} → {facts.Labels[cell.other].Label} {cell.count}번"))}.");
    }

    private static IEnumerable<string> HowSure(PredictorManifest model, ImageClassFacts facts, CardLanguage say)
    {
        var (level, coverage, size) = (CardPhrases.Percent(model.Interval.Level), CardPhrases.Percent(model.Interval.Coverage ?? 0), facts.SetSize.ToString("0.0", CultureInfo.InvariantCulture));
        yield return say.Of($"With each answer come the labels among which the true one is in {level} of cases. On the images that judged it was in {coverage}, with {size} labels on average.",
            $"답마다, 참인 라벨이 {level}의 경우에 그 안에 들어 있는 라벨들을 함께 줍니다. 평가한 이미지에서는 {coverage}였고 라벨은 평균 {size}개였습니다.");
        if (model.Interval.Radius is null)
            yield return say.Of($"The {model.Interval.Rows} images that set it were too few to promise that: all labels are among them each time.", $"정하는 데 쓴 이미지 {model.Interval.Rows}장은 그것을 약속하기에 너무 적어, 매번 모든 라벨이 들어 있습니다.");
        else if (facts.Labels.Where(label => !label.HasOwnSets).ToList() is { Count: > 0 } few)
        {
            var names = string.Join(", ", few.Select(label => label.Label));
            yield return SplitConformal.IsEnough(few.Sum(label => label.Held), model.Interval.Level)
                ? say.Of($"For {names} the promise holds of them together: there were too few images to promise it of each.", $"{names}에 대한 약속은 이들을 합쳐서만 지켜집니다. 하나하나에는 이미지가 너무 적습니다.")
                : say.Of($"There were too few images of {names} to promise anything: they are among the labels each time.", $"{names}의 이미지는 너무 적어 아무것도 약속할 수 없으므로 매번 라벨들 가운데 들어 있습니다.");
        }
        yield return say.Of("The probabilities count each label as equally common, whatever the share of it is in your production.", "확률은 생산에서의 비율과 관계없이 모든 라벨이 똑같이 흔하다고 보고 셈한 것입니다.");
    }

    private static PredictorFigure? Figure(PredictorLine line, string metric) => line.Figures.FirstOrDefault(figure => figure.Metric == metric);
}
