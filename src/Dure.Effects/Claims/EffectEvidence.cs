using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>Alarms of two ways of watching, as they came.</summary>
/// <param name="Machines">Held-out rows of every machine, with truth and the alarms of both ways.</param>
public sealed record EffectEvidence(
    IReadOnlyList<MachineAlarms> Machines,
    string Treatment,
    IReadOnlyList<string> Variables,
    IReadOnlyList<ContentHash> DataDigests,
    ContentHash? SoftwareDigest,
    IReadOnlyList<JournalEntry> RestsOn) : StudyEvidence(Treatment, Variables, DataDigests, SoftwareDigest, RestsOn)
{
    // The judging of a model reads labels; a plan that comes later could have been shaped by them.
    private const string LabelsReadKind = "model-registered";

    internal override long OutcomeReadFrom => RestsOn.Where(e => e.Kind == LabelsReadKind).Select(e => e.Index).DefaultIfEmpty(-1).Min();

    internal override StudyFindings Judge(EffectPlan plan)
    {
        var result = (plan.Study as AlarmStudy ?? throw OtherStudy(plan)).Evaluate(Machines);
        return new(result.Metrics, new(Micros.Time(Machines.Min(m => m.TimesMicros[0])), Micros.Time(Machines.Max(m => m.TimesMicros[^1]))),
            ["both ways watch the same rows of the same machines", "both ways are fitted on the same commissioning rows"],
            [
                $"{result.Events.Count} faults in {result.Machines} recordings, {result.HealthyHours:0.00} fault-free hours",
                $"{result.UndetectedByTreated} faults without alarm of the treated way, {result.UndetectedByBaseline} without alarm of the baseline; their delay counts as the fault's whole length",
                "an alarm that is already on when a fault begins counts as detection without delay, for both ways",
            ],
            Machines.Sum(m => (long)m.Truth.Length), result.Machines, Doubt: null, "alarm-table", AlarmTable.Bytes(Machines), Blocks: null);
    }
}
