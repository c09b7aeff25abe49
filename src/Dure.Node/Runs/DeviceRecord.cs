using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Dure.Learn;

namespace Dure.Node.Runs;

/// <summary>Keeps what devices report as series beside the machines' own signals, so that it is durable, hashed and comparable.</summary>
internal sealed class DeviceRecord(PlantHistorian historian, DeviceFleet fleet, Journal journal)
{
    /// <summary>Makes the series known that a device running this model will fill.</summary>
    public Task RegisterSeries(ModelVersion model, string actor, CancellationToken cancel) => historian.Register(
    [
        .. model.Manifest.Machines.Select(machine => AssetId.Parse(machine.Asset)).SelectMany(asset => new[]
        {
            new SignalDefinition(asset.Signal(DeviceSignals.Score), Unit.Parse("1"), "Score computed by the device; 1 is the limit"),
            new SignalDefinition(asset.Signal(DeviceSignals.Alarm), Unit.Parse("1"), "1 while the device's alarm stands"),
        }),
    ], actor, cancel);

    /// <summary>Stores a report's rows, then lets the fleet take it; both do nothing with what they have seen before.</summary>
    public async Task<ReportReceipt> Take(Device device, DeviceReport report, CancellationToken cancel)
    {
        EntryRef? stored = null;
        if (report.Scores.Count > 0)
        {
            var receipt = await historian.Append(BatchOf(device, report), $"device {device.Id}", cancel);
            if (receipt.Rejected > 0)
            {
                var first = receipt.Rejections[0];
                throw new ProblemException("urn:dure:edge:bad-report", $"{receipt.Rejected} rows cannot be stored. {first.What}", $"report {report.Sequence}, {first.Where}", first.Mend);
            }
            if (receipt.Entry is { } entry)
                stored = EntryRef.To(journal.Entry(entry));
        }
        return await fleet.Report(device.Id, report, stored, cancel);
    }

    public Device Find(string id) => fleet.Find(id)
        ?? throw new ProblemException("urn:dure:edge:no-such-device", "There is no such device.", $"device {id}", "List them with 'dure edge list'.");

    public IReadOnlyList<JournalEntry> EvidenceOf(string device) => fleet.EvidenceOf(device);

    /// <summary>The machine of the device's earliest alarm; null when it raised none.</summary>
    public AssetId? FirstAlarmedAsset(string device) => fleet.RecentAlarms.LastOrDefault(alarm => alarm.Device == device)?.Asset;

    private static SampleBatch BatchOf(Device device, DeviceReport report)
    {
        var batch = new SampleBatch($"device {device.Id}");
        foreach (var machine in report.Scores.GroupBy(row => row.Asset, StringComparer.Ordinal))
        {
            var score = new SignalBlock($"{machine.Key}/{DeviceSignals.Score}", null);
            var alarm = new SignalBlock($"{machine.Key}/{DeviceSignals.Alarm}", null);
            foreach (var row in machine)
            {
                score.Add(row.TimeMicros, row.Score);
                alarm.Add(row.TimeMicros, row.Alarm ? 1 : 0);
            }
            batch.Blocks.Add(score);
            batch.Blocks.Add(alarm);
        }
        return batch;
    }
}
