namespace Dure.Exchange.Shells;

/// <summary>Which keys a reference may have: AASd-121 to AASd-128.</summary>
internal static class ReferenceRules
{
    public static void Check(Reference reference, Place place, FindingList findings)
    {
        if (reference.Keys is not [var first, ..])
            return; // an empty list is a finding already
        if (!IsGloballyIdentifiable(first.Type))
            findings.Add("AASd-121", KeyPlace(place, 0), $"A reference cannot begin with {first.Type}.", "Begin with a global reference, a shell, a submodel or a concept description.");
        if (reference.Type == ReferenceKind.ExternalReference)
            CheckExternal(reference.Keys, place, findings);
        else
            CheckModel(reference.Keys, place, findings);
    }

    private static void CheckExternal(IReadOnlyList<Key> keys, Place place, FindingList findings)
    {
        if (keys[0].Type != KeyKind.GlobalReference)
            findings.Add("AASd-122", KeyPlace(place, 0), $"An external reference cannot begin with {keys[0].Type}.", "Begin with GlobalReference, or make it a model reference.");
        if (keys[^1].Type is not (KeyKind.GlobalReference or KeyKind.FragmentReference))
            findings.Add("AASd-124", KeyPlace(place, keys.Count - 1), $"An external reference cannot end with {keys[^1].Type}.", "End with GlobalReference or FragmentReference.");
    }

    private static void CheckModel(IReadOnlyList<Key> keys, Place place, FindingList findings)
    {
        if (!IsIdentifiable(keys[0].Type))
            findings.Add("AASd-123", KeyPlace(place, 0), $"A model reference cannot begin with {keys[0].Type}.", "Begin with a shell, a submodel or a concept description.");
        for (var i = 1; i < keys.Count; i++)
        {
            var (key, before) = (keys[i], keys[i - 1]);
            if (IsGloballyIdentifiable(key.Type))
                findings.Add("AASd-125", KeyPlace(place, i), $"{key.Type} cannot follow {before.Type} in a model reference.", "After the first key name elements, or a fragment.");
            if (key.Type == KeyKind.FragmentReference && i < keys.Count - 1)
                findings.Add("AASd-126", KeyPlace(place, i), "A fragment stands before the last key.", "Only the last key may be a FragmentReference.");
            if (key.Type == KeyKind.FragmentReference && before.Type is not (KeyKind.File or KeyKind.Blob))
                findings.Add("AASd-127", KeyPlace(place, i), $"A fragment follows {before.Type}.", "Only a File or a Blob has fragments.");
            if (before.Type == KeyKind.SubmodelElementList && !IsPosition(key.Value))
                findings.Add("AASd-128", KeyPlace(place, i), $"'{FindingList.Shown(key.Value)}' is not a place in a list.", "Write the number of the element, from 0 on.");
        }
    }

    private static bool IsIdentifiable(KeyKind kind) => kind is KeyKind.AssetAdministrationShell or KeyKind.ConceptDescription or KeyKind.Identifiable or KeyKind.Submodel;

    private static bool IsGloballyIdentifiable(KeyKind kind) => kind == KeyKind.GlobalReference || IsIdentifiable(kind);

    private static bool IsPosition(string text) => text.Length is > 0 and <= 9 && text.All(char.IsAsciiDigit);

    private static Place KeyPlace(Place place, int at) => place.Member("keys").Item(at);
}
