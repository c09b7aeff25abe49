using System.IO.Compression;
using System.Xml.Linq;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>Reads a package from an archive that nobody vouches for: every size is counted while unpacking, no name leads anywhere but into it.</summary>
internal sealed class AasxReader
{
    private readonly AasxLimits limits;
    private readonly Dictionary<string, ZipArchiveEntry> parts = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Finding> findings = [];
    private long unpacked;

    public AasxReader(ZipArchive archive, AasxLimits limits)
    {
        this.limits = limits;
        if (archive.Entries.Count > limits.MaxParts)
            throw Bad($"The package has {archive.Entries.Count} parts; {limits.MaxParts} are allowed.", "package", "Split it.");
        foreach (var entry in archive.Entries)
        {
            if (entry.FullName.EndsWith('/'))
                continue; // a folder, which no tool needs to write
            var part = "/" + Uri.UnescapeDataString(entry.FullName).TrimStart('/');
            if (entry.FullName.Length == 0 || !Opc.IsPartName(part))
                throw Bad($"'{FindingList.Shown(entry.FullName)}' is not the name of a part.", "package", "Use names without '..', backslashes and the like.");
            if (!parts.TryAdd(part, entry))
                throw Bad($"Two parts are called '{FindingList.Shown(part)}'.", "package", "Make the package anew.");
        }
    }

