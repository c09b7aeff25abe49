using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dure.Learn.Registry;

/// <summary>What a person must know before using a predictor, after Mitchell et al. (2019), in words of the plant; made from the manifest alone.</summary>
public sealed class PredictorCard
{
    private const int MostImportant = 10;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly PredictorManifest model;
    private readonly CardLanguage language;

    private PredictorCard(PredictorManifest model, CardLanguage language) => (this.model, this.language) = (model, language);

    /// <param name="language">Notes of the training and of its data are in English as they were taken.</param>
    public static IReadOnlyList<CardSection> Sections(PredictorManifest model, CardLanguage language = CardLanguage.English) => model switch
    {
        { Inspection: { } facts } => InspectionCard.Sections(model, facts, language),
        { ImageClasses: { } facts } => ImageClassCard.Sections(model, facts, language),
        _ => new PredictorCard(model, language).Sections(),
    };

    public static string Markdown(PredictorManifest model, CardLanguage language = CardLanguage.English)
    {
        var text = new StringBuilder($"# {language.Of("Model card", "모델 카드")}: {model.Name}\n");
        foreach (var section in Sections(model, language))
        {
            text.Append($"\n## {section.Title}\n\n");
            foreach (var line in section.Lines)
                text.Append($"- {line}\n");
        }
        text.Append($"\n## {language.Of("All figures on rows it has not seen", "본 적 없는 행에서의 모든 수치")}\n\n| | ").AppendJoin(" | ", model.Own.Figures.Select(figure => figure.Metric)).Append(" |\n|---|").Append(string.Concat(model.Own.Figures.Select(_ => "---|"))).Append('\n');
        foreach (var line in model.Lines)
            text.Append($"| {line.Name}{(line.LooksAtNothing ? language.Of(" (looks at nothing)", " (아무것도 보지 않음)") : "")} | ")
                .AppendJoin(" | ", model.Own.Figures.Select(figure => line.Figures.FirstOrDefault(one => one.Metric == figure.Metric) is { } one ? Shown(one.Value, language) : "")).Append(" |\n");
        return text.Append($"\n## {language.Of("Recipe", "레시피")}\n\n```json\n").Append(model.Recipe.ToJsonString(Indented)).Append("\n```\n").ToString();
    }

    private List<CardSection> Sections() =>
    [
        new(Say("What it does", "하는 일"),
        [
            WhatItDoes(),
            Say("It advises people and proposes actions to a guarded gate. It is no safety function and replaces no protective device.",
                "사람에게 조언하고, 보호된 관문에 조치를 제안합니다. 안전 기능이 아니며 어떤 방호 장치도 대신하지 않습니다."),
        ]),
        new(Say("How good it is", "얼마나 잘 맞는가"), [.. HowGood()]),
        new(Say("How sure it is", "얼마나 확실한가"), [.. HowSure(), .. HowAdaptive()]),
        new(Say("What it was taught and judged on", "무엇으로 배우고 평가받았는가"),
        [
            CardPhrases.Dataset(language, model),
            Say($"{model.Split.Train:N0} rows to learn from, {model.Split.Validation:N0} to set interval and threshold, {model.Split.Test:N0} to judge by{(model.Split.TestGroups is { } groups ? $" ({groups} whole or partial groups)" : "")}; split: {SplitInWords()}.",
                $"학습 {model.Split.Train:N0}행, 구간과 임계값 설정 {model.Split.Validation:N0}행, 평가 {model.Split.Test:N0}행{(model.Split.TestGroups is { } some ? $"(전체 또는 일부 그룹 {some}개)" : "")}; 분할 방식: {SplitInWords()}."),
            .. model.Split.Notes,
        ]),
        new(Say("What matters most", "무엇이 가장 중요한가"), model.Importance.Count == 0 ? [Say("Not looked at.", "살펴보지 않았습니다.")]
            : [.. model.Importance.Take(MostImportant).Select(one => Say($"{one.Feature}: without it the error rises by {Shown(one.Rise, language)}.", $"{one.Feature}: 없으면 오차가 {Shown(one.Rise, language)}만큼 커집니다."))]),
        new(Say("How it was found", "어떻게 찾았는가"), [.. HowFound()]),
        new(Say("Know before use", "쓰기 전에 알아 둘 것"),
        [
            .. model.Notes,
            Say("The figures hold for data like those it was judged on. A new product, tool, season or sensor needs a new look: watch the drift page.",
                "이 수치는 평가에 쓰인 것과 비슷한 데이터에서만 맞습니다. 제품, 공구, 계절, 센서가 바뀌면 다시 확인해야 합니다. 드리프트 페이지를 지켜보세요."),
        ]),
        CardPhrases.Again(language, model),
    ];

