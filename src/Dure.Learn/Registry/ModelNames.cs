namespace Dure.Learn;

/// <summary>Names of models, fit for addresses.</summary>
internal static class ModelNames
{
    private const int Longest = 60;

    /// <summary>Lower-case letters, digits and '-', starting with a letter.</summary>
    public static bool IsName(string? text) => text is { Length: >= 1 and <= Longest } && char.IsAsciiLetterLower(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