    public AasxPackage Read()
    {
        var types = ReadContentTypes();
        var origin = TargetsOf("/", Opc.Origin).FirstOrDefault() ?? throw Bad("No relationship leads to an origin.", "/_rels/.rels", $"Add a relationship of the type {Opc.Origin}.");
        var specifications = TargetsOf(origin, Opc.Specification).ToList();
        if (specifications.Count == 0)
            throw Bad("No relationship leads to an environment.", origin, $"Add a relationship of the type {Opc.Specification}.");

        var environment = new ShellEnvironment();
        var files = new Dictionary<string, AasxFile>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in specifications)
        {
            environment = Merge(environment, ReadEnvironment(part), part);
            foreach (var supplement in TargetsOf(part, Opc.Supplement))
                files.TryAdd(supplement, new AasxFile(supplement, types(supplement), Unpack(supplement)));
        }
        var thumbnail = TargetsOf("/", Opc.Thumbnail).FirstOrDefault();
        if (thumbnail is not null)
            files.TryAdd(thumbnail, new AasxFile(thumbnail, types(thumbnail), Unpack(thumbnail)));
        return new AasxPackage(environment, [.. files.Values], thumbnail) { Findings = findings };
    }

    internal static ProblemException Bad(string what, string where, string mend, Exception? cause = null) => new("urn:dure:exchange:bad-aasx", what, where, mend, cause);

    /// <summary>The parts that relationships of a type lead to; targets outside the package are none.</summary>
    private List<string> TargetsOf(string source, string type)
    {
        var part = Opc.RelationshipsOf(source);
        if (!parts.ContainsKey(part))
            return [];
        var targets = new List<string>();
        foreach (var relation in Opc.ParseXml(Unpack(part), part).Elements(Opc.Relationships + "Relationship"))
        {
            var given = (string?)relation.Attribute("Type") ?? "";
            var isOlder = given.StartsWith(Opc.OlderPrefix, StringComparison.Ordinal);
            if ((isOlder ? Opc.Prefix + given[Opc.OlderPrefix.Length..] : given) != type || (string?)relation.Attribute("TargetMode") == "External")
                continue;
            if (isOlder)
                findings.Add(new Finding(FormRule.OlderForm, part, $"The relationship type begins with {Opc.OlderPrefix}.", $"Write {Opc.Prefix}."));
            var target = Opc.Resolve(source, (string?)relation.Attribute("Target") ?? "");
            if (!parts.ContainsKey(target))
                throw Bad($"A relationship leads to '{FindingList.Shown(target)}', which is not in the package.", part, "Add the part, or remove the relationship.");
            targets.Add(target);
        }
        return targets;
    }

    private ShellEnvironment ReadEnvironment(string part)
    {
        var bytes = Unpack(part);
        var isJson = bytes.AsSpan().TrimStart("\uFEFF \t\r\n"u8) is [(byte)'{', ..];
        var reading = isJson ? ShellJson.Read<ShellEnvironment>(bytes.AsMemory(bytes.AsSpan().IndexOf((byte)'{'))) : ShellXml.Read(new MemoryStream(bytes));
        if (reading.Value is null)
            throw Bad($"{reading.Findings[0].What} ({reading.Findings[0].Rule})" + (reading.Findings.Count > 1 ? $" And {reading.Findings.Count - 1} more." : ""), $"{part}: {reading.Findings[0].Path}", reading.Findings[0].Mend);
        findings.AddRange(reading.Findings);
        findings.AddRange(ShellAudit.Check(reading.Value).Select(finding => finding with { Path = $"{part}: {finding.Path}" }));
        return reading.Value;
    }

    /// <summary>Several parts make one environment; one that repeats what another has said (the same in XML and JSON) adds nothing.</summary>
    private static ShellEnvironment Merge(ShellEnvironment into, ShellEnvironment more, string part) => new()
    {
        AssetAdministrationShells = Merge(into.AssetAdministrationShells, more.AssetAdministrationShells, part),
        Submodels = Merge(into.Submodels, more.Submodels, part),
        ConceptDescriptions = Merge(into.ConceptDescriptions, more.ConceptDescriptions, part),
    };

    private static List<T>? Merge<T>(IReadOnlyList<T>? into, IReadOnlyList<T>? more, string part) where T : Identifiable
    {
        if (into is null && more is null)
            return null;
        var all = (into ?? []).ToList();
        var known = all.DistinctBy(item => item.Id, StringComparer.Ordinal).ToDictionary(item => item.Id, StringComparer.Ordinal);
        foreach (var item in more ?? [])
        {
            if (!known.TryGetValue(item.Id, out var other))
                all.Add(item);
            else if (!ShellJson.Write(item).AsSpan().SequenceEqual(ShellJson.Write(other)))
                throw Bad($"'{FindingList.Shown(item.Id)}' stands in two parts with different content.", part, "Keep one of the two.");
        }
        return all;
    }

    private Func<string, string> ReadContentTypes()
    {
        const string Unknown = "application/octet-stream";
        if (!parts.ContainsKey("/" + Opc.ContentTypesPart))
        {
            findings.Add(new Finding(FormRule.OlderForm, Opc.ContentTypesPart, "The part that names the content types is missing.", "Add it."));
            return _ => Unknown;
        }
        var root = Opc.ParseXml(Unpack("/" + Opc.ContentTypesPart), Opc.ContentTypesPart);
        if (root.Name != Opc.ContentTypes + "Types")
            throw Bad($"The content types begin with '{root.Name.LocalName}'.", Opc.ContentTypesPart, "Begin with 'Types'.");
        var byPart = Pairs(root, "Override", "PartName");
        var byEnding = Pairs(root, "Default", "Extension");
        return part => byPart.GetValueOrDefault(part) ?? byEnding.GetValueOrDefault(Path.GetExtension(part).TrimStart('.')) ?? Unknown;
    }

    private static Dictionary<string, string> Pairs(XElement root, string element, string key) => root.Elements(Opc.ContentTypes + element)
        .Select(entry => (Key: (string?)entry.Attribute(key) ?? "", Type: (string?)entry.Attribute("ContentType") ?? ""))
        .DistinctBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(pair => pair.Key, pair => pair.Type, StringComparer.OrdinalIgnoreCase);

    /// <summary>Counts what really comes out: what an archive says of its sizes is only what its maker wrote there.</summary>
    private byte[] Unpack(string part)
    {
        using var stream = parts[part].Open();
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            unpacked += read;
            if (content.Length + read > limits.MaxPartBytes || unpacked > limits.MaxBytes)
                throw Bad($"It unpacks to more than {(unpacked > limits.MaxBytes ? limits.MaxBytes : limits.MaxPartBytes) >> 20} MiB.", part, "Leave large files out, and name them by address.");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }
}
