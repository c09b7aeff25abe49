namespace Dure.Learn;

/// <summary>The trees of an isolation forest in flat arrays: a node with a negative feature is a leaf.</summary>
internal sealed class IsolationTrees
{
    // Path lengths are kept in steps of 1/1024 and cuts as single precision, so that sums over the trees are exact in single precision too:
    // an engine that adds leaf weights as 32-bit floats, in any order, gets the same score.
    private const double PathStep = 1.0 / 1024;
    private const double EulerMascheroni = 0.57721566490153286;

    private readonly List<Node> nodes = [];
    private readonly List<int> roots = [];
    private readonly int columns;
    private readonly double normaliser;

    private IsolationTrees(int columns, int rowsPerTree) =>
        (this.columns, normaliser) = (columns, ExpectedPath(rowsPerTree));

    internal readonly record struct Node(int Feature, float Cut, int Left, int Right, double Path);

    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>Index of each tree's first node; a tree's nodes follow one another.</summary>
    public IReadOnlyList<int> Roots => roots;

    /// <summary>Expected path length of an unsuccessful search among the rows of one tree: c(n), Liu et al. (2008), eq. 1.</summary>
    public double Normaliser => normaliser;

    public static IsolationTrees Grow(ReadOnlySpan<double> rows, int columns, int trees, int rowsPerTree, Random random)
    {
        var count = rows.Length / columns;
        var sample = Math.Min(rowsPerTree, count);
        var forest = new IsolationTrees(columns, sample);
        var depth = (int)Math.Ceiling(Math.Log2(sample));
        var order = Enumerable.Range(0, count).ToArray();
        for (var tree = 0; tree < trees; tree++)
        {
            for (var i = 0; i < sample; i++)
            {
                var other = random.Next(i, count);
                (order[i], order[other]) = (order[other], order[i]);
            }
            forest.roots.Add(forest.nodes.Count);
            forest.Grow(rows, order.AsSpan(0, sample), 0, depth, random);
        }
        return forest;
    }

    /// <summary>2^(-E(h)/c): near 1 for a row that a few cuts isolate. Liu et al. (2008), eq. 2.</summary>
    public double Score(ReadOnlySpan<double> row)
    {
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(nodes);
        var sum = 0.0;
        foreach (var root in roots)
        {
            ref readonly var node = ref all[root];
            while (node.Feature >= 0)
                node = ref all[row[node.Feature] <= node.Cut ? node.Left : node.Right];
            sum += node.Path;
        }
        return Math.Pow(2, -(sum / roots.Count) / normaliser);
    }

    private int Grow(ReadOnlySpan<double> rows, Span<int> members, int depth, int depthLimit, Random random)
    {
        var place = nodes.Count;
        nodes.Add(default);
        if (depth >= depthLimit || members.Length <= 1 || !TryCut(rows, members, random, out var feature, out var cut))
        {
            var path = depth + ExpectedPath(members.Length);
            nodes[place] = new(-1, 0, 0, 0, Math.Round(path / PathStep) * PathStep);
            return place;
        }
        var below = Partition(rows, members, feature, cut);
        var left = Grow(rows, members[..below], depth + 1, depthLimit, random);
        var right = Grow(rows, members[below..], depth + 1, depthLimit, random);
        nodes[place] = new(feature, cut, left, right, 0);
        return place;
    }

    /// <summary>A random signal that still varies here, and a random cut within its range. After a bounded number of draws the node stays whole.</summary>
    private bool TryCut(ReadOnlySpan<double> rows, ReadOnlySpan<int> members, Random random, out int feature, out float cut)
    {
        for (var attempt = 0; attempt < 4 * columns; attempt++)
        {
            feature = random.Next(columns);
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            foreach (var member in members)
            {
                var value = rows[member * columns + feature];
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
            cut = (float)(low + random.NextDouble() * (high - low));
            if (low <= cut && cut < high)
                return true;
        }
        (feature, cut) = (-1, 0);
        return false;
    }

    private int Partition(ReadOnlySpan<double> rows, Span<int> members, int feature, float cut)
    {
        var below = 0;
        for (var i = 0; i < members.Length; i++)
            if (rows[members[i] * columns + feature] <= cut)
            {
                (members[below], members[i]) = (members[i], members[below]);
                below++;
            }
        return below;
    }

    private static double ExpectedPath(int rows) => rows switch
    {
        <= 1 => 0,
        2 => 1,
        _ => 2 * (Math.Log(rows - 1) + EulerMascheroni) - 2.0 * (rows - 1) / rows,
    };
}
