using System.Text;
using Dure.Learn.Registry;

namespace Dure.Learn;

/// <summary>One part of a model card.</summary>
public sealed record CardSection(string Title, IReadOnlyList<string> Lines);

/// <summary>What a person must know before using a model, after Mitchell et al. (2019); made from the manifest alone.</summary>
public sealed class ModelCard
{
    private readonly ModelManifest model;
    private readonly CardLanguage language;

    private ModelCard(ModelManifest model, CardLanguage language) => (this.model, this.language) = (model, language);

    /// <param name="language">The reasons for parameters and for the choice are in English as they were written down.</param>
    /// <param name="tellsChoice">Whether it says how the model was chosen; a page shows that in a table of its own.</param>
    public static IReadOnlyList<CardSection> Sections(ModelManifest model, CardLanguage language = CardLanguage.English, bool tellsChoice = true) => new ModelCard(model, language).Sections(tellsChoice);

    public static string Markdown(ModelManifest model, CardLanguage language = CardLanguage.English)
    {
        var text = new StringBuilder($"# {language.Of("Model card", "모델 카드")}: {model.Name} ({model.Title})\n");
        foreach (var section in Sections(model, language))
        {
            text.Append($"\n## {section.Title}\n\n");
            foreach (var line in section.Lines)
                text.Append($"- {line}\n");
        }
        return text.ToString();
    }

    private List<CardSection> Sections(bool tellsChoice) =>
    [
        new(Say("Intended use", "용도"),
        [
            Say($"Watches {model.Machines.Count} machine(s) row by row and says when one no longer runs as it did when it was commissioned.",
                $"기계 {model.Machines.Count}대를 행마다 지켜보고, 시운전 때와 다르게 돌면 알려 줍니다."),
            Say("It advises people and proposes actions to a guarded gate. It is no safety function and replaces no protective device.",
                "사람에게 조언하고, 보호된 관문에 조치를 제안합니다. 안전 기능이 아니며 어떤 방호 장치도 대신하지 않습니다."),
        ]),
        new(Say("Data", "데이터"),
        [
            Say($"Dataset {model.DatasetName}, version {model.DatasetId}.", $"데이터셋 {model.DatasetName}, 버전 {model.DatasetId}."),
            Say($"Each machine is fitted on its own first rows ({RowsFitted} rows); all later rows are held out. Nothing is shuffled across time.",
                $"기계마다 자신의 처음 행들({RowsFitted}행)에 맞추고, 그 뒤의 모든 행은 남겨 둡니다. 시간 순서를 섞지 않습니다."),
            model.Reference.Count == 0 ? Say("No fault-free reference recording took part.", "고장 없는 기준 기록은 쓰이지 않았습니다.")
                : Say($"Fault-free reference: {string.Join(", ", model.Reference)}; used to choose, neither fitted nor judged.", $"고장 없는 기준 기록: {string.Join(", ", model.Reference)}. 고르는 데만 쓰고, 맞추거나 평가하지 않았습니다."),
        ]),
        new(Say("Method", "방법"),
        [
            Say($"{model.Title}, limit {model.LimitMultiplier:0.###} times the commissioning limit, one recipe for all machines.",
                $"{model.Title}, 한계는 시운전 한계의 {model.LimitMultiplier:0.###}배, 모든 기계에 같은 레시피."),
            .. model.Parameters.Select(p => $"{p.Name} = {p.Value:0.######}: {p.Reason}."),
        ]),
        .. tellsChoice ? [HowChosen()] : Array.Empty<CardSection>(),
        new(Say("Figures on held-out rows", "남겨 둔 행에서의 성능"), [.. HeldOut()]),
        new(Say("Limits", "한계"),
        [
            Say("The figures hold for these machines and these kinds of fault. A fault that was running during commissioning counts as normal.",
                "이 수치는 이 기계들과 이런 종류의 고장에서만 맞습니다. 시운전 때 이미 있던 고장은 정상으로 여깁니다."),
            Say("A change of product, speed or season looks like a fault until the machine is commissioned again.",
                "제품, 속도, 계절이 바뀌면 다시 시운전할 때까지 고장처럼 보입니다."),
            Say("False alarm rates count rows in alarm, so one long drift weighs as much as many short alarms.",
                "오경보율은 경보 중인 행을 세므로, 긴 드리프트 하나가 짧은 경보 여럿과 같은 무게를 가집니다."),
            .. model.Machines.Where(m => m.ConstantSignals.Count > 0).Select(m => Say($"{m.Asset}: {string.Join(", ", m.ConstantSignals)} did not move during commissioning; {ConstantConsequence}.",
                $"{m.Asset}: 시운전 동안 움직이지 않은 신호 {string.Join(", ", m.ConstantSignals)}; {ConstantConsequence}.")),
        ]),
        new(Say("What it does not know", "모르는 것"),
        [
            Say("It names the signals that stand out, not the cause. It gives no probability of failure and no remaining life.",
                "두드러진 신호를 알려 줄 뿐 원인은 알려 주지 않습니다. 고장 확률이나 남은 수명은 주지 않습니다."),
            Say("A missing value counts as normal; how many were missing is counted beside the score.",
                "빠진 값은 정상으로 여기고, 몇 개가 빠졌는지 점수와 함께 셉니다."),
        ]),
    ];

