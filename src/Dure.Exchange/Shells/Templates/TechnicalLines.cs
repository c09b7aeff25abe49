using System.Text;
using Dure.Kernel;

namespace Dure.Exchange.Shells.Templates;

/// <summary>
/// Technical properties as lines that a person writes: <c># Drive | 구동</c> begins an area, <c>Rated power | 정격 출력 = 2.2 [kW]</c> is a
/// property in it. The Korean name and the unit may be left out; a value that is a number is kept as one.
/// </summary>
public static class TechnicalLines
{
    private const int MostLines = 1000;
    private const int LongestLine = 500;
    private const string FirstArea = "General";

    /// <exception cref="ProblemException">A line is neither an area nor a property.</exception>
    public static IReadOnlyList<TechnicalArea> Read(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        if (lines.Length > MostLines)
            throw Bad($"There are {lines.Length} lines; {MostLines} are allowed.", "Keep to what a reader of the nameplate needs.", lines.Length);
        var areas = new List<(IReadOnlyList<LangString> Name, List<TechnicalProperty> Properties)>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0)
                continue;
            if (line.Length > LongestLine)
                throw Bad($"The line has {line.Length} characters; {LongestLine} are allowed.", "Shorten it.", i + 1);
            if (line[0] == '#')
                areas.Add((NamesIn(line[1..], i), []));
            else
            {
                if (areas.Count == 0)
                    areas.Add((LangString.English(FirstArea), []));
                areas[^1].Properties.Add(PropertyIn(line, i));
            }
        }
        return [.. areas.Where(area => area.Properties.Count > 0).Select(area => new TechnicalArea(area.Name, area.Properties))];
    }

    /// <summary>The lines that a submodel was made from, or would be.</summary>
    public static string Write(Submodel technicalData)
    {
        var text = new StringBuilder();
        var areas = technicalData.SubmodelElements?.OfType<SubmodelElementList>().FirstOrDefault(list => list.IdShort == TechnicalDataTemplate.AreasName)?.Value;
        foreach (var area in areas?.OfType<SubmodelElementCollection>() ?? [])
        {
            text.Append(text.Length > 0 ? "\n" : "").Append("# ").Append(Names(area.DisplayName, FirstArea)).Append('\n');
            foreach (var property in area.Value?.OfType<Property>() ?? [])
                text.Append(Names(property.DisplayName, property.IdShort ?? "")).Append(" = ").Append(property.Value).Append(UnitOf(property) is { } unit ? $" [{unit}]" : "").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The unit that a property's data specification gives it.</summary>
    public static string? UnitOf(SubmodelElement element) => element.EmbeddedDataSpecifications?.Select(specification => specification.DataSpecificationContent.Unit).FirstOrDefault(unit => unit is not null);

    private static TechnicalProperty PropertyIn(string line, int at)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || line[(equals + 1)..].Trim() is not { Length: > 0 } rest)
            throw Bad($"'{FindingList.Shown(line)}' is neither '# an area' nor 'a name = a value'.", "Write it as: Rated power = 2.2 [kW]", at + 1);
        var names = NamesIn(line[..equals], at);
        var open = rest.LastIndexOf('[');
        var (value, unit) = rest[^1] == ']' && open > 0 ? (rest[..open].Trim(), rest[(open + 1)..^1].Trim()) : (rest, "");
        return new TechnicalProperty(names, value, XsdLiteral.Is(XsdType.Double, value) ? XsdType.Double : XsdType.String, unit.Length == 0 ? null : unit);
    }

    private static LangString[] NamesIn(string text, int at)
    {
        var names = text.Split('|', StringSplitOptions.TrimEntries);
        return names switch
        {
            [{ Length: > 0 } english] => [.. LangString.English(english)],
            [{ Length: > 0 } english, { Length: > 0 } korean] => [.. LangString.English(english), new() { Language = "ko", Text = korean }],
            _ => throw Bad($"'{FindingList.Shown(text.Trim())}' is not a name.", "Write it in English, and after '|' in Korean if you like.", at + 1),
        };
    }

    private static string Names(IReadOnlyList<LangString>? names, string otherwise) => names is null or [] ? otherwise : string.Join(" | ", names.Select(name => name.Text));

    private static ProblemException Bad(string what, string mend, int line) => new("urn:dure:exchange:bad-technical-line", what, $"technical data, line {line}", mend);
}
