using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>Says in words what operations wait for.</summary>
internal sealed class WaitReasons(Shop shop, Standing standing)
{
    public string Of(Schedule schedule, PlannedOperation planned)
    {
        var job = shop.JobAt(planned.Job);
        var (start, moveAt, resource) = (Micros.Of(planned.Start), Micros.Of(planned.MoveAt), shop.ResourceAt(planned.Resource, planned.Job));
        return Earliest(schedule, planned, job, out var own) >= start ? own
            : OnPlace(schedule, planned, moveAt) ?? InMaintenance(planned.Resource, resource, moveAt) ?? OnCarrier(schedule, planned, moveAt)
            ?? UnderWay(resource, moveAt) ?? $"{planned.Resource} and what comes after it to be free without a gap";
    }

    public static UnplannedJob Unplanned(Shop shop, Standing standing, int job, int next)
    {
        var index = next - shop.FirstOperation[job];
        // Of what is left, the first operation whose every resource is out of use or full of samples that cannot move on says why.
        for (var operation = next; operation < shop.FirstOperation[job + 1]; operation++)
            if (Array.TrueForAll(shop.Alternatives[operation], r => PlacesOf(shop, r).All(place => IsShut(standing, place, job))))
                return new(shop.Problem.Jobs[job].Name, index, $"Waits for {string.Join(" or ", shop.Alternatives[operation].Select(r => Shut(shop, standing, r, job)))}.");
        return new(shop.Problem.Jobs[job].Name, index, "No time was found at which all its operations fit: its most waits are too short for the places that are left.");
    }

    /// <summary>When the job itself would be ready, and what that depends on.</summary>
    private long Earliest(Schedule schedule, PlannedOperation planned, int job, out string reason)
    {
        var operation = shop.FirstOperation[job] + planned.Operation;
        var isNext = operation == standing.Next[job];
        if (isNext && standing.Resource[job] < 0)
        {
            var isLater = shop.Release[job] > standing.Now;
            reason = isLater ? "its release" : "nothing";
            return Math.Max(standing.Now, shop.Release[job]);
        }
        var before = isNext ? null : schedule.Operations.First(one => one.Job == planned.Job && one.Operation == planned.Operation - 1);
        var (from, ended) = before is null ? (standing.Resource[job], standing.ReadyAt[job]) : (shop.ResourceAt(before.Resource, planned.Job), Micros.Of(before.End));
        var transport = shop.TransportTime(from, shop.ResourceAt(planned.Resource, planned.Job));
        var name = shop.OperationOf(job, operation - 1).Name;
        reason = shop.LeastWait[operation] > transport ? $"{ProblemCheck.Span(shop.LeastWait[operation])} after the end of {name}"
            : transport > 0 ? $"the way from {shop.NameOf(from)}, after the end of {name}"
            : ended > standing.Now || !isNext ? $"the end of {name}" : "nothing";
        return Math.Max(ended + Math.Max(transport, shop.LeastWait[operation]), standing.Now + transport);
    }

    private static string? OnPlace(Schedule schedule, PlannedOperation planned, long moveAt)
    {
        foreach (var other in schedule.Operations)
            if (other.Resource == planned.Resource && other.Job != planned.Job && Micros.Of(other.FreeAt) == moveAt)
                return other.FreeAt > other.End ? $"{other.Resource}, until the sample of job {other.Job} is taken away" : $"{other.Resource}, until job {other.Job} is done there";
        return null;
    }

    private string? InMaintenance(string name, int resource, long moveAt) =>
        shop.Problem.Resources[resource].Maintenance.Any(window => Shop.EndOf(window) == moveAt) ? $"the end of maintenance of {name}" : null;

    private string? OnCarrier(Schedule schedule, PlannedOperation planned, long moveAt)
    {
        foreach (var other in schedule.Operations)
            if (planned.MoveAt < planned.Start && other.MoveAt < other.Start && other.Job != planned.Job && Micros.Of(other.Start) == moveAt)
                return $"{shop.Problem.Transporter}, until it has carried the sample of job {other.Job}";
        return null;
    }

    private string? UnderWay(int resource, long moveAt)
    {
        for (var job = 0; job < shop.JobCount; job++)
            if (standing.Resource[job] == resource && standing.ReadyAt[job] is var ready && (ready == moveAt || (standing.Place[job] >= 0 && ready <= moveAt)))
                return $"{shop.NameOf(resource)}, where job {shop.Problem.Jobs[job].Name} is";
        foreach (var place in PlacesOf(shop, resource))
            if (standing.Calendars[place].Earliest(standing.Now, 1, 0, out _) == moveAt)
                return $"{shop.NameOf(resource)} to be back";
        return null;
    }

    private static IEnumerable<int> PlacesOf(Shop shop, int resource) => Enumerable.Range(shop.FirstPlace[resource], shop.FirstPlace[resource + 1] - shop.FirstPlace[resource]);

    private static bool IsShut(Standing standing, int place, int job) => IsOutOfUse(standing, place) || (standing.HeldBy[place] >= 0 && standing.HeldBy[place] != job);

    private static bool IsOutOfUse(Standing standing, int place) => standing.Calendars[place].LastEnd >= Shop.Never;

    private static string Shut(Shop shop, Standing standing, int resource, int job)
    {
        var holders = PlacesOf(shop, resource).Select(place => standing.HeldBy[place]).Where(holder => holder >= 0 && holder != job).Select(holder => shop.Problem.Jobs[holder].Name).ToArray();
        return PlacesOf(shop, resource).All(place => IsOutOfUse(standing, place)) ? $"{shop.NameOf(resource)}, which is out of use and nobody has said until when"
            : $"{shop.NameOf(resource)}, whose places are taken by samples that cannot move on (jobs {string.Join(", ", holders)}): take one out by hand";
    }
}