    private string Say(string english, string korean) => language.Of(english, korean);

    private string WhatItDoes()
    {
        if (!model.IsClassification)
            return Say($"Predicts {model.Target}{Unit}{(model.Ahead > 0 ? $", {model.Ahead} rows ahead" : "")}, from {model.Features.Count} feature(s).",
                $"특징 {model.Features.Count}개로 {(model.Ahead > 0 ? $"{model.Ahead}행 뒤의 " : "")}{model.Target}{(model.TargetUnit is { } unit ? $"({unit})" : "")}의 값을 예측합니다.");
        var classes = string.Join(", ", model.Classes.Take(20));
        return Say($"Says which of {model.Classes.Count} classes {model.Target} is ({classes}){(model.Ahead > 0 ? $", {model.Ahead} rows ahead" : "")}, from {model.Features.Count} feature(s).",
            $"특징 {model.Features.Count}개로 {(model.Ahead > 0 ? $"{model.Ahead}행 뒤의 " : "")}{model.Target}의 분류({classes}, 모두 {model.Classes.Count}가지)를 알려 줍니다.");
    }

    private IEnumerable<string> HowGood()
    {
        if (model.Main is not { } main)
            yield break;
        var figure = $"{main.Metric} {Shown(main.Value, language)}{(model.IsClassification ? "" : Unit)}";
        yield return Say($"On {model.Split.Test:N0} rows it had never seen: {figure}. The figures in brackets hold the true one in 95 of 100 cases.",
            $"본 적 없는 {model.Split.Test:N0}행에서: {figure}. 괄호 안의 범위는 100번 가운데 95번 참값을 담습니다.");
        foreach (var skill in model.Own.Figures.Where(figure => figure.Metric.StartsWith("skill against ", StringComparison.Ordinal) && figure.Value.Value is not null))
        {
            var (against, value) = (skill.Metric["skill against ".Length..], skill.Value.Value!.Value); // Where has seen that it is there
            yield return Say($"Compared with {against}, which looks at nothing, its error is {(value >= 0 ? "smaller" : "larger")} by {Math.Abs(value) * 100:0} %.",
                $"아무것도 보지 않는 추측({against})보다 오차가 {Math.Abs(value) * 100:0} % {(value >= 0 ? "작습니다" : "큽니다")}.");
        }
        if (model.Own.Figures.FirstOrDefault(figure => figure.Metric.StartsWith("skill against ", StringComparison.Ordinal)) is { Value.Low: <= 0 })
            yield return Say("**It cannot be told from a guess that looks at nothing. Do not use it.**", "**아무것도 보지 않는 추측과 구별되지 않습니다. 쓰지 마세요.**");
    }

    private IEnumerable<string> HowSure()
    {
        var level = $"{model.Interval.Level:P0}";
        if (model.Interval.Radius is not { } radius)
        {
            yield return Say($"There were too few rows ({model.Interval.Rows}) to promise an interval at {level}.", $"행이 너무 적어({model.Interval.Rows}개) {level} 구간을 약속할 수 없습니다.");
            yield break;
        }
        var radii = model.Interval.Radii is { } widths ? string.Join(", ", widths.Select(Number)) : null;
        yield return model.IsClassification
            ? Say($"With each answer come the classes among which the true one is in {level} of cases.", $"답마다, 참인 분류가 {level}의 경우에 그 안에 들어 있는 분류들을 함께 줍니다.")
            : Say($"With each prediction comes an interval of ± {Number(radius)}{Unit}{(radii is null ? "" : $" ({radii} from little left to much)")} that holds the true value in {level} of cases{(radii is null ? "" : ", of those with less left than the cap")}.",
                $"예측마다, {(radii is null ? "" : "상한보다 적게 남은 경우 가운데 ")}{level}의 경우에 참값을 담는 ± {Number(radius)}{Unit}{(radii is null ? "" : $" (적게 남은 쪽부터 {radii})")} 구간을 함께 줍니다.");
        if (model.Interval.Coverage is { } coverage)
            yield return Say($"On the rows it was judged by it held in {coverage:P1}.", $"평가한 행에서는 {coverage:P1}에서 맞았습니다.")
                + (coverage < model.Interval.Level - 0.05 ? Say(" That is less than promised: those rows differ from the ones it was set by.", " 약속보다 적습니다. 그 행들은 구간을 정한 행들과 다릅니다.") : "");
    }

