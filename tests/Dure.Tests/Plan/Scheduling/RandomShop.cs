using Dure.Kernel;
using Dure.Plan.Scheduling;

namespace Dure.Tests.Plan.Scheduling;

/// <summary>Random laboratories, the same for the same seed.</summary>
internal static class RandomShop
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    public static ScheduleProblem Of(int seed, int mostJobs = 12, bool hasMostWaits = true, bool hasPriorities = true, double holding = 0.4)
    {
        var random = new Random(seed);
        var names = Enumerable.Range(0, random.Next(2, 6)).Select(i => $"r{i}").ToArray();
        var resources = names.Select(name => new Resource(name)
        {
            Capacity = random.Next(4) == 0 ? random.Next(2, 4) : 1,
            Maintenance = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Window(random))],
        }).ToList();
        var transports = names.SelectMany(a => names.Where(b => string.CompareOrdinal(a, b) < 0).Select(b => new TransportTime(a, b, Minutes(random.Next(3))))).ToArray();
        var hasTransporter = random.Next(2) == 0;
        if (hasTransporter)
            resources.Add(new("arm") { Capacity = random.Next(1, 3), Maintenance = random.Next(2) == 0 ? [Window(random)] : [] });
        var jobs = Enumerable.Range(0, random.Next(1, mostJobs + 1)).Select(j => Job(random, $"j{j}", names, hasMostWaits, hasPriorities, holding)).ToArray();
        return new(resources, jobs) { Transports = transports, Transporter = hasTransporter ? "arm" : null };
    }

    public static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    private static TimeRange Window(Random random)
    {
        var from = Start + Minutes(random.Next(-60, 600));
        return new(from, from + Minutes(random.Next(5, 90)));
    }

    private static ShopJob Job(Random random, string name, string[] names, bool hasMostWaits, bool hasPriorities, double holding) =>
        new(name, [.. Enumerable.Range(0, random.Next(1, 6)).Select(i => Step(random, $"s{i}", names, hasMostWaits, holding))])
        {
            Priority = hasPriorities ? random.Next(3) : 0,
            Release = Start + Minutes(random.Next(-30, 60)),
            Due = random.Next(2) == 0 ? Start + Minutes(random.Next(60, 600)) : null,
            Owner = $"o{random.Next(3)}",
        };

    private static Operation Step(Random random, string name, string[] names, bool hasMostWaits, double holding)
    {
        var least = random.Next(3) == 0 ? Minutes(random.Next(30)) : TimeSpan.Zero;
        return new(name, Minutes(random.Next(1, 40)), [.. names.Where(_ => random.Next(3) == 0).DefaultIfEmpty(names[random.Next(names.Length)])])
        {
            LeastWait = least,
            MostWait = hasMostWaits && random.Next(3) == 0 ? least + Minutes(random.Next(2, 10)) : null,
            HoldsResource = random.NextDouble() < holding,
        };
    }
}
