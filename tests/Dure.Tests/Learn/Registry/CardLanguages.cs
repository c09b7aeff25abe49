using Dure.Learn.Registry;
using Xunit;

namespace Dure.Tests.Learn.Registry;

internal static class CardLanguages
{
    /// <summary>Section by section and line by line a card says as much in Korean as in English, with the same digits; notes are as they were taken.</summary>
    public static void SayTheSame(PredictorManifest manifest)
    {
        var (english, korean) = (PredictorCard.Sections(manifest), PredictorCard.Sections(manifest, CardLanguage.Korean));
        Assert.Equal(english.Select(section => section.Lines.Count), korean.Select(section => section.Lines.Count));
        foreach (var (one, other) in english.Zip(korean))
        {
            Assert.Contains(other.Title, IsHangul);
            foreach (var (line, same) in one.Lines.Zip(other.Lines).Where(pair => !manifest.Notes.Contains(pair.First) && !manifest.Split.Notes.Contains(pair.First)))
            {
                Assert.Contains(same, IsHangul);
                Assert.Equal(Digits(line), Digits(same));
            }
        }
    }

    private static bool IsHangul(char letter) => letter is >= '\uAC00' and <= '\uD7A3';

    private static string Digits(string line) => string.Concat(line.Where(char.IsAsciiDigit).Order());
}