    private IEnumerable<string> HowAdaptive()
    {
        if (model.Interval.Adaptive is not { } following)
            yield break;
        var (width, fixedWidth) = ($"{Number(following.Width)}{Unit}", $"{Number(following.FixedWidth)}{Unit}");
        yield return Say(
            $"Where outcomes are told back, the interval follows them. On the same rows, in order of time and with each outcome told {(model.Ahead > 1 ? $"{model.Ahead} rows later" : "before the next row")}, it held in {following.Coverage:P1}, {width} wide on average; the fixed one is {fixedWidth} wide.",
            $"결과를 되돌려 알려 주면 구간이 그것을 따라갑니다. 같은 행을 시간 순서로, 결과를 {(model.Ahead > 1 ? $"{model.Ahead}행 뒤에" : "다음 행 전에")} 알려 주었을 때 {following.Coverage:P1}에서 맞았고 평균 폭은 {width}였습니다. 고정 구간의 폭은 {fixedWidth}입니다.");
        if (following is { Worst: { } worst, FixedWorst: { } fixedWorst })
            yield return Say($"In the worst tenth of that time the one that follows held in {worst:P0}, the fixed one in {fixedWorst:P0}.", $"그 기간에서 가장 나쁜 10분의 1에서는 따라가는 구간이 {worst:P0}, 고정 구간이 {fixedWorst:P0}에서 맞았습니다.");
    }

    private IEnumerable<string> HowFound()
    {
        if (model.Tried.Count == 0)
        {
            yield return Say($"The recipe names the learner: {model.Learner}.", $"레시피가 학습기를 정했습니다: {model.Learner}.");
            yield break;
        }
        var chosen = model.Tried.Where(one => one.Weight > 0).OrderByDescending(one => one.Weight).ToList();
        yield return Say($"{model.Tried.Count} candidates were tried; {chosen.Count} make up the model.", $"후보 {model.Tried.Count}개를 시험했고, 그중 {chosen.Count}개가 모델을 이룹니다.");
        if (model.Nested is { } nested)
            yield return Say($"The search judged itself at {Shown(nested, language)} ({model.Metric}) on folds that its choice had not seen.", $"탐색은 선택에 쓰이지 않은 부분에서 스스로를 {Shown(nested, language)}({model.Metric})로 평가했습니다.");
        foreach (var tried in chosen)
            yield return Say($"{tried.Weight:P0} {tried.Learner["kind"]}: loss {(tried.Loss is { } loss ? Number(loss) : "unknown")} over {tried.Folds} folds.", $"{tried.Weight:P0} {tried.Learner["kind"]}: {tried.Folds}개 부분에서 손실 {(tried.Loss is { } same ? Number(same) : "모름")}.");
    }

    private string SplitInWords() => model.Split.Kind switch
    {
        "Time" => Say("by time, the newest rows judge", "시간순, 가장 새로운 행이 평가"),
        "Group" => Say("by group, whole machines or batches judge", "그룹별, 기계나 배치 전체가 평가"),
        "TimeWithinGroup" => Say("by time within each machine, the newest rows judge", "기계마다 시간순, 가장 새로운 행이 평가"),
        "Blocked" => Say("in stretches of time, with rows near a judged stretch left out", "시간 구간별, 평가 구간 가까이의 행은 제외"),
        _ => Say("row by row at random, as the rows stand alone", "행마다 무작위, 행이 서로 독립이므로"),
    };

    private string Unit => model.TargetUnit is { } unit ? $" {unit}" : "";

    internal static string Shown(ManifestFigure figure, CardLanguage language = CardLanguage.English) => figure switch
    {
        { Value: { } value, Low: { } low, High: { } high } => language.Of($"{Number(value)} ({Number(low)} to {Number(high)})", $"{Number(value)} ({Number(low)} ~ {Number(high)})"),
        { Value: { } value } => Number(value),
        _ => language.Of("unknown", "모름"),
    };

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
