using System.Xml;
using System.Xml.Linq;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>What AASX takes from the Open Packaging Conventions (ECMA-376 part 2): relationships, content types and part names.</summary>
internal static class Opc
{
    public const string Origin = "http://admin-shell.io/aasx/relationships/aasx-origin";
    public const string Specification = "http://admin-shell.io/aasx/relationships/aas-spec";
    public const string Supplement = "http://admin-shell.io/aasx/relationships/aas-suppl";
    public const string Thumbnail = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail";
    public const string ContentTypesPart = "[Content_Types].xml";

    /// <summary>The relationship types as they were written before V3.0 of the package specification.</summary>
    public const string OlderPrefix = "http://www.admin-shell.io/";
    public const string Prefix = "http://admin-shell.io/";

    public static readonly XNamespace Relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    public static readonly XNamespace ContentTypes = "http://schemas.openxmlformats.org/package/2006/content-types";
    private const int MaxXmlCharacters = 16 << 20;

    /// <summary>The part that holds the relationships of another; of the package itself for "/".</summary>
    public static string RelationshipsOf(string part)
    {
        var slash = part.LastIndexOf('/');
        return $"{part[..slash]}/_rels/{part[(slash + 1)..]}.rels";
    }

    /// <summary>
    /// The part that a target names, seen from the part that refers to it. Refuses whatever could lead out of the package or mean another
    /// place on a disk.
    /// </summary>
    public static string Resolve(string source, string target)
    {
        var text = Uri.UnescapeDataString(target);
        var steps = new List<string>();
        if (!text.StartsWith('/'))
            steps.AddRange(source.Split('/', StringSplitOptions.RemoveEmptyEntries)[..^(source.EndsWith('/') ? 0 : 1)]);
        foreach (var step in text.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (step == "..")
            {
                if (steps.Count == 0)
                    throw AasxReader.Bad($"The target '{FindingList.Shown(target)}' leads out of the package.", source, "Name a part of the package.");
                steps.RemoveAt(steps.Count - 1);
            }
            else if (step != ".")
                steps.Add(step);
        }
        var part = "/" + string.Join('/', steps);
        return IsPartName(part) ? part : throw AasxReader.Bad($"'{FindingList.Shown(target)}' is not the name of a part.", source, "Use letters, digits and simple marks.");
    }

    public static bool IsPartName(string part) =>
        part.Length is > 1 and <= 1024 && part[0] == '/' && part.AsSpan().IndexOfAny("\\:*?\"<>|") < 0 && !part.Any(char.IsControl)
        && part[1..].Split('/').All(step => step.Length > 0 && !step.All(c => c == '.') && !step.EndsWith('.') && !step.StartsWith(' ') && !step.EndsWith(' '));

    public static XElement ParseXml(byte[] bytes, string part)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxXmlCharacters });
            using var bounded = new DepthBoundedXmlReader(reader, 20);
            return XDocument.Load(bounded).Root!; // a document without a root does not load
        }
        catch (XmlException cause)
        {
            throw AasxReader.Bad($"The part is not XML: {cause.Message}", part, "Make the package anew.", cause);
        }
    }
}
