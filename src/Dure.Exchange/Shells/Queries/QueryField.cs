using System.Globalization;
using System.Text.Json;

namespace Dure.Exchange.Shells;

/// <summary>A value found in a document, and the item of a list (or the element) that it was found in.</summary>
internal readonly record struct FieldValue(string Text, string? Binding);

/// <summary>
/// A field such as <c>$sme.Tool.Readings[]#value</c>: a kind, a path of elements for <c>$sme</c>, and a path of members. Empty brackets
/// stand for any item; <c>$sme</c> without a path for any element, however deep.
/// </summary>
internal sealed class QueryField
{
    private static readonly string[] kinds = ["aas", "sm", "sme", "cd", "aasdesc", "smdesc"];
    private static readonly string[] elementLists = ["submodelElements", "value", "statements", "annotations"];

    private readonly List<string> elements, members;

    private readonly byte[]? named;

    private QueryField(string kind, List<string> elements, List<string> members)
    {
        (Kind, this.elements, this.members) = (kind, elements, members);
        IsOfValues = kind == "sme" && members is ["value"] && elements is [] or [.., not ['[', ..]];
        named = IsOfValues && elements.Count > 0 ? System.Text.Encoding.UTF8.GetBytes($"\"idShort\":\"{elements[^1]}\"") : null;
    }

    public string Kind { get; }

    /// <summary>Whether it is the value of elements with one name, or of any.</summary>
    public bool IsOfValues { get; }

    /// <summary>Whether one of its values could fit, by a look at a document's bytes; for fields of values.</summary>
    public bool MayHave(ReadOnlySpan<byte> json, RawTest fits) => named is null ? RawLook.MayHaveAnywhere(json, fits) : RawLook.MayHave(json, named, fits);

    public static QueryField Parse(string text)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        if (text.Length is < 4 or > 1000 || text[0] != '$' || hash < 0)
            throw ShellQuery.Bad($"'{FindingList.Shown(text)}' is not a field.", "$field");
        var head = text[1..hash].Split('.', 2);
        if (!kinds.Contains(head[0]) || head.Length == 2 && head[0] != "sme")
            throw ShellQuery.Bad($"'{FindingList.Shown(head[0])}' is not a kind of field.", "$field");
        var members = Steps(text[(hash + 1)..], text);
        // The grammar's short forms: the first key of a semantic id, and the spelling of a descriptor's protocol.
        if (members[^1] == "semanticId")
            members.AddRange(["keys", "[0]", "value"]);
        else if (members[^1] == "externalSubjectId")
            members.AddRange(["keys", "[0]", "value"]);
        if (members.IndexOf("protocolinformation") is var at and >= 0)
            members[at] = "protocolInformation";
        return new QueryField(head[0], head.Length == 2 ? Steps(head[1], text) : [], members);
    }

    /// <summary>All values of the field.</summary>
    public IEnumerable<FieldValue> Values(QueryRoots roots)
    {
        if (Kind != "sme")
            return roots[Kind].SelectMany((root, i) => Members(root, 0, roots[Kind].Count > 1 ? $"#{i}" : null));
        return roots["sm"].SelectMany((root, i) => elements.Count == 0 ? Anywhere(root, $"#{i}") : Along(root, 0, $"#{i}", isList: false)).SelectMany(found => Own(found.Element, found.Path));
    }

    private static List<string> Steps(string path, string whole)
    {
        var steps = new List<string>();
        foreach (var dotted in path.Split('.'))
        {
            var bracket = dotted.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? dotted : dotted[..bracket];
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
                throw ShellQuery.Bad($"'{FindingList.Shown(whole)}' is not a field.", "$field");
            steps.Add(name);
            while (bracket >= 0 && bracket < dotted.Length)
            {
                var end = dotted.IndexOf(']', bracket);
                if (end < 0 || dotted[bracket] != '[' || !dotted[(bracket + 1)..end].All(char.IsAsciiDigit))
                    throw ShellQuery.Bad($"'{FindingList.Shown(whole)}' is not a field.", "$field");
                steps.Add(dotted[bracket..(end + 1)]);
                bracket = end + 1;
            }
        }
        return steps;
    }

    private IEnumerable<(JsonElement Element, string Path)> Along(JsonElement parent, int at, string path, bool isList)
    {
        if (at == elements.Count)
        {
            yield return (parent, path);
            yield break;
        }
        var step = elements[at];
        var place = 0;
        foreach (var child in Below(parent))
        {
            var number = place++.ToString(CultureInfo.InvariantCulture);
            var fits = step[0] == '[' ? isList && (step == "[]" || step.AsSpan(1, step.Length - 2).SequenceEqual(number)) : !isList && child.TryGetProperty("idShort", out var name) && name.ValueEquals(step);
            if (fits)
                foreach (var found in Along(child, at + 1, step[0] == '[' ? $"{path}[{number}]" : $"{path}.{step}", IsList(child)))
                    yield return found;
        }
    }

    private static IEnumerable<(JsonElement Element, string Path)> Anywhere(JsonElement parent, string path)
    {
        var place = 0;
        foreach (var child in Below(parent))
        {
            var own = $"{path}/{(place++).ToString(CultureInfo.InvariantCulture)}";
            yield return (child, own);
            foreach (var deeper in Anywhere(child, own))
                yield return deeper;
        }
    }

    /// <summary>The elements directly below; the members of operations are none.</summary>
    private static IEnumerable<JsonElement> Below(JsonElement parent)
    {
        foreach (var list in elementLists)
            if (parent.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array)
                foreach (var item in items.EnumerateArray())
                    if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("modelType", out _))
                        yield return item;
    }

    private static bool IsList(JsonElement element) => element.TryGetProperty("modelType", out var type) && type.ValueEquals("SubmodelElementList"u8);

    /// <summary>The field of one element; the texts and languages of a property in several languages count each.</summary>
    private IEnumerable<FieldValue> Own(JsonElement element, string path)
    {
        if (members is ["value" or "language"] && element.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Array)
            return value.EnumerateArray().Where(item => item.TryGetProperty("text", out _))
                .Select(item => new FieldValue(item.GetProperty(members[0] == "value" ? "text" : "language").GetString() ?? "", path));
        return Members(element, 0, path).Select(found => found with { Binding = path });
    }

    private IEnumerable<FieldValue> Members(JsonElement at, int step, string? binding)
    {
        if (step == members.Count)
            return at.ValueKind is JsonValueKind.String ? [new FieldValue(at.GetString()!, binding)] : []; // a string token has a string
        var name = members[step];
        if (name[0] != '[')
            return at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var member) ? Members(member, step + 1, binding) : [];
        if (at.ValueKind != JsonValueKind.Array)
            return [];
        var isAny = name == "[]";
        return at.EnumerateArray().Select((item, i) => (item, number: i.ToString(CultureInfo.InvariantCulture)))
            .Where(pair => isAny || name.AsSpan(1, name.Length - 2).SequenceEqual(pair.number))
            .SelectMany(pair => Members(pair.item, step + 1, isAny ? $"{binding}[{pair.number}]" : binding));
    }
}
