using System.Buffers.Text;
using System.Text;
using Dure.Exchange.Shells;
using Dure.Web.Language;

namespace Dure.Web;

/// <summary>Reads what a submodel says, for pages and for the forms that fill it.</summary>
public static class ShellFields
{
    /// <summary>The value of a property; empty when it is not there.</summary>
    public static string Text(Submodel? submodel, string path) => Find(submodel, path) is Property property ? property.Value ?? "" : "";

    /// <summary>The text of an element in one language; empty when it is not there.</summary>
    public static string In(Submodel? submodel, string path, string language) => Of(Find(submodel, path) is MultiLanguageProperty texts ? texts.Value : null, language) ?? "";

    /// <summary>A text in the reader's language, else in English, else in any.</summary>
    public static string Shown(IReadOnlyList<LangString>? texts, Wording words) => Of(texts, words.Code) ?? Of(texts, "en") ?? (texts is [var any, ..] ? any.Text : "");

    public static string Shown(Submodel? submodel, string path, Wording words) => Find(submodel, path) switch
    {
        MultiLanguageProperty texts => Shown(texts.Value, words),
        Property property => property.Value ?? "",
        _ => "",
    };

    /// <summary>Where the standard's interface has it.</summary>
    public static string Address(string kind, string id) => $"/api/v3/{kind}/{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id))}";

    private static SubmodelElement? Find(Submodel? submodel, string path) => submodel is null ? null : ElementTree.TryFind(submodel, ElementPath.Parse(path))?.Element;

    private static string? Of(IReadOnlyList<LangString>? texts, string language) => texts?.FirstOrDefault(text => text.Language == language || text.Language.StartsWith(language + "-", StringComparison.Ordinal))?.Text;
}
