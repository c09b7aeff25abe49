using Dure.Edge.Alarms;
using Dure.Kernel;

namespace Dure.Edge.Packages;

/// <summary>What a manifest must say beside having the right form. Checked when a package is built and when one is opened.</summary>
internal static class ManifestRules
{
    private const int MaxSignals = 1000;
    private const int MaxSelfTestRows = 100;
    private const int MaxState = 100_000;

    public static void Check(PackageManifest manifest, string where)
    {
        if (manifest.Format != PackageManifest.CurrentFormat)
            throw Refuse($"Its format is '{manifest.Format}'; {PackageManifest.CurrentFormat} is read.", where);
        if (!ContentHash.TryParse(manifest.ModelVersion, out _) || !ContentHash.TryParse(manifest.DatasetVersion, out _))
            throw Refuse("Its model version or dataset version is not a hash.", where);
        if (manifest.Signals.Count is 0 or > MaxSignals || manifest.Signals.Select(signal => signal.Name).Distinct(StringComparer.Ordinal).Count() != manifest.Signals.Count)
            throw Refuse($"It has {manifest.Signals.Count} signals; 1 to {MaxSignals} with different names are possible.", where);
        if (manifest.Machines.Count is 0 or > PackageFiles.MaxMachines)
            throw Refuse($"It has {manifest.Machines.Count} machines; 1 to {PackageFiles.MaxMachines} are possible.", where);
        _ = new AlarmRule(manifest.AlarmRule.RaiseAfter, manifest.AlarmRule.FallAfter);
        var assets = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < manifest.Machines.Count; i++)
        {
            var machine = manifest.Machines[i];
            if (!assets.Add(AssetId.Parse(machine.Asset).Path))
                throw Refuse("It has the machine twice.", $"{where}, {machine.Asset}");
            CheckMachine(machine, i, manifest.Signals.Count, $"{where}, {machine.Asset}");
        }
    }

    private static void CheckMachine(PackageMachine machine, int index, int signals, string where)
    {
        if (machine.Onnx != PackageFiles.MachineName(index))
            throw Refuse($"Its file is '{machine.Onnx}'; {PackageFiles.MachineName(index)} belongs there.", where);
        if (machine.Mean.Count != signals || machine.Sd.Count != signals)
            throw Refuse($"It has {machine.Mean.Count} means and {machine.Sd.Count} deviations for {signals} signals.", where);
        if (machine.StartState?.Count > MaxState)
            throw Refuse($"Its start state has {machine.StartState.Count} numbers; {MaxState} are possible.", where);
        if (machine.SelfTest.Count > MaxSelfTestRows || machine.SelfTest.Any(row => row.Values.Count != signals))
            throw Refuse($"It has {machine.SelfTest.Count} self-test rows; up to {MaxSelfTestRows} rows of {signals} values are possible.", where);
    }

    private static ProblemException Refuse(string what, string where) => new("urn:dure:edge:package-content", what, where, "Build the package again with what is asked for here.");
}
