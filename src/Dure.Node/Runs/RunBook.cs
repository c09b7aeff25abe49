using Dure.Web;

namespace Dure.Node.Runs;

/// <summary>The run board as pages see it.</summary>
internal sealed class RunBook(RunBoard board) : IRunBook
{
    public IReadOnlyList<RunView> Recent => [.. board.Recent.Select(run => View(run, withDetail: false))];

    public RunView? TryFind(string id) => board.Find(id) is { } run ? View(run, withDetail: true) : null;

    private static RunView View(Run run, bool withDetail)
    {
        var state = run.State; // before the rest: a run that ends while it is read is shown as running, with more to follow
        var hasEnded = state is RunState.Succeeded or RunState.Failed or RunState.Cancelled;
        return new(run.Id, run.Kind, state.ToString(), run.Share, run.Message, run.Actor, run.Request, withDetail ? run.Detail?.Invoke() : null, hasEnded ? run.Result : null, hasEnded ? run.Problem : null,
            run.RequestedAt, run.StartedAt, hasEnded ? run.EndedAt : null);
    }
}
