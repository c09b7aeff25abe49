using Dure.Historian.Sources;
using Dure.Web.Language;

namespace Dure.Web;

/// <summary>What the settings of sources are called on pages.</summary>
internal static class SettingWords
{
    /// <summary>The label in the reader's language; the kind's own English one where nobody has translated it.</summary>
    public static string Label(Wording words, IReadOnlyList<ISourceKind> kinds, string kind, string setting)
    {
        var name = $"{kind}.{setting}";
        var translated = words.Name("sources.setting", name);
        return translated != name ? translated
            : kinds.FirstOrDefault(known => known.Name == kind)?.Settings.FirstOrDefault(known => known.Name == setting)?.Label ?? setting;
    }
}
