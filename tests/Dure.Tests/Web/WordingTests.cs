using System.Text.RegularExpressions;
using Dure.Web.Language;
using Xunit;

namespace Dure.Tests.Web;

public sealed partial class WordingTests
{
    private static readonly Wording English = Wording.Of(Tongue.English);
    private static readonly Wording Korean = Wording.Of(Tongue.Korean);

    [Fact]
    public void Both_languages_have_the_same_keys() => Assert.Equal(English.Keys.Order(StringComparer.Ordinal), Korean.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Both_languages_fill_the_same_places_of_each_text()
    {
        foreach (var key in English.Keys)
            Assert.Equal((key, string.Join(' ', PlacesOf(English[key]))), (key, string.Join(' ', PlacesOf(Korean[key]))));
    }

    [Fact]
    public void No_text_is_empty_and_every_Korean_text_is_Korean_or_a_name()
    {
        foreach (var key in Korean.Keys)
        {
            Assert.NotEqual("", English[key].Trim());
            Assert.True(Hangul().IsMatch(Korean[key]) || Korean[key] == English[key], $"{key}: '{Korean[key]}'");
        }
    }

    [Fact]
    public void Every_key_that_a_page_names_has_words()
    {
        var missing = KeysInPages().Where(use => !English.Keys.Contains(use.Key) && !use.Key.EndsWith(".js", StringComparison.Ordinal) && !GroupsInPages().Contains(use.Key + ".")).Select(use => $"{use.File}: {use.Key}").ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_text_is_used_by_a_page()
    {
        var named = KeysInPages().Select(use => use.Key).ToHashSet(StringComparer.Ordinal);
        var groups = GroupsInPages();
        Assert.DoesNotContain(English.Keys, key => !named.Contains(key) && !groups.Any(group => key.StartsWith(group, StringComparison.Ordinal)));
    }

    /// <summary>Groups whose last part comes from the data, such as a journal entry's kind.</summary>
    private static HashSet<string> GroupsInPages() =>
        Sources().SelectMany(source => GroupUse().Matches(source.Text)).Select(match => match.Groups["group"].Value + ".").ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<(string File, string Key)> KeysInPages() =>
        from source in Sources()
        from Match match in KeyUse().Matches(source.Text)
        select (source.File, match.Groups["key"].Value);

    private static IEnumerable<(string File, string Text)> Sources()
    {
        var folder = Path.Combine(Root(), "src", "Dure.Web");
        return new[] { "*.razor", "*.cs" }.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal)).Select(file => (Path.GetFileName(file), File.ReadAllText(file)));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Dure.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        return folder.FullName;
    }

    private static IEnumerable<string> PlacesOf(string text) => Place().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>A quoted dotted key, such as <c>"frame.skip"</c>; the first part must be a group that the texts have.</summary>
    [GeneratedRegex("""
        "(?<key>(frame|nav|assets|sign-in|overview|lab|sources|signals|datasets|tables|sharing|models|devices|effects|evidence|common|missing)\.[a-z0-9.-]+)"
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyUse();

    [GeneratedRegex("""[Ww](ords)?\.Name\("(?<group>[a-z.-]+)",""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex GroupUse();

    [GeneratedRegex(@"\{\d+\}", RegexOptions.None, 1000)]
    private static partial Regex Place();

    [GeneratedRegex(@"[\uAC00-\uD7A3]", RegexOptions.None, 1000)]
    private static partial Regex Hangul();
}
