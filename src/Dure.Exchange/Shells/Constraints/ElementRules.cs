namespace Dure.Exchange.Shells;

/// <summary>Names, kinds and lists of elements.</summary>
internal static class ElementRules
{
    public static void CheckReferable(Referable referable, Place place, FindingList findings)
    {
        CheckUnique(referable.Extensions?.Select(extension => extension.Name), "AASd-077", place.Member("extensions"), "Two extensions are called", findings);
        var (semanticId, supplemental) = referable switch
        {
            Submodel submodel => (submodel.SemanticId, submodel.SupplementalSemanticIds),
            SubmodelElement element => (element.SemanticId, element.SupplementalSemanticIds),
            _ => (null, null),
        };
        ValueRules.CheckSemantics(semanticId, supplemental, place, findings);
    }

    public static void CheckSubmodel(Submodel submodel, Place place, FindingList findings)
    {
        CheckQualifiers(submodel.Qualifiers, place, findings);
        if (submodel.Kind != ModellingKind.Template && IsTemplateOnly(submodel.Qualifiers))
            findings.Add("AASd-119", place.Member("qualifiers"), "A template qualifier stands on a submodel that is no template.", "Make the submodel's kind Template, or remove the qualifier.");
        CheckNamesOf(submodel.SubmodelElements, place.Member("submodelElements"), findings);
    }

    public static void CheckElement(SubmodelElement element, Place place, Surroundings around, FindingList findings)
    {
        CheckQualifiers(element.Qualifiers, place, findings);
        if (!around.IsInTemplate && IsTemplateOnly(element.Qualifiers))
            findings.Add("AASd-129", place.Member("qualifiers"), "A template qualifier stands in a submodel that is no template.", "Make the submodel's kind Template, or remove the qualifier.");
        if (element.IdShort is null && !around.IsInList)
            findings.Add("AASd-117", place, "The element has no idShort.", "Give it one; only elements of a list need none.");
        CheckContent(element, place, findings);
    }

    private static void CheckContent(SubmodelElement element, Place place, FindingList findings)
    {
        switch (element)
        {
            case Property property:
                ValueRules.CheckValue(property.Value, property.ValueType, FormRule.ValueType, place.Member("value"), findings);
                break;
            case RangeElement range:
                ValueRules.CheckValue(range.Min, range.ValueType, FormRule.ValueType, place.Member("min"), findings);
                ValueRules.CheckValue(range.Max, range.ValueType, FormRule.ValueType, place.Member("max"), findings);
                break;
            case SubmodelElementCollection collection:
                CheckNamesOf(collection.Value, place.Member("value"), findings);
                break;
            case SubmodelElementList list:
                ListRules.Check(list, place, findings); // its elements are told apart by their places, so names may repeat
                break;
            case Entity entity:
                AssetRules.CheckEntity(entity, place, findings);
                CheckNamesOf(entity.Statements, place.Member("statements"), findings);
                break;
            case AnnotatedRelationshipElement relation:
                CheckNamesOf(relation.Annotations, place.Member("annotations"), findings);
                break;
            case Operation operation:
                OperationVariable[] variables = [.. operation.InputVariables ?? [], .. operation.OutputVariables ?? [], .. operation.InoutputVariables ?? []];
                CheckUnique(variables.Select(variable => variable.Value.IdShort), "AASd-134", place, "Two variables are called", findings);
                break;
        }
    }

    private static void CheckNamesOf(IReadOnlyList<SubmodelElement>? elements, Place place, FindingList findings) =>
        CheckUnique(elements?.Select(element => element.IdShort), "AASd-022", place, "Two elements are called", findings);

    private static void CheckQualifiers(IReadOnlyList<Qualifier>? qualifiers, Place place, FindingList findings) =>
        CheckUnique(qualifiers?.Select(qualifier => qualifier.Type), "AASd-021", place.Member("qualifiers"), "Two qualifiers have the type", findings);

    private static bool IsTemplateOnly(IReadOnlyList<Qualifier>? qualifiers) => qualifiers?.Any(qualifier => qualifier.Kind == QualifierKind.TemplateQualifier) == true;

    private static void CheckUnique(IEnumerable<string?>? names, string rule, Place place, string what, FindingList findings)
    {
        if (names is null)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            if (name is not null && !seen.Add(name))
                findings.Add(rule, place, $"{what} '{FindingList.Shown(name)}'.", "Rename one of the two.");
    }
}

/// <summary>What the elements of a list must have in common: AASd-107 to AASd-109 and AASd-114.</summary>
internal static class ListRules
{
    public static void Check(SubmodelElementList list, Place place, FindingList findings)
    {
        if (list is { TypeValueListElement: ElementKind.Property or ElementKind.Range, ValueTypeListElement: null })
            findings.Add("AASd-109", place, "A list of properties or ranges does not say which type their values have.", "Add 'valueTypeListElement'.");
        var common = list.SemanticIdListElement;
        for (var i = 0; i < list.Value?.Count; i++)
        {
            var (element, at) = (list.Value[i], place.Member("value").Item(i));
            if (!IsA(element, list.TypeValueListElement))
                findings.Add("AASd-108", at, $"A {Shape.Of(element.GetType()).ModelType} stands in a list of {list.TypeValueListElement}.", "Keep to one kind of element.");
            if (list.ValueTypeListElement is { } type && ValueTypeOf(element) is { } own && own != type)
                findings.Add("AASd-109", at.Member("valueType"), $"The value type is {WireNames.Name(own)} in a list of {WireNames.Name(type)}.", "Give all elements the list's value type.");
            if (element.SemanticId is not { } semanticId)
                continue;
            if (list.SemanticIdListElement is not null && !semanticId.HasSameKeys(list.SemanticIdListElement))
                findings.Add("AASd-107", at.Member("semanticId"), "The semantic id differs from the one that the list prescribes.", "Use the list's 'semanticIdListElement'.");
            else if (common is not null && !semanticId.HasSameKeys(common))
                findings.Add("AASd-114", at.Member("semanticId"), "Two elements of a list have different semantic ids.", "Give all the same.");
            common ??= semanticId;
        }
    }

    private static bool IsA(SubmodelElement element, ElementKind kind) => kind switch
    {
        ElementKind.SubmodelElement => true,
        ElementKind.DataElement => element is DataElement,
        ElementKind.EventElement => element is BasicEventElement,
        ElementKind.RelationshipElement => element is RelationshipElement,
        _ => Shape.Of(element.GetType()).ModelType == kind.ToString(),
    };

    private static XsdType? ValueTypeOf(SubmodelElement element) => element switch
    {
        Property property => property.ValueType,
        RangeElement range => range.ValueType,
        _ => null,
    };
}
