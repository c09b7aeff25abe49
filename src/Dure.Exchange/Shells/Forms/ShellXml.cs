using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Dure.Exchange.Shells;

/// <summary>
/// The XML form of an environment (aas-v3.1.xsd), both ways. Writes the schema's order; reads any order, because only names matter to
/// the meaning, and the namespace of V3.0 with a warning. No DTD, no external entity is ever read.
/// </summary>
public static class ShellXml
{
    public const string Namespace = "https://admin-shell.io/aas/3/1";
    private const string OlderNamespace = "https://admin-shell.io/aas/3/0";
    private const int MaxDepth = 256;
    private const long MaxCharacters = 256 << 20;

    public static Reading<ShellEnvironment> Read(Stream stream)
    {
        var findings = new FindingList();
        try
        {
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters, IgnoreComments = true, IgnoreProcessingInstructions = true });
            using var bounded = new DepthBoundedXmlReader(reader, MaxDepth);
            var root = XDocument.Load(bounded, LoadOptions.PreserveWhitespace).Root!; // a document without a root does not load
            return Read(root, findings);
        }
        catch (Exception cause) when (cause is XmlException or DecoderFallbackException)
        {
            findings.Add(FormRule.Syntax, Place.Root, $"The text is not XML: {cause.Message}", "Send one XML document without a DTD.");
            return new(null, findings.All);
        }
    }

    public static void Write(Stream stream, ShellEnvironment environment)
    {
        using var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize, CloseOutput = false });
        writer.WriteStartElement("environment", Namespace);
        XmlFormWriter.WriteMembers(writer, environment);
        writer.WriteEndElement();
    }

    private static Reading<ShellEnvironment> Read(XElement root, FindingList findings)
    {
        var place = Place.Root;
        var warnings = new FindingList();
        var isOlder = root.Name.NamespaceName == OlderNamespace;
        if (root.Name.LocalName != "environment" || root.Name.NamespaceName != Namespace && !isOlder)
        {
            findings.Add(FormRule.Type, place, $"The document is '{FindingList.Shown(root.Name.ToString())}', not an environment of {Namespace}.", "Send an environment of the AAS metamodel 3.");
            return new(null, findings.All);
        }
        if (isOlder)
            warnings.Add(FormRule.OlderForm, place, $"The namespace is that of V3.0 ({OlderNamespace}).", $"Write {Namespace}.");
        var read = (ShellEnvironment?)new XmlFormReader(root.Name.Namespace, findings).ReadObject(root, Shape.Of<ShellEnvironment>(), place);
        return findings.All.Count == 0 ? new(read, warnings.All) : new(null, findings.All);
    }
}

/// <summary>Stops at a depth that no real document has, before a reader that recurses meets it.</summary>
internal sealed class DepthBoundedXmlReader(XmlReader inner, int maxDepth) : XmlReader
{
    public override bool Read() => inner.Read() && (inner.Depth <= maxDepth ? true : throw new XmlException($"It is nested deeper than {maxDepth} levels."));

    public override int AttributeCount => inner.AttributeCount;
    public override string BaseURI => inner.BaseURI;
    public override int Depth => inner.Depth;
    public override bool EOF => inner.EOF;
    public override bool IsEmptyElement => inner.IsEmptyElement;
    public override string LocalName => inner.LocalName;
    public override string NamespaceURI => inner.NamespaceURI;
    public override XmlNameTable NameTable => inner.NameTable;
    public override XmlNodeType NodeType => inner.NodeType;
    public override string Prefix => inner.Prefix;
    public override ReadState ReadState => inner.ReadState;
    public override string Value => inner.Value;
    public override string GetAttribute(int i) => inner.GetAttribute(i);
    public override string? GetAttribute(string name) => inner.GetAttribute(name);
    public override string? GetAttribute(string name, string? namespaceURI) => inner.GetAttribute(name, namespaceURI);
    public override string? LookupNamespace(string prefix) => inner.LookupNamespace(prefix);
    public override bool MoveToAttribute(string name) => inner.MoveToAttribute(name);
    public override bool MoveToAttribute(string name, string? ns) => inner.MoveToAttribute(name, ns);
    public override bool MoveToElement() => inner.MoveToElement();
    public override bool MoveToFirstAttribute() => inner.MoveToFirstAttribute();
    public override bool MoveToNextAttribute() => inner.MoveToNextAttribute();
    public override bool ReadAttributeValue() => inner.ReadAttributeValue();
    public override void ResolveEntity() => inner.ResolveEntity();
}
