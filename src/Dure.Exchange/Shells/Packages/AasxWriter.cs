using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Dure.Exchange.Shells;

/// <summary>Writes packages; the same content gives the same bytes.</summary>
internal static class AasxWriter
{
    private const string OriginPart = "/aasx/aasx-origin";

    /// <summary>The earliest time that a zip file can hold: a package says nothing of when it was written.</summary>
    private static readonly DateTimeOffset noTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Write(AasxPackage package, Stream stream, AasxForm form)
    {
        var specification = form == AasxForm.Json ? "/aasx/environment/environment.aas.json" : "/aasx/environment/environment.aas.xml";
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Put(archive, Opc.ContentTypesPart, Xml(ContentTypes(package.Files)));
        var root = new List<(string, string)> { (Opc.Origin, OriginPart) };
        if (package.Thumbnail is { } thumbnail)
            root.Add((Opc.Thumbnail, thumbnail));
        Put(archive, Opc.RelationshipsOf("/"), Xml(Relationships(root)));
        Put(archive, OriginPart, "Intentionally empty."u8);
        Put(archive, Opc.RelationshipsOf(OriginPart), Xml(Relationships([(Opc.Specification, specification)])));
        Put(archive, specification, Bytes(package.Environment, form));
        var supplements = package.Files.Where(file => file.Path != package.Thumbnail).Select(file => (Opc.Supplement, file.Path)).ToList();
        if (supplements.Count > 0)
            Put(archive, Opc.RelationshipsOf(specification), Xml(Relationships(supplements)));
        foreach (var file in package.Files)
            Put(archive, Opc.IsPartName(file.Path) ? file.Path : throw AasxReader.Bad($"'{FindingList.Shown(file.Path)}' is not the name of a part.", "package", "Choose a name that begins with '/'."), file.Content.Span);
    }

    private static byte[] Bytes(ShellEnvironment environment, AasxForm form)
    {
        if (form == AasxForm.Json)
            return ShellJson.Write(environment);
        using var xml = new MemoryStream();
        ShellXml.Write(xml, environment);
        return xml.ToArray();
    }

    private static XElement ContentTypes(IReadOnlyList<AasxFile> files) => new(Opc.ContentTypes + "Types",
        Default("rels", "application/vnd.openxmlformats-package.relationships+xml"), Default("json", "application/json"), Default("xml", "application/xml"),
        Override(OriginPart, "text/plain"), files.Select(file => Override(file.Path, file.ContentType)));

    private static XElement Default(string ending, string type) => new(Opc.ContentTypes + "Default", new XAttribute("Extension", ending), new XAttribute("ContentType", type));

    private static XElement Override(string part, string type) => new(Opc.ContentTypes + "Override", new XAttribute("PartName", part), new XAttribute("ContentType", type));

    private static XElement Relationships(IReadOnlyList<(string Type, string Target)> relations) => new(Opc.Relationships + "Relationships",
        relations.Select((relation, at) => new XElement(Opc.Relationships + "Relationship", new XAttribute("Type", relation.Type), new XAttribute("Target", Uri.EscapeDataString(relation.Target).Replace("%2F", "/", StringComparison.Ordinal)), new XAttribute("Id", $"r{at + 1}"))));

    private static byte[] Xml(XElement root) => Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + root.ToString(SaveOptions.DisableFormatting));

    private static void Put(ZipArchive archive, string part, ReadOnlySpan<byte> content)
    {
        var entry = archive.CreateEntry(part.TrimStart('/'), CompressionLevel.Optimal);
        entry.LastWriteTime = noTime;
        using var stream = entry.Open();
        stream.Write(content);
    }
}
