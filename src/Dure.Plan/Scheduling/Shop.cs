using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>A problem by numbers: resources, places, jobs and operations are indices, times are microseconds. What cannot be scheduled is refused here.</summary>
internal sealed class Shop
{
    /// <summary>Later than any time, with room to add to it.</summary>
    public const long Never = long.MaxValue / 4;

    private readonly Dictionary<string, int> resourceAt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> jobAt = new(StringComparer.Ordinal);
    private readonly long[] transport;

    public Shop(ScheduleProblem problem)
    {
        Problem = problem;
        FirstPlace = new int[problem.Resources.Count + 1];
        for (var r = 0; r < problem.Resources.Count; r++)
        {
            ProblemCheck.Resource(problem.Resources[r], resourceAt);
            resourceAt.Add(problem.Resources[r].Name, r);
            FirstPlace[r + 1] = FirstPlace[r] + problem.Resources[r].Capacity;
        }
        Transporter = problem.Transporter is null ? -1 : ResourceAt(problem.Transporter, "transporter");
        transport = Transports();
        var count = problem.Jobs.Sum(job => job.Operations.Count);
        (Duration, LeastWait, MostWait, Holds, Alternatives) = (new long[count], new long[count], new long[count], new bool[count], new int[count][]);
        FirstOperation = new int[problem.Jobs.Count + 1];
        (Release, Due, Priority) = (new long[problem.Jobs.Count], new long[problem.Jobs.Count], new int[problem.Jobs.Count]);
        for (var j = 0; j < problem.Jobs.Count; j++)
            Enter(j);
    }

    public ScheduleProblem Problem { get; }

    public int JobCount => Release.Length;
    public int ResourceCount => FirstPlace.Length - 1;
    public int PlaceCount => FirstPlace[^1];

    /// <summary>The places of resource r are those from [r] up to [r + 1].</summary>
    public int[] FirstPlace { get; }

    /// <summary>What carries samples; -1 when nothing is stated.</summary>
    public int Transporter { get; }

    /// <summary>The operations of job j are those from [j] up to [j + 1].</summary>
    public int[] FirstOperation { get; }

    public long[] Duration { get; }
    public long[] LeastWait { get; }
    public long[] MostWait { get; }
    public bool[] Holds { get; }

    /// <summary>The resources that can do an operation and from which the rest of the job can be done.</summary>
    public int[][] Alternatives { get; }

    public long[] Release { get; }
    public long[] Due { get; }
    public int[] Priority { get; }

    public long TransportTime(int from, int to) => from < 0 ? 0 : transport[from * ResourceCount + to];

    public bool IsLast(int job, int operation) => operation == FirstOperation[job + 1] - 1;

    public string NameOf(int resource) => Problem.Resources[resource].Name;

    public Operation OperationOf(int job, int operation) => Problem.Jobs[job].Operations[operation - FirstOperation[job]];

    public int ResourceAt(string name, string where) => resourceAt.TryGetValue(name, out var found) ? found : throw ProblemCheck.UnknownResource(name, where, resourceAt.Keys);

    public int JobAt(string name) => jobAt.TryGetValue(name, out var found) ? found : throw ProblemCheck.UnknownJob(name);

    public bool TryJob(string name, out int job) => jobAt.TryGetValue(name, out job);

    /// <summary>The calendars of all places with nothing in them but maintenance.</summary>
    public Calendar[] EmptyCalendars()
    {
        var calendars = new Calendar[PlaceCount];
        for (var r = 0; r < ResourceCount; r++)
            for (var place = FirstPlace[r]; place < FirstPlace[r + 1]; place++)
            {
                calendars[place] = new();
                foreach (var window in Problem.Resources[r].Maintenance)
                    if (window.End > window.Start)
                        calendars[place].Take(Micros.Of(window.Start), EndOf(window));
            }
        return calendars;
    }

    internal static long EndOf(TimeRange window) => window.End >= DateTimeOffset.MaxValue.AddDays(-1) ? Never : NotBefore(window.End);

    internal static long Of(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The first whole microsecond that is not before a time.</summary>
    internal static long NotBefore(DateTimeOffset time) => Micros.Of(time) + (time.Ticks % TimeSpan.TicksPerMicrosecond == 0 ? 0 : 1);

    private long[] Transports()
    {
        var (times, isStated) = (new long[ResourceCount * ResourceCount], new bool[ResourceCount * ResourceCount]);
        foreach (var (from, to, duration) in Problem.Transports)
        {
            ProblemCheck.NotNegative(duration, "Transport time", $"transport {from} to {to}");
            var (a, b) = (ResourceAt(from, $"transport {from} to {to}"), ResourceAt(to, $"transport {from} to {to}"));
            (times[a * ResourceCount + b], isStated[a * ResourceCount + b]) = (Of(duration), true);
            if (!isStated[b * ResourceCount + a])
                times[b * ResourceCount + a] = Of(duration);
        }
        return times;
    }

    private void Enter(int j)
    {
        var job = Problem.Jobs[j];
        ProblemCheck.Job(job, jobAt);
        jobAt.Add(job.Name, j);
        (Release[j], Due[j], Priority[j]) = (NotBefore(job.Release), job.Due is { } due ? Micros.Of(due) : Never, job.Priority);
        var first = FirstOperation[j];
        FirstOperation[j + 1] = first + job.Operations.Count;
        for (var i = 0; i < job.Operations.Count; i++)
            Enter(first + i, job.Operations[i], $"job {job.Name}, operation {i + 1} ({job.Operations[i].Name})");
        for (var i = job.Operations.Count - 2; i >= 0; i--)
            KeepLeadingOn(first + i, $"job {job.Name}, operation {i + 2} ({job.Operations[i + 1].Name})");
    }

    private void Enter(int operation, Operation told, string where)
    {
        ProblemCheck.Operation(told, where);
        (Duration[operation], LeastWait[operation], Holds[operation]) = (Of(told.Duration), Of(told.LeastWait), told.HoldsResource);
        MostWait[operation] = told.MostWait is { } most ? Of(most) : Never;
        var able = new int[told.Resources.Count];
        for (var i = 0; i < able.Length; i++)
            able[i] = ResourceAt(told.Resources[i], where);
        Alternatives[operation] = able;
        ProblemCheck.NotForEverInMaintenance(Problem, able, where);
        if (Transporter >= 0)
            ProblemCheck.NotForEverInMaintenance(Problem, [Transporter], "transporter");
    }

    /// <summary>Leaves out the alternatives from which no sample can reach the next operation in time.</summary>
    private void KeepLeadingOn(int operation, string next)
    {
        var leading = Array.FindAll(Alternatives[operation], from => Array.Exists(Alternatives[operation + 1], to => TransportTime(from, to) <= MostWait[operation + 1]));
        Alternatives[operation] = leading.Length > 0 ? leading : throw ProblemCheck.TooFar(this, operation, next);
    }
}
