using System.Globalization;

namespace Dure.Exchange.Shells.Templates;

/// <summary>Elements with the semantic id that a template gives them; what has no value is left out, as optional elements are.</summary>
internal static class TemplateParts
{
    /// <summary>The semantic ids that several templates take from the dictionaries ECLASS and IEC CDD.</summary>
    public const string UriOfTheProduct = "0112/2///61987#ABN590#002";
    public const string Version = "0173-1#02-AAS354#002";

    public static SubmodelElement? Text(string idShort, string semanticId, string? value, XsdType type = XsdType.String) =>
        value is null ? null : new Property { IdShort = idShort, SemanticId = Reference.External(semanticId), ValueType = type, Value = value };

    public static SubmodelElement? Number(string idShort, string semanticId, long? value, XsdType type = XsdType.String) =>
        Text(idShort, semanticId, value?.ToString(CultureInfo.InvariantCulture), type);

    public static SubmodelElement? Texts(string idShort, string semanticId, IReadOnlyList<LangString>? value) =>
        value is null or [] ? null : new MultiLanguageProperty { IdShort = idShort, SemanticId = Reference.External(semanticId), Value = value };

    public static SubmodelElement? English(string idShort, string semanticId, string? value) => value is null ? null : Texts(idShort, semanticId, LangString.English(value));

    public static SubmodelElement? File(string idShort, string semanticId, FileAddress? file) =>
        file is null ? null : new FileElement { IdShort = idShort, SemanticId = Reference.External(semanticId), Value = file.Address, ContentType = file.ContentType, Extensions = Sha256(file.Sha256) };

    /// <summary>No template has a place for the hash of a file, so it stands beside the element as an extension.</summary>
    public static IReadOnlyList<Extension>? Sha256(string? hex) => hex is null ? null : [Said("sha256", hex)];

    public static Extension Said(string name, string value) => new() { Name = name, ValueType = XsdType.String, Value = value };

    public static SubmodelElement Link(string idShort, string semanticId, Reference to) => new ReferenceElement { IdShort = idShort, SemanticId = Reference.External(semanticId), Value = to };

    /// <summary>A collection of what is there; null when nothing is.</summary>
    public static SubmodelElement? Group(string idShort, string semanticId, params IEnumerable<SubmodelElement?> elements) =>
        elements.OfType<SubmodelElement>().ToArray() is { Length: > 0 } some ? new SubmodelElementCollection { IdShort = idShort, SemanticId = Reference.External(semanticId), Value = some } : null;

    public static Submodel Submodel(string id, string idShort, Reference semanticId, params IEnumerable<SubmodelElement?> elements) => new()
    {
        Id = id, IdShort = idShort, Kind = ModellingKind.Instance, SemanticId = semanticId,
        SubmodelElements = [.. elements.OfType<SubmodelElement>()],
    };

    /// <summary>A name that can be an idShort, made of any text: what cannot stand in one becomes '_', and a number tells equal ones apart.</summary>
    public static IEnumerable<(string IdShort, T Item)> Named<T>(IEnumerable<T> items, Func<T, string> name)
    {
        const int Most = 100;
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var letters = string.Concat(name(item).Take(Most).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            var wanted = letters.Length > 1 && char.IsAsciiLetter(letters[0]) ? letters : "n_" + letters;
            var free = wanted;
            for (var i = 2; !taken.Add(free); i++)
                free = $"{wanted}_{i.ToString(CultureInfo.InvariantCulture)}";
            yield return (free, item);
        }
    }

    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Where a file is: a path in the shell or an address; with the hash of its content in hexadecimal digits, where it is known.</summary>
public sealed record FileAddress(string Address, string ContentType, string? Sha256 = null);

/// <summary>A name and what is said of it.</summary>
public sealed record Named(string Name, string Value);

/// <summary>What the three AI templates ask first.</summary>
/// <param name="SubmodelId">The id of the submodel to make.</param>
/// <param name="Uri">Names the dataset, the model or the deployed model in the world.</param>
/// <param name="Contact">The submodel with the contact information of who answers for it.</param>
public sealed record AiHead(string SubmodelId, string Uri, string Version, Reference Contact);
