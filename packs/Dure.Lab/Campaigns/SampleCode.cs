using System.Globalization;

namespace Dure.Lab.Campaigns;

/// <summary>
/// The barcode of a trial's sample: campaign, trial, run and a check character (ISO/IEC 7064, MOD 37,36), in capitals and digits as Code 39 and Code 128 print them.
/// A mistyped or swapped character is found; it is one name through all steps.
/// </summary>
public static class SampleCode
{
    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <param name="run">The trial's run: one that is made again has a sample of its own.</param>
    public static string Of(string campaign, int trial, int run)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"{campaign.ToUpperInvariant()}-{trial}-{run}-");
        return body + Check(body);
    }

    /// <summary>Whether a text is a whole code: what a scanner misread is not.</summary>
    public static bool IsWhole(string code) => code.Length > 2 && code[^2] == '-' && Check(code.AsSpan(0, code.Length - 1)) == code[^1];

    private static char Check(ReadOnlySpan<char> body)
    {
        var product = Characters.Length;
        foreach (var character in body)
        {
            if (Characters.IndexOf(character, StringComparison.Ordinal) is var value && value < 0)
                continue; // dashes part it for people
            var sum = (product + value) % Characters.Length;
            product = (sum == 0 ? Characters.Length : sum) * 2 % (Characters.Length + 1);
        }
        return Characters[(Characters.Length + 1 - product) % Characters.Length];
    }
}
