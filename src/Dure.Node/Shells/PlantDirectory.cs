using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Exchange.Shells.Templates;
using Dure.Historian;
using Dure.Kernel;
using Dure.Learn;

namespace Dure.Node.Shells;

/// <summary>What a machine has: its signals, and what was made of them.</summary>
internal sealed class Holding
{
    public List<SignalId> Signals { get; } = [];
    public List<DatasetVersion> Datasets { get; } = [];
    public List<ModelVersion> Models { get; } = [];
    public List<Device> Devices { get; } = [];
}

/// <summary>Everything that has a derived document, at one moment.</summary>
/// <param name="Machines">By path; those whose signals this node keeps.</param>
/// <param name="ShellIds">From a shell's id to the machine's path.</param>
/// <param name="Sources">From a submodel's id to what it is made of: the path of a machine, questions about one, a dataset version, a model version or a device.</param>
internal sealed record PlantSnapshot(long Entries, SortedDictionary<string, Holding> Machines, SortedDictionary<string, string> ShellIds, SortedDictionary<string, object> Sources);

/// <summary>Who has what, read from the books anew when the journal has grown and someone asks.</summary>
internal sealed class PlantDirectory(PlantIds ids, Journal journal, PlantHistorian historian, DatasetCatalog datasets, ModelRegistry models, DeviceFleet fleet)
{
    private volatile PlantSnapshot? last;

    public PlantSnapshot Now
    {
        get
        {
            var entries = journal.Count;
            return last is { } known && known.Entries == entries ? known : last = Read(entries);
        }
    }

    private PlantSnapshot Read(long entries)
    {
        var machines = new SortedDictionary<string, Holding>(StringComparer.Ordinal);
        foreach (var signal in historian.Signals)
            OfMachine(machines, signal.Id.Asset.Path).Signals.Add(signal.Id);
        var sources = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var path in machines.Keys)
        {
            sources[ids.TimeSeries(path)] = path;
            sources[ids.Questions(path)] = new MachineQuestions(path);
        }
        foreach (var version in datasets.Versions)
        {
            sources[PlantIds.DatasetSubmodel(version.Id.Hex)] = version;
            foreach (var part in version.Parts)
                machines.GetValueOrDefault(part.Asset.Path)?.Datasets.Add(version); // a partner's dataset is of machines that are not here
        }
        var known = models.Versions;
        foreach (var model in known)
        {
            sources[PlantIds.ModelSubmodel(model.Version.Hex)] = model;
            foreach (var machine in model.Manifest.Machines)
                machines.GetValueOrDefault(machine.Asset)?.Models.Add(model);
        }
        foreach (var device in fleet.Devices)
        {
            if (device.Package is null || known.FirstOrDefault(model => model.Version == device.Model) is not { } model)
                continue;
            sources[ids.Deployment(device.Id)] = device;
            foreach (var machine in model.Manifest.Machines)
                machines.GetValueOrDefault(machine.Asset)?.Devices.Add(device);
        }
        var shells = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in machines.Keys)
            shells[ids.Shell(path)] = path;
        return new PlantSnapshot(entries, machines, shells, sources);
    }

    private static Holding OfMachine(SortedDictionary<string, Holding> machines, string path)
    {
        if (!machines.TryGetValue(path, out var holding))
            machines[path] = holding = new Holding();
        return holding;
    }
}
