using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>
/// Where a page of a list begins, as a text that callers hand back unread: a place among the stored documents (hexadecimal), or after a
/// derived one (<c>~</c> and its id). Both stay right when documents come and go.
/// </summary>
/// <param name="Created">The least <see cref="StoredDocument.Created"/>.</param>
/// <param name="Derived">The id after which to go on; null while there are stored ones to come.</param>
internal readonly record struct ShellCursor(long Created, string? Derived)
{
    private const char Mark = '~';
    private const int PlaceBits = 16;
    private const int MostLetters = 15;

    /// <summary>How many documents one journal entry may bring.</summary>
    public const int MostPlaces = 1 << PlaceBits;

    public static long PlaceOf(long entry, int place) => (entry << PlaceBits) | (uint)place;

    public static string After(StoredDocument last) => last.IsDerived
        ? Mark + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last.Id))
        : (last.Created + 1).ToString("x", CultureInfo.InvariantCulture);

    public static ShellCursor Read(string? cursor) => cursor switch
    {
        null => default,
        [Mark, _, ..] when IdOf(cursor) is { } id => new(0, id),
        { Length: <= MostLetters } when long.TryParse(cursor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var created) => new(created, null),
        _ => throw new ProblemException("urn:dure:exchange:bad-cursor", $"'{FindingList.Shown(cursor)}' is not a cursor.", "cursor", "Send the cursor of the page before, or none."),
    };

    private static string? IdOf(string cursor) => Base64Url.IsValid(cursor.AsSpan(1)) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor.AsSpan(1))) : null;
}
