using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>Puts values in the value-only form into elements that are there; what is not named keeps its value. Refuses what does not fit.</summary>
internal static class ValueReader
{
    public static void Apply(JsonElement value, Submodel submodel) => ApplyNamed(value, submodel.SubmodelElements, "submodel");

    public static void Apply(JsonElement value, SubmodelElement element, string path)
    {
        switch (element)
        {
            case Property property:
                property.Value = Literal(value, property.ValueType, path);
                break;
            case MultiLanguageProperty texts:
                texts.Value = [.. Items(value, path).Select(item => Pair(item, path)).Select(pair => new LangString { Language = pair.Name, Text = pair.Value })];
                break;
            case ReferenceElement reference:
                reference.Value = ReadReference(value, path);
                break;
            case SubmodelElementCollection collection:
                ApplyNamed(value, collection.Value, path);
                break;
            case SubmodelElementList list:
                ApplyList(value, list, path);
                break;
            case Operation or Capability:
                throw Bad(path, $"A {Shape.Of(element.GetType()).ModelType} has no value.", "Leave it out.");
            default:
                foreach (var member in Members(value, path))
                    ApplyMember(member, element, $"{path}.{member.Name}");
                break;
        }
    }

    private static void ApplyMember(JsonProperty member, SubmodelElement element, string path)
    {
        switch (element, member.Name)
        {
            case (RangeElement range, "min"):
                range.Min = Literal(member.Value, range.ValueType, path);
                break;
            case (RangeElement range, "max"):
                range.Max = Literal(member.Value, range.ValueType, path);
                break;
            case (FileElement file, "contentType"):
                file.ContentType = Text(member.Value, path);
                break;
            case (FileElement file, "value"):
                file.Value = Text(member.Value, path);
                break;
            case (BlobElement blob, "contentType"):
                blob.ContentType = Text(member.Value, path);
                break;
            case (BlobElement blob, "value"):
                blob.Value = Text(member.Value, path);
                break;
            case (RelationshipElement relation, "first"):
                relation.First = ReadReference(member.Value, path);
                break;
            case (RelationshipElement relation, "second"):
                relation.Second = ReadReference(member.Value, path);
                break;
            case (AnnotatedRelationshipElement relation, "annotations"):
                ApplyNamed(member.Value, relation.Annotations, path);
                break;
            case (Entity entity, "statements"):
                ApplyNamed(member.Value, entity.Statements, path);
                break;
            case (Entity entity, "entityType"):
                entity.EntityType = WireNames.Of(typeof(EntityKind)).TryFind(Text(member.Value, path)) as EntityKind? ?? throw Bad(path, "This is not a kind of entity.", "Use SelfManagedEntity or CoManagedEntity.");
                break;
            case (Entity entity, "globalAssetId"):
                entity.GlobalAssetId = Text(member.Value, path);
                break;
            case (Entity entity, "specificAssetIds"):
                entity.SpecificAssetIds = [.. Items(member.Value, path).Select(item => Pair(item, path)).Select(pair => new SpecificAssetId { Name = pair.Name, Value = pair.Value })];
                break;
            case (BasicEventElement observer, "observed"):
                observer.Observed = ReadReference(member.Value, path);
                break;
            default:
                throw Bad(path, $"A {Shape.Of(element.GetType()).ModelType} has no value of this name.", "Remove it, or correct its spelling.");
        }
    }

    private static void ApplyNamed(JsonElement value, IReadOnlyList<SubmodelElement>? elements, string path)
    {
        foreach (var member in Members(value, path))
        {
            var element = elements?.FirstOrDefault(element => element.IdShort == member.Name)
                ?? throw Bad($"{path}.{FindingList.Shown(member.Name)}", "There is no such element.", "Name elements that are there; values make no new ones.");
            Apply(member.Value, element, $"{path}.{member.Name}");
        }
    }

    private static void ApplyList(JsonElement value, SubmodelElementList list, string path)
    {
        var items = Items(value, path).ToList();
        var elements = list.Value?.Where(ValueWriter.HasValue).ToList() ?? [];
        if (items.Count != elements.Count)
            throw Bad(path, $"{items.Count} values are given for a list of {elements.Count}.", "Give one value for each element; values make no new ones.");
        for (var i = 0; i < items.Count; i++)
            Apply(items[i], elements[i], $"{path}[{i}]");
    }

    private static string Literal(JsonElement value, XsdType type, string path)
    {
        var literal = value.ValueKind switch
        {
            JsonValueKind.String => Text(value, path),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => throw Bad(path, $"{value.ValueKind} is not a value.", "Write a text, a number, true or false."),
        };
        return XsdLiteral.Is(type, literal) && TextRules.IsXmlText(literal) ? literal : throw Bad(path, $"'{FindingList.Shown(literal)}' is not a value of {WireNames.Name(type)}.", "Correct the value.");
    }

    private static Reference ReadReference(JsonElement value, string path)
    {
        var reading = ShellJson.Read<Reference>(value);
        var reference = reading.Value ?? throw Bad(path, reading.Findings[0].What, reading.Findings[0].Mend);
        return ShellAudit.CheckObject(reference) is [var finding, ..] ? throw Bad(path, finding.What, finding.Mend) : reference;
    }

    private static (string Name, string Value) Pair(JsonElement item, string path) =>
        Members(item, path).ToArray() is [var only] ? (only.Name, Text(only.Value, path)) : throw Bad(path, "An item should have exactly one member.", """Write {"en":"text"}.""");

    private static IEnumerable<JsonProperty> Members(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Bad(path, $"This should be an object and is {value.ValueKind}.", "Write an object.");

    private static IEnumerable<JsonElement> Items(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Bad(path, $"This should be a list and is {value.ValueKind}.", "Write a list.");

    private static string Text(JsonElement value, string path)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad(path, $"This should be a text and is {value.ValueKind}.", "Write a text."); // a string token has a string
        }
        catch (InvalidOperationException cause)
        {
            throw Bad(path, "The text holds half a surrogate pair.", "Remove it: it stands for no character.", cause);
        }
    }

    private static ProblemException Bad(string path, string what, string mend, Exception? cause = null) => new("urn:dure:exchange:bad-value", what, path, mend, cause);
}
