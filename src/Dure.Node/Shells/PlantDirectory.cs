using Dure.Datasets;
using Dure.Edge.Fleet;
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

    /// <summary>The ids of the devices that watch it.</summary>
    public List<string> Devices { get; } = [];
}

/// <summary>A device that runs a model; what it counts is read when someone asks.</summary>
internal sealed record ModelAtWork(string Device);

/// <summary>How far the books had come that a snapshot was read from. Samples that come in change none of it.</summary>
internal readonly record struct BookMarks(int Signals, IReadOnlyList<DatasetVersion> Datasets, int Models, long Deployments);

/// <summary>Everything that has a derived document, at one moment.</summary>
/// <param name="Machines">By path; those whose signals this node keeps.</param>
/// <param name="ShellIds">From a shell's id to the machine's path.</param>
/// <param name="Sources">From a submodel's id to what it is made of: the path of a machine, questions about one, a dataset version, a model version or a model at work.</param>
internal sealed record PlantSnapshot(BookMarks Marks, SortedDictionary<string, Holding> Machines, SortedDictionary<string, string> ShellIds, SortedDictionary<string, object> Sources);

/// <summary>Who has what, read from the books anew when they have changed and someone asks.</summary>
internal sealed class PlantDirectory(PlantIds ids, PlantHistorian historian, DatasetCatalog datasets, ModelRegistry models, DeviceFleet fleet)
{
    private volatile PlantSnapshot? last;

    public PlantSnapshot Now
    {
        get
        {
            // Taken before reading: what changes meanwhile is seen at the next question. Each deployment is later than the one before, so the sum grows.
            var marks = new BookMarks(historian.SignalCount, datasets.Versions, models.Versions.Count, fleet.Devices.Sum(device => device.DeployedAt?.ToUnixTimeMilliseconds() ?? 0));
            return last is { } known && known.Marks == marks ? known : last = Read(marks);
        }
    }

    private PlantSnapshot Read(BookMarks marks)
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
            sources[ids.Deployment(device.Id)] = new ModelAtWork(device.Id);
            foreach (var machine in model.Manifest.Machines)
                machines.GetValueOrDefault(machine.Asset)?.Devices.Add(device.Id);
        }
        var shells = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in machines.Keys)
            shells[ids.Shell(path)] = path;
        return new PlantSnapshot(marks, machines, shells, sources);
    }

    private static Holding OfMachine(SortedDictionary<string, Holding> machines, string path)
    {
        if (!machines.TryGetValue(path, out var holding))
            machines[path] = holding = new Holding();
        return holding;
    }
}
