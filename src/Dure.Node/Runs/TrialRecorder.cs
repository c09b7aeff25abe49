using Dure.Historian;
using Dure.Kernel;
using Dure.Plants;
using Dure.Plants.Refinery;

namespace Dure.Node.Runs;

/// <summary>Puts a virtual unit's readings into the historian, minute by minute, in batches of half a day. What is there already stays as it is.</summary>
internal sealed class TrialRecorder
{
    private const int MinutesPerBatch = 12 * 60;
    private const int MinutesPerFigure = 60;

    private readonly PlantHistorian historian;
    private readonly PlantDescription plant;
    private readonly string actor;
    private readonly PlantSignal[] signals;
    private readonly double[] readings;
    private readonly double[] setpoints;
    private SignalBlock[] blocks;
    private int minutes;

    private TrialRecorder(PlantHistorian historian, PlantDescription plant, string actor)
    {
        (this.historian, this.plant, this.actor) = (historian, plant, actor);
        signals = [.. plant.Signals()];
        (readings, setpoints) = (new double[plant.Measurements.Count], new double[plant.Setpoints.Count]);
        blocks = Blocks();
    }

    /// <summary>Makes the unit's signals known under the trial's path, each marked as simulated.</summary>
    public static async Task<TrialRecorder> Open(PlantHistorian historian, PlantDescription plant, AssetId asset, string actor, CancellationToken cancel)
    {
        var recorder = new TrialRecorder(historian, plant with { Asset = asset }, actor);
        await historian.Register([.. recorder.signals.Select(one => new SignalDefinition(one.Id, Unit.Parse(one.Unit), $"{one.Words} (simulated)"))], actor, cancel);
        return recorder;
    }

    /// <summary>Takes a minute: all readings, set-points that changed, and each hour the figures by which the unit is judged.</summary>
    public async ValueTask Add(FuelTrial trial, CancellationToken cancel)
    {
        var (at, unit) = (Micros.Of(trial.Now), trial.Unit);
        unit.Measure(readings);
        for (var i = 0; i < readings.Length; i++)
            blocks[i].Add(at, readings[i], double.IsFinite(readings[i]) ? Quality.Good : Quality.Bad);
        var isHour = unit.Elapsed.Ticks % TimeSpan.FromMinutes(MinutesPerFigure).Ticks == 0;
        for (var j = 0; j < setpoints.Length; j++)
        {
            var value = unit.SetpointOf(plant.Setpoints[j].Name);
            if (isHour || !value.Equals(setpoints[j]))
                blocks[readings.Length + j].Add(at, setpoints[j] = value);
        }
        if (isHour)
            AddFigures(at, unit.Kpis());
        if (++minutes == MinutesPerBatch)
            await Flush(cancel);
    }

    /// <summary>Hands over what is not there yet; it is durable and in the journal when this returns.</summary>
    public async ValueTask Flush(CancellationToken cancel)
    {
        if (minutes == 0)
            return;
        var batch = new SampleBatch($"virtual plant {plant.Name} (simulated)");
        batch.Blocks.AddRange(blocks.Where(block => block.Count > 0));
        (blocks, minutes) = (Blocks(), 0);
        var receipt = await historian.Append(batch, actor, cancel);
        if (receipt.Rejections is [var first, ..])
            throw new ProblemException("urn:dure:plants:not-recorded", first.What, first.Where, first.Mend);
    }

    private void AddFigures(long at, double[] figures)
    {
        for (var k = 0; k < figures.Length; k++)
            blocks[readings.Length + setpoints.Length + k].Add(at, figures[k]);
    }

    private SignalBlock[] Blocks() => Array.ConvertAll(signals, one => new SignalBlock(one.Id.Path, unit: null));
}
