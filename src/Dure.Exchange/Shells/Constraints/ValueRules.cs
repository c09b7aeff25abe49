namespace Dure.Exchange.Shells;

/// <summary>Whether values are literals of their types.</summary>
internal static class ValueRules
{
    public static void CheckExtension(Extension extension, Place place, FindingList findings)
    {
        CheckValue(extension.Value, extension.ValueType ?? XsdType.String, FormRule.ValueType, place.Member("value"), findings);
        CheckSemantics(extension.SemanticId, extension.SupplementalSemanticIds, place, findings);
    }

    public static void CheckQualifier(Qualifier qualifier, Place place, FindingList findings)
    {
        CheckValue(qualifier.Value, qualifier.ValueType, "AASd-020", place.Member("value"), findings);
        CheckSemantics(qualifier.SemanticId, qualifier.SupplementalSemanticIds, place, findings);
    }

    public static void CheckValue(string? value, XsdType type, string rule, Place place, FindingList findings)
    {
        if (value is not null && !XsdLiteral.Is(type, value))
            findings.Add(rule, place, $"'{FindingList.Shown(value)}' is not a value of {WireNames.Name(type)}.", "Correct the value or the type.");
    }

    public static void CheckSemantics(Reference? semanticId, IReadOnlyList<Reference>? supplemental, Place place, FindingList findings)
    {
        if (supplemental is not null && semanticId is null)
            findings.Add("AASd-118", place, "There are supplemental semantic ids but no semantic id.", "Make one of them the semantic id.");
    }
}
