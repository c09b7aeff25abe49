namespace Dure.Exchange.Shells;

/// <summary>Identifiers of assets.</summary>
internal static class AssetRules
{
    private const string ReservedName = "globalAssetId";

    public static void CheckSpecificId(SpecificAssetId id, Place place, FindingList findings)
    {
        if (id.ExternalSubjectId is { Type: not ReferenceKind.ExternalReference })
            findings.Add("AASd-133", place.Member("externalSubjectId"), "Whoever knows the asset by this id is named by a model reference.", "Use an external reference.");
        ValueRules.CheckSemantics(id.SemanticId, id.SupplementalSemanticIds, place, findings);
    }

    public static void CheckAsset(AssetInformation asset, Place place, FindingList findings)
    {
        if (asset.GlobalAssetId is null && asset.SpecificAssetIds is null)
            findings.Add("AASd-131", place, "The asset has no identifier.", "Give it a globalAssetId or a specific asset id.");
        CheckReserved(asset.GlobalAssetId, asset.SpecificAssetIds, place, findings);
    }

    public static void CheckEntity(Entity entity, Place place, FindingList findings)
    {
        var isIdentified = entity.GlobalAssetId is not null || entity.SpecificAssetIds is not null;
        if (entity.EntityType == EntityKind.SelfManagedEntity && !isIdentified)
            findings.Add("AASd-014", place, "A self-managed entity has no asset id.", "Give it a globalAssetId or a specific asset id, or make it co-managed.");
        else if (entity.EntityType == EntityKind.CoManagedEntity && isIdentified)
            findings.Add("AASd-014", place, "A co-managed entity has an asset id.", "Remove the id, or make the entity self-managed.");
        CheckReserved(entity.GlobalAssetId, entity.SpecificAssetIds, place, findings);
    }

    private static void CheckReserved(string? globalAssetId, IReadOnlyList<SpecificAssetId>? ids, Place place, FindingList findings)
    {
        for (var i = 0; i < ids?.Count; i++)
            if (ids[i].Name == ReservedName && ids[i].Value != globalAssetId)
                findings.Add("AASd-116", place.Member("specificAssetIds").Item(i), $"A specific asset id is called '{ReservedName}' and differs from the global one.", "Give both the same value, or choose another name.");
    }
}
