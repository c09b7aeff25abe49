using System.Globalization;
using System.Text;

namespace Dure.Exchange.Policies;

/// <summary>Foreign text made fit to be shown: short, and without characters that hide or turn what stands beside them.</summary>
internal static class PolicyText
{
    private const int MaxShown = 120;

    public static string Shown(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, MaxShown));
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= MaxShown)
                return shown.Append('…').ToString();
            var isHidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            shown.Append(isHidden ? "�" : rune.ToString());
        }
        return shown.ToString();
    }

    public static string Shown(PolicyValue value) => value switch
    {
        PolicyValue.Text text => Shown(text.Value),
        PolicyValue.Json json => Shown(json.Canonical),
        PolicyValue.List { Items.Count: <= 12 } list => $"[{string.Join(", ", list.Items.Select(Shown))}]",
        PolicyValue.List list => $"[{string.Join(", ", list.Items.Take(12).Select(Shown))}, … {list.Items.Count} in all]",
        _ => "",
    };

    /// <summary>A condition in one line as it is written, for a log or a refusal.</summary>
    public static string Shown(PolicyConstraint constraint) => constraint switch
    {
        PolicyConstraint.Atomic atomic => $"{Shown(atomic.LeftOperand)} {PolicyWriter.NameOf(atomic.Operator)} {Shown(atomic.RightOperand)}",
        PolicyConstraint.Group group => $"{PolicyWriter.NameOf(group.Kind)} of {group.Members.Count}",
        _ => "",
    };
}
