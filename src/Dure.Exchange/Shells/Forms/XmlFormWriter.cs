using System.Xml;

namespace Dure.Exchange.Shells;

/// <summary>Writes objects of the metamodel as XML elements by their <see cref="Shape"/>.</summary>
internal static class XmlFormWriter
{
    public static void WriteMembers(XmlWriter writer, object value)
    {
        foreach (var member in Shape.Of(value.GetType()).Members)
        {
            if (member.Get(value) is not { } part)
                continue;
            writer.WriteStartElement(member.Name, ShellXml.Namespace);
            WriteMember(writer, member, part);
            writer.WriteEndElement();
        }
    }

    private static void WriteMember(XmlWriter writer, Member member, object part)
    {
        switch (member.Kind)
        {
            case MemberKind.Text:
                writer.WriteString((string)part);
                break;
            case MemberKind.Choice:
                writer.WriteString(WireNames.Of(member.Type).NameOf(part));
                break;
            case MemberKind.Flag:
                writer.WriteString((bool)part ? "true" : "false");
                break;
            case MemberKind.Part when !Shape.Of(member.Type).IsChoice:
                WriteMembers(writer, part);
                break;
            case MemberKind.Part:
                WriteItem(writer, member, part);
                break;
            default:
                foreach (var item in (IEnumerable<object>)part)
                    WriteItem(writer, member, item);
                break;
        }
    }

    private static void WriteItem(XmlWriter writer, Member member, object item)
    {
        var shape = Shape.Of(item.GetType());
        writer.WriteStartElement(shape.IsChoice ? shape.XmlName : member.ItemName, ShellXml.Namespace);
        WriteMembers(writer, item);
        writer.WriteEndElement();
    }
}
