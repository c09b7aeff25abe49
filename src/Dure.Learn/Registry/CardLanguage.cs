using System.Globalization;

namespace Dure.Learn.Registry;

/// <summary>The languages that a card is written in.</summary>
public enum CardLanguage
{
    English,
    Korean,
}

/// <summary>What several cards say alike.</summary>
internal static class CardPhrases
{
    /// <summary>The sentence in the card's language: both stand side by side where they are written, so that neither is forgotten.</summary>
    public static string Of(this CardLanguage language, string english, string korean) => language == CardLanguage.Korean ? korean : english;

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    public static string Share(CardLanguage say, ManifestFigure figure) => figure is { Value: { } value, Low: { } low, High: { } high }
        ? $"{Percent(value)} ({say.Of($"95 % interval {Percent(low)} to {Percent(high)}", $"95 % 구간 {Percent(low)} ~ {Percent(high)}")})" : say.Of("unknown", "모름");

    public static string Dataset(CardLanguage say, PredictorManifest model) => say.Of($"Dataset {model.DatasetName}, version {model.DatasetId}.", $"데이터셋 {model.DatasetName}, 버전 {model.DatasetId}.");

    public static CardSection Again(CardLanguage say, PredictorManifest model) => new(say.Of("To make it again", "다시 만들려면"),
    [
        say.Of($"Seed {model.Seed}, program {model.CodeVersion}, the dataset version above, and this recipe: `{model.Recipe.ToJsonString()}`",
            $"시드 {model.Seed}, 프로그램 {model.CodeVersion}, 위의 데이터셋 버전, 그리고 이 레시피: `{model.Recipe.ToJsonString()}`"),
    ]);

    public static string OnlyAdvises(CardLanguage say) => say.Of(
        "It advises people and proposes actions to a guarded gate. It is no safety function and replaces no final inspection that a customer or a law asks for.",
        "사람에게 조언하고, 보호된 관문에 조치를 제안합니다. 안전 기능이 아니며 고객이나 법이 요구하는 최종 검사를 대신하지 않습니다.");

    public static string OnePartTwice(CardLanguage say) => say.Of(
        "Several images of one part, or of one minute, may stand on both sides: then it looks better than it is. Judge it by parts of another day before you rely on it.",
        "같은 부품이나 같은 시각의 이미지가 학습과 평가 양쪽에 있을 수 있고, 그러면 실제보다 좋아 보입니다. 믿고 쓰기 전에 다른 날의 부품으로 평가해 보세요.");

    public static string NewCamera(CardLanguage say) => say.Of(
        "A new camera, lens, lamp, background or product needs a new training.", "카메라, 렌즈, 조명, 배경, 제품이 바뀌면 다시 학습시켜야 합니다.");
}
