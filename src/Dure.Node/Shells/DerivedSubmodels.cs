using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Historian;
using Dure.Learn;
using Dure.Node.Hosting;

namespace Dure.Node.Shells;

/// <summary>The submodels that follow from the books: the series of each machine, each dataset version, each model version, each model at work.</summary>
internal sealed class DerivedSubmodels(PlantIds ids, PlantDirectory directory, PlantHistorian historian, DatasetCatalog datasets, ModelRegistry models, DeviceFleet fleet, NodeAddress address) : IDerivedDocuments
{
    public IReadOnlyList<string> Ids => [.. directory.Now.Sources.Keys];

    public bool Has(string id) => directory.Now.Sources.ContainsKey(id);

    public object? TryMake(string id)
    {
        var now = directory.Now;
        return now.Sources.GetValueOrDefault(id) switch
        {
            string path => SeriesSubmodel.Of(ids.TimeSeries(path), path, now.Machines[path], historian, address),
            MachineQuestions => QuestionDesk.Of(id),
            DatasetVersion version => DatasetSubmodel.Of(version, datasets.Quality(version), address),
            ModelVersion model => ModelSubmodel.Of(model, datasets, address),
            ModelAtWork work when fleet.Find(work.Device) is { Model: { } version } device => DeploymentSubmodel.Of(device, models.Find(version)!, datasets, ids, address), // a device is at work with a model that is registered
            _ => null,
        };
    }
}
