using System.Text.Json;

namespace Dure.Exchange.Shells;

/// <summary>Reads objects of the metamodel from JSON by their <see cref="Shape"/>.</summary>
internal sealed class JsonFormReader(FindingList findings)
{
    private const string ModelType = "modelType";

    public object? ReadObject(JsonElement element, Type type, Place place)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return WrongKind(element, "an object", place);
        if (ShapeOf(element, type, place) is not { } shape)
            return null;
        var made = shape.Make();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var name = property.Name;
            if (shape.TryFind(name) is { } member)
            {
                found.Add(name);
                if (ReadMember(property.Value, member, place.Member(name)) is { } value)
                    member.Set(made, value);
            }
            else if (name != ModelType || !shape.IsChoice)
                findings.Add(FormRule.UnknownMember, place.Member(FindingList.Shown(name)), $"'{FindingList.Shown(name)}' is not a member of {NameOf(shape)}.", "Remove it, or correct its spelling.");
        }
        foreach (var member in shape.Members)
            if (member.IsRequired && !found.Contains(member.Name))
                findings.Add(FormRule.Required, place, $"'{member.Name}' is missing; {NameOf(shape)} must have it.", "Add it.");
        return made;
    }

    private Shape? ShapeOf(JsonElement element, Type type, Place place)
    {
        var shape = Shape.Of(type);
        if (!shape.IsChoice)
            return shape;
        if (!element.TryGetProperty(ModelType, out var given))
            findings.Add(FormRule.ModelType, place, $"'{ModelType}' is missing.", "Say of which class the object is.");
        else if (ReadText(given, place.Member(ModelType)) is { } name)
        {
            if (Shape.Named(name, type) is { } named)
                return named;
            findings.Add(FormRule.ModelType, place.Member(ModelType), $"'{FindingList.Shown(name)}' cannot stand here.", $"Name a class that is a {NameOf(shape)}.");
        }
        return null;
    }

    private object? ReadMember(JsonElement element, Member member, Place place) => member.Kind switch
    {
        MemberKind.Text => ReadText(element, place),
        MemberKind.Choice => ReadChoice(element, member, place),
        MemberKind.Flag => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : WrongKind(element, "true or false", place),
        MemberKind.Texts => ReadTexts(element, place),
        MemberKind.Part => ReadObject(element, member.Type, place),
        _ => ReadList(element, member, place),
    };

    private string? ReadText(JsonElement element, Place place)
    {
        if (element.ValueKind != JsonValueKind.String)
            return (string?)WrongKind(element, "a text", place);
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            findings.Add("AASd-130", place, "The text holds half a surrogate pair.", "Remove it: it stands for no character.");
            return null;
        }
    }

    private string[]? ReadTexts(JsonElement element, Place place) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().Select((item, at) => ReadText(item, place.Item(at)) ?? "")]
        : (string[]?)WrongKind(element, "a list", place);

    private object? ReadChoice(JsonElement element, Member member, Place place)
    {
        if (ReadText(element, place) is not { } name)
            return null;
        var names = WireNames.Of(member.Type);
        if (names.TryFind(name) is { } value)
            return value;
        findings.Add(FormRule.Enumeration, place, $"'{FindingList.Shown(name)}' is not a value of this enumeration.", $"Use one of: {string.Join(", ", names.All)}.");
        return null;
    }

    private Array? ReadList(JsonElement element, Member member, Place place)
    {
        if (element.ValueKind != JsonValueKind.Array)
            return (Array?)WrongKind(element, "a list", place);
        var items = new List<object>();
        foreach (var item in element.EnumerateArray())
        {
            if (findings.IsFull)
                break;
            if (ReadObject(item, member.Type, place.Item(items.Count)) is { } read)
                items.Add(read);
        }
        var list = Array.CreateInstance(member.Type, items.Count);
        for (var i = 0; i < items.Count; i++)
            list.SetValue(items[i], i);
        return list;
    }

    private object? WrongKind(JsonElement element, string expected, Place place)
    {
        if (element.ValueKind == JsonValueKind.Null)
            findings.Add(FormRule.Null, place, "null is not a value.", "Leave the member out.");
        else
            findings.Add(FormRule.Type, place, $"This should be {expected} and is {element.ValueKind}.", $"Write it as {expected}.");
        return null;
    }

    private static string NameOf(Shape shape) => shape.ModelType ?? shape.Type.Name;
}
