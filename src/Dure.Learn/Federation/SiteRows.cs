using Dure.Learn.Trees;

namespace Dure.Learn.Federation;

/// <summary>The rows of all sites together as a grower sees them: every question goes to all sites, every answer is a sum.</summary>
internal sealed class SiteRows(IReadOnlyList<FederatedSite> sites, IReadOnlyList<FeatureBins> bins, SiteSums sums) : TreeRows
{
    private const int GroupColumns = 16;

    private readonly int[] widths = [.. bins.Select(one => Math.Min(one.Values + 1, GradientSums.Stride))];
    private readonly long[] wanted = new long[bins.Count * GradientSums.Stride];
    private int count;

    public override IReadOnlyList<FeatureBins> Bins => bins;

    public override IReadOnlyList<(int First, int Width)> Groups { get; } = [.. Enumerable.Range(0, (bins.Count + GroupColumns - 1) / GroupColumns).Select(group => (group * GroupColumns, Math.Min(GroupColumns, bins.Count - group * GroupColumns)))];

    public override int Count => count;

    /// <summary>Begins a tree on the rows that each site chose.</summary>
    public void Begin(IReadOnlyList<int> rowsOfSites)
    {
        count = (int)sums.Of([.. rowsOfSites.Select(rows => (long[])[rows])])[0];
        foreach (var site in sites)
            site.SetRoot(count);
    }

    public override void AddRoot(long[] into, CancellationToken cancel) => Fetch(0, count, into, cancel);

    public override int Part(TreeNode node, int feature, byte[] goesLeft, CancellationToken cancel)
    {
        var here = sites.Select(site => site.Part(node.Start, node.Count, feature, goesLeft, cancel)).ToArray();
        var left = (int)sums.Of([.. here.Select(rows => (long[])[rows])])[0];
        for (var i = 0; i < here.Length; i++)
            sites[i].SetParts(node.Start, node.Count, left, here[i]);
        return left;
    }

    public override void Want(TreeNode node, CancellationToken cancel) => Fetch(node.Start, node.Count, wanted, cancel);

    public override void AddGroup(int group, TreeNode node, long[] into)
    {
        var (first, width) = Groups[group];
        Array.Copy(wanted, first * GradientSums.Stride, into, first * GradientSums.Stride, width * GradientSums.Stride);
    }

    private void Fetch(int start, int rows, long[] into, CancellationToken cancel)
    {
        var used = sums.Of([.. sites.Select(site => site.Sums(start, rows, cancel))]);
        Array.Clear(into);
        var at = 0;
        for (var column = 0; column < widths.Length; column++)
        {
            Array.Copy(used, at, into, column * GradientSums.Stride, widths[column]);
            at += widths[column];
        }
    }
}

/// <summary>Adds up what sites tell, openly or masked, and counts the bytes.</summary>
internal sealed class SiteSums(SecureSum? masked)
{
    private long open;

    /// <summary>Bytes that each site exchanged.</summary>
    public long BytesPerSite => open + (masked?.BytesPerSite ?? 0);

    public long[] Of(IReadOnlyList<long[]> values)
    {
        if (masked is not null)
            return masked.Of(values);
        open += values[0].Length * sizeof(long);
        var sum = new long[values[0].Length];
        foreach (var one in values)
            for (var i = 0; i < sum.Length; i++)
                sum[i] += one[i];
        return sum;
    }
}
