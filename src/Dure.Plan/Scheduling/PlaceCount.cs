namespace Dure.Plan.Scheduling;

/// <summary>How many places of each resource are really taken at a moment: by operations under way, late ones too, and by samples that keep their places.</summary>
internal sealed class PlaceCount
{
    private readonly Shop shop;
    private readonly int[] taken;

    public PlaceCount(Shop shop, List<Dispatcher.Entry> begun, DateTimeOffset now)
    {
        (this.shop, taken) = (shop, new int[shop.ResourceCount]);
        foreach (var entry in begun)
        {
            if (Keeps(entry, entry.Runs.Count) || entry.Runs[^1].End is null)
                taken[At(entry, entry.Runs.Count)]++;
            if (entry.Runs[^1].Start <= now)
                continue;
            if (entry.Runs.Count > 1 && Keeps(entry, entry.Runs.Count - 1))
                taken[At(entry, entry.Runs.Count - 1)]++;
            if (shop.Transporter >= 0)
                taken[shop.Transporter]++;
        }
    }

    public bool HasRoom(Dispatcher.Entry entry, PlannedOperation planned)
    {
        var resource = shop.ResourceAt(planned.Resource, planned.Job);
        var isStaying = entry.Runs.Count > 0 && Keeps(entry, entry.Runs.Count) && At(entry, entry.Runs.Count) == resource;
        return (isStaying || taken[resource] < Capacity(resource)) && (!IsCarried(planned) || taken[shop.Transporter] < Capacity(shop.Transporter));
    }

    // The place that is left stays taken until the sample has arrived: the next report of events frees it.
    public void Take(Dispatcher.Entry entry, PlannedOperation planned)
    {
        var resource = shop.ResourceAt(planned.Resource, planned.Job);
        if (entry.Runs.Count == 0 || !Keeps(entry, entry.Runs.Count) || At(entry, entry.Runs.Count) != resource)
            taken[resource]++;
        if (IsCarried(planned))
            taken[shop.Transporter]++;
    }

    private bool IsCarried(PlannedOperation planned) => shop.Transporter >= 0 && planned.MoveAt < planned.Start;

    private int Capacity(int resource) => shop.FirstPlace[resource + 1] - shop.FirstPlace[resource];

    private int At(Dispatcher.Entry entry, int runs) => shop.ResourceAt(entry.Runs[runs - 1].Resource, entry.Job.Name);

    private static bool Keeps(Dispatcher.Entry entry, int runs) => entry.Job.Operations[runs - 1].HoldsResource && runs < entry.Job.Operations.Count;
}
