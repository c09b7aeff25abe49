namespace Dure.Exchange.Shells;

/// <summary>
/// Checks objects of the metamodel against the constraints of IDTA 01001 (AASd-…) and of its data specification IEC 61360 (AASc-3a-…).
/// Not checked, because a document alone does not show it: AASd-006, -007 and -012 (what a coded value means), -115, AASc-3a-003 (which
/// concept a value id leads to), AASd-090 (categories of data elements), which V3.1 removed, and AASc-3a-050, which its own examples break.
/// </summary>
public static class ShellAudit
{
    /// <summary>What is wrong; empty when nothing is. At most 100 findings.</summary>
    public static IReadOnlyList<Finding> Check(ShellEnvironment environment) => CheckObject(environment);

    /// <summary>The same for one object: a submodel, a shell, a descriptor's asset id.</summary>
    public static IReadOnlyList<Finding> CheckObject(object value)
    {
        var findings = new FindingList();
        new AuditWalk(findings).Visit(value, Place.Root, default);
        return findings.All;
    }

    /// <summary>Checks an element that will stand directly in a list, where it needs no idShort.</summary>
    public static IReadOnlyList<Finding> CheckElement(SubmodelElement element, bool isInList, bool isInTemplate)
    {
        var findings = new FindingList();
        new AuditWalk(findings).Visit(element, Place.Root, new Surroundings(isInList, isInTemplate));
        return findings.All;
    }

    /// <summary>Reads an environment from JSON and checks it: the findings of the form, or else those of the constraints.</summary>
    public static Reading<ShellEnvironment> ReadJson(ReadOnlyMemory<byte> utf8) => Judge(ShellJson.Read<ShellEnvironment>(utf8));

    public static Reading<ShellEnvironment> ReadXml(Stream stream) => Judge(ShellXml.Read(stream));

    private static Reading<ShellEnvironment> Judge(Reading<ShellEnvironment> reading) =>
        reading.Value is { } value && Check(value) is { Count: > 0 } findings ? new(null, findings) : reading;
}

/// <summary>What matters of what an element stands in.</summary>
/// <param name="IsInList">Its parent is a list.</param>
/// <param name="IsInTemplate">Its submodel is a template, or no submodel is in sight.</param>
internal readonly record struct Surroundings(bool IsInList, bool IsInTemplate);

/// <summary>Walks through objects by their shapes: texts and lists by the member's attribute, everything else by the rules of the object's class.</summary>
internal sealed class AuditWalk(FindingList findings)
{
    private const int MaxDepth = 300;

    public void Visit(object value, Place place, Surroundings around)
    {
        if (place.Depth > MaxDepth)
        {
            findings.Add(FormRule.Size, place, $"It is nested deeper than {MaxDepth} levels.", "Flatten it.");
            return;
        }
        var below = value switch
        {
            Submodel submodel => new Surroundings(false, submodel.Kind == ModellingKind.Template),
            SubmodelElementList => around with { IsInList = true },
            ShellEnvironment or SubmodelElement => around with { IsInList = false },
            _ => around,
        };
        foreach (var member in Shape.Of(value.GetType()).Members)
            if (!findings.IsFull && member.Get(value) is { } part)
                VisitMember(member, part, place.Member(member.Name), below);
        ApplyRules(value, place, around);
    }

    private void VisitMember(Member member, object part, Place place, Surroundings around)
    {
        switch (member.Kind)
        {
            case MemberKind.Text:
                var rule = member.Text!; // a text member has a text attribute
                CheckText((string)part, rule.Min, rule.Max, rule.Pattern, place);
                break;
            case MemberKind.Texts:
                foreach (var text in (IReadOnlyList<string>)part)
                    CheckText(text, 1, TextsAttribute.Max, TextPattern.None, place);
                break;
            case MemberKind.Part:
                Visit(part, place, around);
                break;
            case MemberKind.Parts:
                VisitList(member, (IReadOnlyList<object>)part, place, around);
                break;
        }
    }

    private void VisitList(Member member, IReadOnlyList<object> items, Place place, Surroundings around)
    {
        if (items.Count == 0)
            findings.Add(FormRule.MinLength, place, "The list is empty.", "Leave the member out.");
        for (var i = 0; i < items.Count && !findings.IsFull; i++)
        {
            Visit(items[i], place.Item(i), around);
            if (items[i] is LangString text && text.Text.Length > member.MaxText)
                CheckText(text.Text, 1, member.MaxText, TextPattern.None, place.Item(i).Member("text"));
        }
    }

    private void CheckText(string text, int min, int max, TextPattern pattern, Place place)
    {
        if (TextRules.Fault(text, min, max, pattern) is var (rule, what))
            findings.Add(rule, place, what, pattern == TextPattern.None ? "Write a text that keeps to this." : "Correct it.");
    }

    private void ApplyRules(object value, Place place, Surroundings around)
    {
        switch (value)
        {
            case Reference reference:
                ReferenceRules.Check(reference, place, findings);
                break;
            case Extension extension:
                ValueRules.CheckExtension(extension, place, findings);
                break;
            case Qualifier qualifier:
                ValueRules.CheckQualifier(qualifier, place, findings);
                break;
            case SpecificAssetId assetId:
                AssetRules.CheckSpecificId(assetId, place, findings);
                break;
            case AssetInformation asset:
                AssetRules.CheckAsset(asset, place, findings);
                break;
            case AdministrativeInformation { Revision: not null, Version: null }:
                findings.Add("AASd-005", place, "A revision needs a version.", "Add the version, or remove the revision.");
                break;
            case DataSpecificationIec61360 content:
                ConceptRules.CheckContent(content, place, findings);
                break;
            case ConceptDescription concept:
                ElementRules.CheckReferable(concept, place, findings);
                ConceptRules.CheckConcept(concept, place, findings);
                break;
            case Submodel submodel:
                ElementRules.CheckReferable(submodel, place, findings);
                ElementRules.CheckSubmodel(submodel, place, findings);
                break;
            case SubmodelElement element:
                ElementRules.CheckReferable(element, place, findings);
                ElementRules.CheckElement(element, place, around, findings);
                break;
            case Referable referable:
                ElementRules.CheckReferable(referable, place, findings);
                break;
        }
    }
}
