namespace Dure.Exchange.Shells;

/// <summary>Concept descriptions by IEC 61360: AASc-3a-002 to AASc-3a-010.</summary>
internal static class ConceptRules
{
    public static void CheckContent(DataSpecificationIec61360 content, Place place, FindingList findings)
    {
        if (content.PreferredName.Count > 0 && !HasEnglish(content.PreferredName))
            findings.Add("AASc-3a-002", place.Member("preferredName"), "The preferred name is not given in English.", "Add it in English.");
        if (NeedsUnit(content.DataType) && content.Unit is null && content.UnitId is null)
            findings.Add("AASc-3a-009", place, $"{WireNames.Name(content.DataType!.Value)} needs a unit.", "Add 'unit' or 'unitId'."); // NeedsUnit is false for null
        if (content.Value is not null && content.ValueList is not null)
            findings.Add("AASc-3a-010", place, "There is both a value and a list of values.", "Keep one of the two.");
    }

    public static void CheckConcept(ConceptDescription concept, Place place, FindingList findings)
    {
        for (var i = 0; i < concept.EmbeddedDataSpecifications?.Count; i++)
            CheckCategory(concept.Category, concept.EmbeddedDataSpecifications[i].DataSpecificationContent,
                place.Member("embeddedDataSpecifications").Item(i).Member("dataSpecificationContent"), findings);
    }

    private static void CheckCategory(string? category, DataSpecificationIec61360 content, Place place, FindingList findings)
    {
        var (rule, isAllowed) = (category, content.DataType) switch
        {
            ("VALUE" or "PROPERTY", var type) => ("AASc-3a-004", type is not (null or Iec61360Type.File or Iec61360Type.Blob or Iec61360Type.Html)),
            ("REFERENCE", var type) => ("AASc-3a-005", type is Iec61360Type.String or Iec61360Type.Iri or Iec61360Type.Irdi),
            ("DOCUMENT", var type) => ("AASc-3a-006", type is Iec61360Type.File or Iec61360Type.Blob or Iec61360Type.Html),
            ("QUALIFIER_TYPE", var type) => ("AASc-3a-007", type is not null),
            _ => ("", true),
        };
        if (!isAllowed)
            findings.Add(rule, place, $"The data type does not fit the category {category}.", "Choose one that does.");
        if (category != "VALUE" && content.Definition is { } definition && !HasEnglish(definition))
            findings.Add("AASc-3a-008", place.Member("definition"), "The definition is not given in English.", "Add it in English.");
    }

    private static bool NeedsUnit(Iec61360Type? type) => type is Iec61360Type.IntegerMeasure or Iec61360Type.RealMeasure or Iec61360Type.RationalMeasure
        or Iec61360Type.IntegerCurrency or Iec61360Type.RealCurrency;

    private static bool HasEnglish(IReadOnlyList<LangString> texts) => texts.Any(text => text.Language is "en" or "EN" || text.Language.StartsWith("en-", StringComparison.OrdinalIgnoreCase));
}
