using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>
/// Makes item names of topics by templates, one a line: <c>{site}/{area}/{machine}/{signal}</c>. A level is a literal, <c>{name}</c> for any
/// one level, or last of all <c>{name...}</c> for one or more. An item is named by the levels in braces, joined by '/', or by what follows
/// <c>-></c>: <c>plants/{site}/raw/{rest...} -> {site}/hall/{rest}/{field}</c>. <c>{field}</c> is the field of a JSON object; where it is not
/// written it comes last. The first template that fits counts; a topic that fits none is named as it is.
/// </summary>
public sealed class TopicTemplates
{
    private const int MostTemplates = 200;
    private const int MostLevels = 32;
    private const int MostTopicsKept = 100_000;
    private const string Field = "field";
    private const string Help = "Write levels with '/' between, such as '{site}/{area}/{machine}/{signal}' or 'umh/v1/{enterprise}/{site}/{area}/{line}/{machine}/_raw/{signal}'.";

    private readonly IReadOnlyList<Template> templates;
    private readonly Dictionary<string, (Template? Template, string Plain)> known = new(StringComparer.Ordinal);

    private TopicTemplates(IReadOnlyList<Template> templates) => this.templates = templates;

    /// <summary>Names every item as its topic.</summary>
    public static TopicTemplates None => new([]);

    /// <summary>Reads templates, one a line; empty lines and those that begin with '#' do not count.</summary>
    /// <exception cref="ProblemException">A line is no template; it is named.</exception>
    public static TopicTemplates Parse(string lines)
    {
        var read = new List<Template>();
        var number = 0;
        foreach (var line in lines.Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
                continue;
            if (read.Count == MostTemplates)
                throw Bad(number, $"There are more than {MostTemplates} templates.");
            read.Add(ParseLine(text, number));
        }
        return new TopicTemplates(read);
    }

    /// <summary>The item's name. Not safe for threads: it remembers topics.</summary>
    /// <param name="topic">The topic of the message.</param>
    /// <param name="field">The field of a JSON object, with '/' between nested ones; empty for a message that is one value.</param>
    public string NameOf(string topic, string field = "")
    {
        if (!known.TryGetValue(topic, out var found))
        {
            if (known.Count >= MostTopicsKept)
                known.Clear();
            var template = templates.FirstOrDefault(each => each.Fits(topic.Split('/')));
            known[topic] = found = (template, template is null ? topic : template.Name(topic.Split('/'), ""));
        }
        if (field.Length == 0)
            return found.Plain;
        return found.Template is { PlacesField: true } placing ? placing.Name(topic.Split('/'), field) : $"{found.Plain}/{field}";
    }

    private static Template ParseLine(string text, int number)
    {
        var arrow = text.IndexOf("->", StringComparison.Ordinal);
        var levels = (arrow < 0 ? text : text[..arrow].TrimEnd()).Split('/');
        if (levels.Length > MostLevels)
            throw Bad(number, $"The template has {levels.Length} levels; {MostLevels} are allowed.");
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var literals = new string?[levels.Length];
        var hasRest = false;
        for (var i = 0; i < levels.Length; i++)
        {
            if (hasRest)
                throw Bad(number, $"'{levels[i - 1]}' takes all levels and so must be the last.");
            if (levels[i] is not ['{', .., '}'])
            {
                literals[i] = levels[i].Contains('{') || levels[i].Contains('}') ? throw Bad(number, $"'{levels[i]}' is neither a literal nor a name in braces.") : levels[i];
                continue;
            }
            var name = levels[i][1..^1];
            hasRest = name.EndsWith("...", StringComparison.Ordinal);
            name = hasRest ? name[..^3] : name;
            if (name.Length == 0 || name == Field || name.Any(character => !char.IsLetterOrDigit(character) && character != '_') || !places.TryAdd(name, i))
                throw Bad(number, $"'{levels[i]}' does not name a level, or names one twice; '{{{Field}}}' stands only after '->'.");
        }
        return new Template(literals, hasRest, NameParts(arrow < 0 ? null : text[(arrow + 2)..].Trim(), places, number));
    }

    private static List<NamePart> NameParts(string? pattern, Dictionary<string, int> places, int number)
    {
        pattern ??= string.Join('/', places.Keys.Select(name => $"{{{name}}}"));
        if (pattern.Length == 0)
            throw Bad(number, "Nothing in the template names the item.");
        var parts = new List<NamePart>();
        while (pattern.Length > 0)
        {
            var open = pattern.IndexOf('{');
            if (open != 0)
            {
                var literal = open < 0 ? pattern : pattern[..open];
                parts.Add(new NamePart(literal, -1, false));
                pattern = pattern[literal.Length..];
                continue;
            }
            var close = pattern.IndexOf('}');
            var name = close < 0 ? pattern : pattern[1..close];
            if (close < 0 || (name != Field && !places.ContainsKey(name)))
                throw Bad(number, $"'{{{name}}}' after '->' is not a level of the template.");
            parts.Add(name == Field ? new NamePart("", -1, true) : new NamePart("", places[name], false));
            pattern = pattern[(close + 1)..];
        }
        return parts;
    }

    private static ProblemException Bad(int line, string what) => new("urn:dure:mqtt:bad-template", what, $"templates, line {line}", Help);

    private readonly record struct NamePart(string Literal, int Level, bool IsField);

    private sealed record Template(string?[] Literals, bool HasRest, List<NamePart> Parts)
    {
        public bool PlacesField { get; } = Parts.Exists(part => part.IsField);

        public bool Fits(string[] levels)
        {
            if (HasRest ? levels.Length < Literals.Length : levels.Length != Literals.Length)
                return false;
            for (var i = 0; i < Literals.Length; i++)
            {
                if (Literals[i] is { } literal ? literal != levels[i] : levels[i].Length == 0)
                    return false;
            }
            return true;
        }

        public string Name(string[] levels, string field)
        {
            var name = new StringBuilder();
            foreach (var (literal, level, isField) in Parts)
            {
                if (isField)
                    name.Append(field);
                else if (level < 0)
                    name.Append(literal);
                else if (HasRest && level == Literals.Length - 1)
                    name.AppendJoin('/', levels[level..]);
                else
                    name.Append(levels[level]);
            }
            return name.ToString().TrimEnd('/');
        }
    }
}
