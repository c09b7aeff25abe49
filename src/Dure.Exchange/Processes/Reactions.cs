using Dure.Evidence;
using Dure.Exchange.Protocol;

namespace Dure.Exchange.Processes;

/// <summary>Joins what a node does next to the step that leads to it, so that both are one entry.</summary>
internal static class Reactions
{
    public static async ValueTask<ProcessStep> Join(IConduct conduct, ProcessKind kind, string pid, ExchangeProcess? before, ProcessStep step, CancellationToken cancel)
    {
        var after = step.After(before, kind, pid, default, before?.Changed ?? default);
        if (after.Pending is not null || after.State == (before?.State ?? ProcessState.None))
            return step;
        var reaction = await conduct.React(after, cancel);
        return step with { Sends = reaction.Sends, NeedsDecision = reaction.NeedsDecision, Reason = reaction.Reason ?? step.Reason };
    }
}
