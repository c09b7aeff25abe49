using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>An instrument, a robot or a rack: what operations take up while they last.</summary>
/// <param name="Name">Unique within its problem.</param>
public sealed record Resource(string Name)
{
    /// <summary>How many operations it takes at once: the places for samples.</summary>
    public int Capacity { get; init; } = 1;

    /// <summary>When no operation may use it, nor a sample stand in it. A window that ends with <see cref="DateTimeOffset.MaxValue"/> never ends.</summary>
    public IReadOnlyList<TimeRange> Maintenance { get; init; } = [];
}

/// <summary>How long a sample travels between two resources, fetching included; the same both ways unless both are stated, none where nothing is stated.</summary>
public readonly record struct TransportTime(string From, string To, TimeSpan Duration);

/// <summary>One step of a job on one resource.</summary>
/// <param name="Duration">Expected, at least a microsecond.</param>
/// <param name="Resources">The names of those that can do it; one of them does. At equal times the earlier one is taken.</param>
public sealed record Operation(string Name, TimeSpan Duration, IReadOnlyList<string> Resources)
{
    /// <summary>At least so long after the end of the operation before, transport included: incubation, cooling.</summary>
    public TimeSpan LeastWait { get; init; }

    /// <summary>At most so long after the end of the operation before, transport included; zero is no wait, null any.</summary>
    public TimeSpan? MostWait { get; init; }

    /// <summary>Whether the sample keeps its place here until it stands where the next operation takes place (blocking).
    /// Else there is room beside the resource, and the place is free at the end. After the last operation nothing is held.</summary>
    public bool HoldsResource { get; init; }
}

/// <summary>A sample's or a batch's way through the shop: its operations, one after another.</summary>
/// <param name="Name">Unique within its problem.</param>
public sealed record ShopJob(string Name, IReadOnlyList<Operation> Operations)
{
    /// <summary>Jobs of a higher one are placed before all jobs of a lower one.</summary>
    public int Priority { get; init; }

    /// <summary>Not to be started before.</summary>
    public DateTimeOffset Release { get; init; } = DateTimeOffset.MinValue;

    /// <summary>When it should be done; to be late is planned only where nothing else is possible or worth it.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The organisation it is done for; the scheduler looks at priorities alone, see <see cref="Sharing.FairShare"/>.</summary>
    public string Owner { get; init; } = "";
}

/// <summary>A shop or laboratory and what is to be done in it.</summary>
public sealed record ScheduleProblem(IReadOnlyList<Resource> Resources, IReadOnlyList<ShopJob> Jobs)
{
    /// <summary>How long samples travel. A place is kept free for a sample from the moment it is fetched.</summary>
    public IReadOnlyList<TransportTime> Transports { get; init; } = [];

    /// <summary>The name of the resource that carries all samples, with its capacity and maintenance; null when carrying is no bottleneck.</summary>
    public string? Transporter { get; init; }
}
