using System.Xml.Linq;

namespace Dure.Exchange.Shells;

/// <summary>Reads objects of the metamodel from XML elements by their <see cref="Shape"/>.</summary>
internal sealed class XmlFormReader(XNamespace space, FindingList findings)
{
    public object? ReadObject(XElement element, Shape shape, Place place)
    {
        var made = shape.Make();
        NoText(element, place);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var child in element.Elements())
        {
            if (findings.IsFull)
                break;
            var name = child.Name.LocalName;
            var at = place.Member(FindingList.Shown(name));
            if (child.Name.Namespace != space || shape.TryFind(name) is not { } member)
                findings.Add(FormRule.UnknownMember, at, $"'{FindingList.Shown(name)}' is not an element of {shape.ModelType ?? shape.Type.Name}.", "Remove it, or correct its spelling.");
            else if (!found.Add(name))
                findings.Add(FormRule.UnknownMember, at, $"'{name}' stands here twice.", "Keep one of the two.");
            else if (ReadMember(child, member, at) is { } value)
                member.Set(made, value);
        }
        foreach (var member in shape.Members)
            if (member.IsRequired && !found.Contains(member.Name))
                findings.Add(FormRule.Required, place, $"'{member.Name}' is missing.", "Add it.");
        return made;
    }

    private object? ReadMember(XElement element, Member member, Place place) => member.Kind switch
    {
        MemberKind.Text => ReadText(element, place),
        MemberKind.Choice => ReadChoice(element, member, place),
        MemberKind.Flag => ReadFlag(element, place),
        MemberKind.Part => ReadPart(element, member, place),
        _ => ReadList(element, member, place),
    };

    private string? ReadText(XElement element, Place place)
    {
        if (!element.HasElements)
            return element.Value;
        findings.Add(FormRule.Type, place, "This should be a text and has elements.", "Write it as text.");
        return null;
    }

    private object? ReadChoice(XElement element, Member member, Place place)
    {
        if (ReadText(element, place) is not { } name)
            return null;
        var names = WireNames.Of(member.Type);
        if (names.TryFind(name.Trim()) is { } value)
            return value;
        findings.Add(FormRule.Enumeration, place, $"'{FindingList.Shown(name)}' is not a value of this enumeration.", $"Use one of: {string.Join(", ", names.All)}.");
        return null;
    }

    private object? ReadFlag(XElement element, Place place)
    {
        switch (ReadText(element, place)?.Trim())
        {
            case "true" or "1":
                return true;
            case "false" or "0":
                return false;
            default:
                findings.Add(FormRule.Type, place, "This should be true or false.", "Write true or false.");
                return null;
        }
    }

    private object? ReadPart(XElement element, Member member, Place place)
    {
        var shape = Shape.Of(member.Type);
        if (!shape.IsChoice)
            return ReadObject(element, shape, place);
        NoText(element, place);
        if (element.Elements().Take(2).ToArray() is [var only])
            return ReadItem(only, member, place);
        findings.Add(FormRule.Type, place, "Exactly one element belongs here.", "Write one.");
        return null;
    }

    private Array ReadList(XElement element, Member member, Place place)
    {
        NoText(element, place);
        var items = new List<object>();
        foreach (var child in element.Elements())
        {
            if (findings.IsFull)
                break;
            if (ReadItem(child, member, place.Item(items.Count)) is { } item)
                items.Add(item);
        }
        var list = Array.CreateInstance(member.Type, items.Count);
        for (var i = 0; i < items.Count; i++)
            list.SetValue(items[i], i);
        return list;
    }

    /// <summary>An item is named by its own class where that may vary, and by the schema otherwise.</summary>
    private object? ReadItem(XElement element, Member member, Place place)
    {
        var (name, shape) = (element.Name.LocalName, Shape.Of(member.Type));
        var named = shape.IsChoice ? Shape.Named(name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..], member.Type) : name == member.ItemName ? shape : null;
        if (named is not null && element.Name.Namespace == space)
            return ReadObject(element, named, place);
        findings.Add(FormRule.ModelType, place, $"'{FindingList.Shown(name)}' cannot stand here.", "Use an element that the schema allows here.");
        return null;
    }

    private void NoText(XElement element, Place place)
    {
        if (element.Nodes().OfType<XText>().Any(text => !text.Value.AsSpan().Trim().IsEmpty))
            findings.Add(FormRule.Type, place, "Text stands between the elements.", "Remove it.");
    }
}
