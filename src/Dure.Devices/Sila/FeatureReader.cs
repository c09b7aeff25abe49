using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>
/// Reads feature definitions (FDL of SiLA 2 v1.1, XML). Bounded: 1 MiB of text, types nested 16 deep, 1,000 elements in a list; no document type, no external
/// entity. Anything that is not a definition ends in a <see cref="ProblemException"/> that names the place.
/// </summary>
public static partial class FeatureReader
{
    public const int MaxCharacters = 1024 * 1024;
    public const int MaxDepth = 16;
    private const int MaxElements = 1000;
    private static readonly XNamespace Sila = "http://www.sila-standard.org";

    public static SilaFeature Read(string xml)
    {
        var root = Load(xml);
        if (root.Name != Sila + "Feature")
            throw Refusal($"The document's root is '{root.Name.LocalName}'", "document", "not SiLA's Feature");
        var version = root.Attribute("FeatureVersion")?.Value.Split('.')[0];
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var major))
            throw Refusal("The attribute FeatureVersion", "Feature", "is no version such as 1.0");
        var feature = new SilaFeature
        {
            Originator = Dotted(root, "Originator"),
            Category = Dotted(root, "Category", "none"),
            Identifier = Identifier(root),
            DisplayName = Text(root, "DisplayName"),
            Description = Text(root, "Description"),
            MajorVersion = major,
            Xml = xml,
            Commands = All(root, "Command", ReadCommand),
            Properties = All(root, "Property", element => new SilaProperty(ReadElement(element), IsObservable(element), ReadErrors(element))),
            Metadata = All(root, "Metadata", ReadElement),
            Errors = All(root, "DefinedExecutionError", Identifier),
            Types = All(root, "DataTypeDefinition", ReadElement).GroupBy(element => element.Identifier, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Type, StringComparer.Ordinal),
        };
        CheckDefinedTypes(feature);
        return feature;
    }

    /// <summary>Reads a data type that travels alone, as the type of a value of type Any.</summary>
    public static SilaType ReadType(string xml) => ReadType(Load(xml), 0);

    private static XElement Load(string xml)
    {
        if (xml.Length > MaxCharacters)
            throw Refusal($"The definition has {xml.Length} characters", "document", $"more than the {MaxCharacters} that are read");
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters };
            using var reader = XmlReader.Create(new StringReader(xml), settings);
            return XDocument.Load(reader).Root!;
        }
        catch (XmlException failure)
        {
            throw Refusal("The definition is not XML", $"line {failure.LineNumber}", failure.Message, failure);
        }
    }

    private static SilaCommand ReadCommand(XElement element) => new(
        Identifier(element), Text(element, "DisplayName"), Text(element, "Description"), IsObservable(element),
        All(element, "Parameter", ReadElement), All(element, "Response", ReadElement), All(element, "IntermediateResponse", ReadElement), ReadErrors(element));

    private static SilaElement ReadElement(XElement element) => ReadElement(element, 0);

    private static SilaElement ReadElement(XElement element, int depth) =>
        new(Identifier(element), Text(element, "DisplayName"), Text(element, "Description"), ReadType(Child(element, "DataType"), depth));

    private static SilaType ReadType(XElement dataType, int depth)
    {
        if (depth > MaxDepth)
            throw Refusal("The data types", "DataType", $"are nested deeper than {MaxDepth}");
        var type = dataType.Elements().FirstOrDefault() ?? throw Refusal("A data type", "DataType", "is empty");
        return type.Name.LocalName switch
        {
            "Basic" => Enum.TryParse<SilaBasic>(type.Value.Trim(), ignoreCase: false, out var basic) && Enum.IsDefined(basic)
                ? new SilaType.Basic(basic) : throw Refusal($"The basic type '{Shorten(type.Value)}'", "Basic", "does not exist"),
            "List" => ReadType(Child(type, "DataType"), depth + 1) is var item && item is SilaType.List
                ? throw Refusal("A list", "List", "holds lists, which SiLA does not allow") : new SilaType.List(item),
            "Structure" => new SilaType.Structure(Distinct(type, All(type, "Element", element => ReadElement(element, depth + 1)))),
            "Constrained" => new SilaType.Constrained(ReadType(Child(type, "DataType"), depth + 1), ConstraintReader.Read(Child(type, "Constraints"))),
            "DataTypeIdentifier" => new SilaType.Defined(type.Value.Trim()),
            var other => throw Refusal($"The data type '{Shorten(other)}'", "DataType", "does not exist"),
        };
    }

    private static IReadOnlyList<SilaElement> Distinct(XElement structure, IReadOnlyList<SilaElement> elements) =>
        elements.Select(element => element.Identifier).Distinct(StringComparer.Ordinal).Count() == elements.Count ? elements
            : throw Refusal("Two elements of a structure", structure.Name.LocalName, "have the same identifier");

    private static string[] ReadErrors(XElement element) =>
        element.Element(Sila + "DefinedExecutionErrors")?.Elements(Sila + "Identifier").Take(MaxElements).Select(error => error.Value.Trim()).ToArray() ?? [];

    private static bool IsObservable(XElement element) => Text(element, "Observable") switch
    {
        "Yes" => true,
        "No" => false,
        var other => throw Refusal($"Observable '{Shorten(other)}'", element.Name.LocalName, "is neither Yes nor No"),
    };

    private static T[] All<T>(XElement parent, string name, Func<XElement, T> read)
    {
        var elements = parent.Elements(Sila + name).Take(MaxElements + 1).ToArray();
        return elements.Length <= MaxElements ? Array.ConvertAll(elements, element => read(element)) : throw Refusal($"More than {MaxElements} times '{name}'", parent.Name.LocalName, "is not read");
    }

    private static string Identifier(XElement element)
    {
        var text = Text(element, "Identifier");
        return IdentifierForm().IsMatch(text) ? text : throw Refusal($"The identifier '{Shorten(text)}'", element.Name.LocalName, "does not begin with a capital letter, or has more than letters and digits, or than 255 of them");
    }

    private static string Dotted(XElement root, string attribute, string? otherwise = null)
    {
        var text = root.Attribute(attribute)?.Value ?? otherwise ?? "";
        return DottedForm().IsMatch(text) ? text : throw Refusal($"The attribute {attribute} '{Shorten(text)}'", "Feature", "is not lower-case words with dots");
    }

    private static XElement Child(XElement parent, string name) => parent.Element(Sila + name) ?? throw Refusal($"The element {name}", parent.Name.LocalName, "is missing");

    private static string Text(XElement parent, string name) => Child(parent, name).Value.Trim();

    /// <summary>Every named type must exist, and none may hold itself: values of such a type would never end.</summary>
    private static void CheckDefinedTypes(SilaFeature feature)
    {
        var heights = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in feature.Types.Keys)
            Height(new SilaType.Defined(name), feature, heights, 0);
        var elements = feature.Commands.SelectMany(command => command.Parameters.Concat(command.Responses).Concat(command.IntermediateResponses))
            .Concat(feature.Properties.Select(property => property.Value)).Concat(feature.Metadata);
        foreach (var element in elements)
            Height(element.Type, feature, heights, 0);
    }

    private static int Height(SilaType type, SilaFeature feature, Dictionary<string, int> heights, int depth)
    {
        if (depth > MaxDepth)
            throw Refusal("The defined data types", "DataTypeDefinition", $"hold themselves or are nested deeper than {MaxDepth}");
        switch (type)
        {
            case SilaType.List list: return 1 + Height(list.Item, feature, heights, depth + 1);
            case SilaType.Constrained constrained: return 1 + Height(constrained.Inner, feature, heights, depth + 1);
            case SilaType.Structure structure: return 1 + structure.Elements.Select(element => Height(element.Type, feature, heights, depth + 1)).DefaultIfEmpty().Max();
            case SilaType.Defined defined:
                if (!feature.Types.TryGetValue(defined.Name, out var meant))
                    throw Refusal($"The data type '{Shorten(defined.Name)}'", "DataTypeIdentifier", "is not defined in this feature");
                if (!heights.TryGetValue(defined.Name, out var height)) // each name is measured once, so that many names cost no more than their text
                    heights[defined.Name] = height = 1 + Height(meant, feature, heights, depth + 1);
                return depth + height <= 2 * MaxDepth ? height : throw Refusal("The defined data types", "DataTypeDefinition", $"are nested deeper than {2 * MaxDepth}");
            default: return 0;
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";

    internal static ProblemException Refusal(string what, string where, string why, Exception? cause = null) =>
        new("urn:dure:devices:sila-definition", $"{what}: {why}.", where, "Give a feature definition of SiLA 2, version 1.1.", cause);

    [GeneratedRegex("^[A-Z][A-Za-z0-9]{0,254}$", RegexOptions.None, 1000)]
    private static partial Regex IdentifierForm();

    [GeneratedRegex("^[a-z][a-z0-9.]{0,254}$", RegexOptions.None, 1000)]
    private static partial Regex DottedForm();
}