    private string Say(string english, string korean) => language.Of(english, korean);

    private CardSection HowChosen() => new(Say("How it was chosen", "어떻게 골랐는가"),
    [
        $"{model.SelectionRule} " + Say($"{model.SelectionTrials} healthy stretches, {model.InjectedFaults} kinds of fault.", $"정상 구간 {model.SelectionTrials}개, 고장 종류 {model.InjectedFaults}가지."),
        .. model.Leaderboard.Select(Contender),
    ]);

    private string Contender(ManifestContender one) => Say(
        $"{one.Title}: balanced accuracy {one.BalancedAccuracy:0.000} at limit x{one.LimitMultiplier:0.###} (detection {one.InjectedDetectionRate:0.00}, false alarms {one.InjectedFalseAlarmRate:0.00}){(one.IsChosen ? ", chosen" : "")}.",
        $"{one.Title}: 한계 x{one.LimitMultiplier:0.###}에서 균형 정확도 {one.BalancedAccuracy:0.000} (탐지 {one.InjectedDetectionRate:0.00}, 오경보 {one.InjectedFalseAlarmRate:0.00}){(one.IsChosen ? ", 선택됨" : "")}.");

    private IEnumerable<string> HeldOut()
    {
        if (model.Chosen.HeldOut is not { } chosen)
            return [Say("The dataset has no labels: nothing can be said about detection or false alarms.", "데이터셋에 라벨이 없어 탐지나 오경보에 대해 아무것도 말할 수 없습니다.")];
        return
        [
            Say($"{chosen.Name}: {Line(chosen)}; {model.Chosen.DetectedEvents} of {model.Chosen.Events} faults met while they lasted. Intervals are 95 %, from drawing machines again.",
                $"{chosen.Name}: {Line(chosen)}. 고장 {model.Chosen.Events}건 가운데 {model.Chosen.DetectedEvents}건을 계속되는 동안 찾았습니다. 구간은 기계를 다시 뽑아 구한 95 % 구간입니다."),
            .. model.Leaderboard.Where(c => !c.IsChosen && c.HeldOut is not null).Select(c => $"{c.Detector}: {Line(c.HeldOut!)}."), // Where has seen that it is not null
            .. model.Dummies.Select(d => $"{d.Name} ({Say("looks at nothing", "아무것도 보지 않음")}): {Line(d)}."),
            .. model.Groups.Select(g => Say($"{chosen.Name} on {g.Name}: {Line(g)}.", $"{g.Name}에서 {chosen.Name}: {Line(g)}.")),
        ];
    }

    private string Line(ManifestRates rates) => Say(
        $"F1 {Shown(rates.F1, "0.000")}, false alarm rate {Shown(rates.FalseAlarmPercent, "0.0")} %, missed alarm rate {Shown(rates.MissedAlarmPercent, "0.0")} %",
        $"F1 {Shown(rates.F1, "0.000")}, 오경보율 {Shown(rates.FalseAlarmPercent, "0.0")} %, 미경보율 {Shown(rates.MissedAlarmPercent, "0.0")} %");

    private string Shown(ManifestFigure figure, string form) => figure is { Value: { } value, Low: { } low, High: { } high }
        ? Say($"{value.ToString(form)} ({low.ToString(form)} to {high.ToString(form)})", $"{value.ToString(form)} ({low.ToString(form)} ~ {high.ToString(form)})")
        : Say("unknown", "모름");

    private string ConstantConsequence => model.Detector == new IsolationForest().Name
        ? Say("the trees cannot see a later change of them", "나무들은 나중에 바뀌어도 알아보지 못합니다")
        : Say("any later change is judged in the signal's own unit", "나중의 변화는 신호 자신의 단위로 판단합니다");

    private string RowsFitted
    {
        get
        {
            int[] sorted = [.. model.Machines.Select(m => m.RowsFitted).Order()];
            return sorted[0] == sorted[^1] ? $"{sorted[0]}" : Say($"{sorted[0]} to {sorted[^1]}", $"{sorted[0]}~{sorted[^1]}");
        }
    }
}
