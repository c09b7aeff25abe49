using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Kernel;

namespace Dure.Node.Shells;

/// <summary>A shell for each machine, which lists everything that the node knows of it.</summary>
internal sealed class DerivedShells(PlantIds ids, PlantDirectory directory, ShellStore store) : IDerivedDocuments
{
    public IReadOnlyList<string> Ids => [.. directory.Now.ShellIds.Keys];

    public bool Has(string id) => directory.Now.ShellIds.ContainsKey(id);

    public object? TryMake(string id)
    {
        var now = directory.Now;
        return now.ShellIds.TryGetValue(id, out var path) ? AssetShellTemplate.Fill(FactsOf(path, now.Machines[path])) : null;
    }

    private AssetShellFacts FactsOf(string path, Holding holding)
    {
        var nameplate = store.Submodels.TryFind(ids.Nameplate(path)) is { } stored ? store.Submodels.Load<Submodel>(stored) : null;
        string[] filled = [.. new[] { ids.Nameplate(path), ids.TechnicalData(path) }.Where(id => store.Submodels.TryFind(id) is not null)];
        return new AssetShellFacts(ids, path, NameOf(nameplate), [.. OtherIds(nameplate)],
        [
            .. filled,
            ids.TimeSeries(path),
            ids.Questions(path),
            .. holding.Datasets.Select(version => PlantIds.DatasetSubmodel(version.Id.Hex)),
            .. holding.Models.Select(model => PlantIds.ModelSubmodel(model.Version.Hex)),
            .. holding.Devices.Select(ids.Deployment),
        ]);
    }

    private static IReadOnlyList<LangString>? NameOf(Submodel? nameplate) =>
        nameplate?.SubmodelElements?.OfType<MultiLanguageProperty>().FirstOrDefault(element => element.IdShort == "ManufacturerProductDesignation")?.Value;

    private static IEnumerable<AssetLink> OtherIds(Submodel? nameplate)
    {
        foreach (var (element, name) in ((string, string)[])[("SerialNumber", "serialNumber"), ("URIOfTheProduct", "uriOfTheProduct")])
            if (nameplate?.SubmodelElements?.OfType<Property>().FirstOrDefault(property => property.IdShort == element)?.Value is { Length: > 0 } value)
                yield return new AssetLink(name, value);
    }
}
