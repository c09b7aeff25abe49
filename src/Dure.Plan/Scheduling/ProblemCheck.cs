using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>Refuses what can never be scheduled, and says what, where and how to mend it.</summary>
internal static class ProblemCheck
{
    public static void Resource(Resource resource, Dictionary<string, int> known)
    {
        if (known.ContainsKey(resource.Name))
            throw No("name-taken", $"Two resources are called {resource.Name}.", $"resource {resource.Name}", "Give each its own name.");
        if (resource.Capacity is < 1 or > 10_000)
            throw No("capacity", $"A capacity of {resource.Capacity} is none.", $"resource {resource.Name}", "State how many operations it takes at once, 1 to 10,000; leave the resource out if it takes none.");
    }

    public static void Job(ShopJob job, Dictionary<string, int> known)
    {
        if (known.ContainsKey(job.Name))
            throw No("name-taken", $"Two jobs are called {job.Name}.", $"job {job.Name}", "Give each its own name.");
        if (job.Operations.Count == 0)
            throw No("no-operations", "It has no operations.", $"job {job.Name}", "State at least one operation, or leave the job out.");
    }

    public static void Operation(Operation operation, string where)
    {
        if (operation.Resources.Count == 0)
            throw No("no-resource", "No resource can do it.", where, "Name at least one resource that can.");
        if (operation.Duration < TimeSpan.FromMicroseconds(1) || operation.Duration > TimeSpan.FromDays(3_650))
            throw No("duration", $"It lasts {operation.Duration}.", where, "State an expected duration from a microsecond to ten years.");
        NotNegative(operation.LeastWait, "Least wait", where);
        if (operation.MostWait is not { } most)
            return;
        NotNegative(most, "Most wait", where);
        if (most < operation.LeastWait)
            throw No("wait", $"It is to wait at least {operation.LeastWait} and at most {most}.", where, "Raise the most wait or lower the least.");
    }

    public static void NotNegative(TimeSpan time, string what, string where)
    {
        if (time < TimeSpan.Zero || time > TimeSpan.FromDays(3_650))
            throw No("time-range", $"{what} is {time}.", where, "State a time from zero to ten years.");
    }

    public static void NotForEverInMaintenance(ScheduleProblem problem, int[] able, string where)
    {
        if (Array.TrueForAll(able, r => problem.Resources[r].Maintenance.Any(window => Shop.EndOf(window) == Shop.Never)))
            throw No("maintenance-for-ever", $"Maintenance of {Names(problem, able)} never ends.", where, "State the end of the maintenance, or another resource that can do it.");
    }

    public static ProblemException TooFar(Shop shop, int operation, string next)
    {
        var (from, to) = (shop.Alternatives[operation], shop.Alternatives[operation + 1]);
        var least = from.Min(a => to.Min(b => shop.TransportTime(a, b)));
        return No("too-far", $"It may wait {Span(shop.MostWait[operation + 1])} at most, but the way from {Names(shop.Problem, from)} to {Names(shop.Problem, to)} takes {Span(least)} at least.",
            next, "Raise its most wait, or name a resource that is nearer.");
    }

    public static ProblemException UnknownResource(string name, string where, IEnumerable<string> known) =>
        No("unknown-resource", $"There is no resource {name}; known are {string.Join(", ", known.Take(20))}.", where, "Correct the name, or add the resource to the problem.");

    public static ProblemException UnknownJob(string name) => No("unknown-job", $"There is no job {name}.", "state", "Leave its progress out of the state, or add the job to the problem.");

    public static ProblemException State(string what, string where, string mend) => No("state", what, where, mend);

    internal static string Span(long micros) => new TimeSpan(micros * TimeSpan.TicksPerMicrosecond).ToString();

    private static string Names(ScheduleProblem problem, int[] resources) => string.Join(", ", resources.Select(r => problem.Resources[r].Name));

    private static ProblemException No(string name, string what, string where, string mend) => new($"urn:dure:plan:{name}", what, where, mend);
}
