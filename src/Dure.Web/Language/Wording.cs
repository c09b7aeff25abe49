using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Dure.Web.Language;

/// <summary>The languages that the pages speak.</summary>
public enum Tongue
{
    English,
    Korean,
}

/// <summary>The pages' words in one language, by key. Both languages have the same keys; a test keeps it so.</summary>
public sealed class Wording
{
    private static readonly Wording English = new(Tongue.English, "en");
    private static readonly Wording Korean = new(Tongue.Korean, "ko");
    private readonly FrozenDictionary<string, string> texts;

    private Wording(Tongue tongue, string code)
    {
        (Tongue, Code) = (tongue, code);
        using var stream = typeof(Wording).Assembly.GetManifestResourceStream($"texts/{code}.json")
            ?? throw new InvalidOperationException($"The texts of '{code}' are not in this assembly.");
        texts = (JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? []).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public Tongue Tongue { get; }

    /// <summary>The language's code as HTML wants it: <c>en</c> or <c>ko</c>.</summary>
    public string Code { get; }

    public IReadOnlyCollection<string> Keys => texts.Keys;

    public static Wording Of(Tongue tongue) => tongue == Tongue.Korean ? Korean : English;

    /// <summary>The language of a code, or none.</summary>
    public static Tongue? TongueOf(string? code) => code switch
    {
        "en" => Tongue.English,
        "ko" => Tongue.Korean,
        _ => null,
    };

    /// <summary>The words of a key; a key that nobody wrote shows itself, so that it is seen and mended.</summary>
    public string this[string key] => texts.GetValueOrDefault(key, key);

    /// <summary>The words of a key with its places <c>{0}</c>, <c>{1}</c>, … filled in.</summary>
    public string Say(string key, params object?[] parts) => string.Format(CultureInfo.InvariantCulture, this[key], parts);

    /// <summary>The words of a key made of a group and a name that comes from the data; the name itself when it has no words.</summary>
    public string Name(string group, string name) => texts.GetValueOrDefault($"{group}.{name}", name);
}
