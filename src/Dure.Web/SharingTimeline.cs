using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;

namespace Dure.Web;

/// <summary>One line of an exchange as people read it: a message that came or went, or a halt with its reason.</summary>
/// <param name="At">When it was entered.</param>
/// <param name="Entry">The journal entry that says so.</param>
/// <param name="Actor">Who caused it.</param>
/// <param name="Kind">The message; null when there is only a reason.</param>
/// <param name="IsOwn">Whether this node sent it.</param>
/// <param name="Message">All of the message but its tokens.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record SharingStep(DateTimeOffset At, long Entry, string Actor, MessageKind? Kind, bool IsOwn, JsonObject? Message, string? Reason)
{
    /// <summary>When the other side acknowledged it; for own messages only.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>The node no longer tries to deliver it.</summary>
    public bool IsGivenUp { get; init; }
}

/// <summary>Reads a negotiation's or a transfer's entries as the messages of both sides.</summary>
internal static class SharingTimeline
{
    public static IReadOnlyList<SharingStep> Of(Journal journal, IEnumerable<ExchangeProcess> processes) =>
        [.. processes.SelectMany(process => Of(journal, process)).OrderBy(step => step.Entry)];

    private static List<SharingStep> Of(Journal journal, ExchangeProcess process)
    {
        var steps = new List<SharingStep>();
        var underWay = -1;
        foreach (var entry in process.Entries.Select(reference => journal.Entry(reference.Entry)))
        {
            var step = ProcessStep.Of(entry.Body);
            if (underWay >= 0 && (step.Delivers || step.Abandons))
            {
                steps[underWay] = steps[underWay] with { DeliveredAt = step.Delivers ? entry.Time : null, IsGivenUp = step.Abandons };
                underWay = -1;
            }
            if (step.Received is { } received)
                steps.Add(new SharingStep(entry.Time, entry.Index, entry.Actor, received.Kind, false, received.Body, step.Sends is null ? step.Reason : null));
            if (step.Sends is { } sends)
            {
                underWay = steps.Count;
                steps.Add(new SharingStep(entry.Time, entry.Index, entry.Actor, sends.Kind, true, sends.Body, step.Reason));
            }
            if (step.Received is null && step.Sends is null && step.Reason is not null)
                steps.Add(new SharingStep(entry.Time, entry.Index, entry.Actor, null, true, null, step.Reason));
        }
        return steps;
    }
}
