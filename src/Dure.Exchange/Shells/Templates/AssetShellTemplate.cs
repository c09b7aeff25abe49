namespace Dure.Exchange.Shells.Templates;

/// <summary>A machine as its shell shows it.</summary>
/// <param name="Path">Its path in the plant.</param>
/// <param name="Name">What its nameplate calls it; null without one.</param>
/// <param name="OtherIds">By what else it is known: a serial number, the address of its product.</param>
/// <param name="Submodels">The ids of its submodels.</param>
public sealed record AssetShellFacts(PlantIds Ids, string Path, IReadOnlyList<LangString>? Name, IReadOnlyList<AssetLink> OtherIds, IReadOnlyList<string> Submodels);

/// <summary>The shell of a machine.</summary>
public static class AssetShellTemplate
{
    /// <summary>The name of the specific asset id that holds the path in the plant.</summary>
    public const string PathId = "assetPath";
    private const int MostLetters = 128;

    public static AssetAdministrationShell Fill(AssetShellFacts facts) => new()
    {
        Id = facts.Ids.Shell(facts.Path),
        IdShort = TemplateParts.Named([facts.Path], path => path).First().IdShort,
        DisplayName = Names(facts),
        AssetInformation = new()
        {
            AssetKind = AssetKind.Instance,
            GlobalAssetId = facts.Ids.Asset(facts.Path),
            SpecificAssetIds = [new() { Name = PathId, Value = facts.Path }, .. facts.OtherIds.Select(id => new SpecificAssetId { Name = id.Name, Value = id.Value })],
        },
        Submodels = facts.Submodels.Count == 0 ? null : [.. facts.Submodels.Select(id => Reference.Model(KeyKind.Submodel, id))],
    };

    /// <summary>Display names are shorter than what a nameplate may hold.</summary>
    private static IReadOnlyList<LangString> Names(AssetShellFacts facts) => facts.Name is { Count: > 0 } given
        ? [.. given.Select(name => name with { Text = name.Text.Length > MostLetters ? name.Text[..MostLetters] : name.Text })]
        : LangString.English(facts.Path.Length > MostLetters ? facts.Path[^MostLetters..] : facts.Path);
}
