namespace Dure.Exchange.Shells.Templates;

/// <summary>
/// The identifiers under which a node speaks of its machines, datasets, models and devices in shells. They hold no address, so they stay
/// when the node moves; those of machines and devices hold the node's key, so that two plants may call their machines alike.
/// </summary>
/// <param name="node">The id of the node's key.</param>
public sealed class PlantIds(string node)
{
    /// <summary>The machine itself: the shell's globalAssetId.</summary>
    public string Asset(string path) => $"{IDerivedDocuments.Prefix}{node}:asset:{Escaped(path)}";

    public string Shell(string path) => Asset(path) + ":shell";

    public string TimeSeries(string path) => Asset(path) + ":time-series";

    /// <summary>What can be asked about the machine by invoking operations.</summary>
    public string Questions(string path) => Asset(path) + ":questions";

    /// <summary>Filled by people, and therefore stored.</summary>
    public string Nameplate(string path) => Asset(path) + ":nameplate";

    /// <summary>Filled by people, and therefore stored.</summary>
    public string TechnicalData(string path) => Asset(path) + ":technical-data";

    public string Deployment(string device) => $"{IDerivedDocuments.Prefix}{node}:device:{device}:deployment";

    public string Device(string device) => $"{IDerivedDocuments.Prefix}{node}:device:{device}";

    /// <param name="version">The version's hash in hexadecimal digits.</param>
    public static string Dataset(string version) => $"{IDerivedDocuments.Prefix}dataset:{version}";

    public static string DatasetSubmodel(string version) => Dataset(version) + ":ai-dataset";

    /// <param name="version">The version's hash in hexadecimal digits.</param>
    public static string Model(string version) => $"{IDerivedDocuments.Prefix}model:{version}";

    public static string ModelSubmodel(string version) => Model(version) + ":ai-model-nameplate";

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
