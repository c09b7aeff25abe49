using System.Text.Json.Nodes;
using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>Puts the scores a device reported beside the node's own of the same rows.</summary>
internal sealed class ScoreComparison(ModelRegistry models, PlantHistorian historian, DeviceFleet fleet, DeviceRecord devices, Journal journal, BlobStore blobs)
{
    public async Task<JsonObject> Run(string modelVersion, string deviceId, string actor, CancellationToken cancel)
    {
        var (model, device) = (models.Find(modelVersion), devices.Find(deviceId));
        var (rows, largest, missing) = (0L, 0.0, 0L);
        foreach (var (asset, (times, scores)) in HeldOutScores.Load(journal, blobs, model))
        {
            if (times.Length == 0 || !historian.TryFind(asset.Signal(DeviceSignals.Score), out var signal))
                continue;
            var reported = await Reported(signal.Id, times, cancel);
            for (var i = 0; i < times.Length; i++)
            {
                if (!reported.TryGetValue(times[i], out var score))
                {
                    missing++;
                    continue;
                }
                rows++;
                largest = Math.Max(largest, Difference(score, scores[i]));
            }
        }
        if (rows == 0)
            throw new ProblemException("urn:dure:edge:nothing-to-compare", "The device reported none of the model's held-out rows.", $"device {device.Id}", "Let it score them, then compare again.");
        var restsOn = fleet.EvidenceOf(device.Id).Where(entry => entry.Kind == DeviceFleet.Reported).Select(EntryRef.To).Append(EntryRef.To(model.Entry));
        var entry = await fleet.RecordComparison(device.Id, model.Version, rows, largest, restsOn, actor, cancel);
        return new JsonObject
        {
            ["rows"] = rows,
            ["missing"] = missing,
            ["maxDifference"] = largest,
            ["alarms"] = device.Alarms,
            ["entry"] = entry.Index,
            ["entryHash"] = entry.Hash.ToString(),
        };
    }

    private async Task<Dictionary<long, double>> Reported(SignalId signal, long[] times, CancellationToken cancel)
    {
        var scores = new Dictionary<long, double>(times.Length);
        await foreach (var block in historian.Read(signal, new TimeRange(Micros.Time(times[0]), Micros.Time(times[^1] + 1)), cancel))
        {
            for (var i = 0; i < block.Count; i++)
                scores[block.TimesMicros.Span[i]] = block.Values.Span[i];
        }
        return scores;
    }

    /// <summary>Absolute up to 1, relative above: a score of thousands is not wrong by its tenth digit.</summary>
    private static double Difference(double device, double node) => Math.Abs(device - node) / Math.Max(1, Math.Abs(node));
}
