using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>
/// What is drawn again for an interval: whatever is independent of the rest. Rows of one machine are alike and rows of one hour are alike; drawn
/// one by one they would make an interval too narrow.
/// </summary>
public sealed record Resampling
{
    private const int FewClusters = 20;
    private const int LeastClusters = 5;

    private Resampling(int[]? clusters, int count, string unit) => (Clusters, Count, Unit) = (clusters, count, unit);

    /// <summary>How many are drawn.</summary>
    public int Count { get; }

    /// <summary>What they are, such as <c>groups</c>.</summary>
    public string Unit { get; }

    /// <summary>Each row's number among them; null: each row is one.</summary>
    internal int[]? Clusters { get; }

    /// <summary>What a reader should know of intervals from so few; null: nothing.</summary>
    public string? Note => Count < LeastClusters ? $"There are only {Count} {Unit}: no interval can be given."
        : Count < FewClusters ? $"The intervals rest on {Count} {Unit} and are rough." : null;

    internal bool IsEnough => Count >= LeastClusters;

    public static Resampling Rows(int count) => new(null, count, "rows");

    public static Resampling ByGroup(IReadOnlyList<int> groups)
    {
        var numbers = groups.Distinct().Order().Select((group, number) => (group, number)).ToDictionary(pair => pair.group, pair => pair.number);
        return new([.. groups.Select(group => numbers[group])], numbers.Count, "groups");
    }

    /// <summary>Blocks of time of equal numbers of rows, within which neighbours hang together (Künsch 1989).</summary>
    public static Resampling ByTime(IReadOnlyList<long> timesMicros, int blocks = 50)
    {
        blocks = Math.Clamp(blocks, 1, timesMicros.Count);
        var clusters = new int[timesMicros.Count];
        var order = Enumerable.Range(0, clusters.Length).OrderBy(row => timesMicros[row]).ToArray();
        for (var place = 0; place < order.Length; place++)
            clusters[order[place]] = (int)((long)place * blocks / order.Length);
        return new(clusters, blocks, "blocks of time");
    }

    /// <summary>By group where there are groups, by blocks of time where there are times, else by row.</summary>
    public static Resampling For(SplitRows rows, int[] judged) => rows switch
    {
        { Groups: { } groups } when judged.Select(row => groups[row]).Distinct().Count() >= LeastClusters => ByGroup([.. judged.Select(row => groups[row])]),
        { TimesMicros: { } times } => ByTime([.. judged.Select(row => times[row])]),
        { Groups: { } groups } => ByGroup([.. judged.Select(row => groups[row])]),
        _ => Rows(judged.Length),
    };

    /// <summary>Own weights times how often a row was drawn.</summary>
    /// <param name="draw">The number of the draw: the same number draws the same.</param>
    internal void Draw(int seed, int draw, double[] own, double[] into)
    {
        var random = new Random(HashCode(seed, draw));
        var times = new int[Count];
        for (var i = 0; i < Count; i++)
            times[random.Next(Count)]++;
        for (var row = 0; row < into.Length; row++)
            into[row] = own[row] * times[Clusters?[row] ?? row];
    }

    /// <exception cref="ProblemException">It is of other rows.</exception>
    internal void Check(int rows)
    {
        if ((Clusters?.Length ?? Count) != rows)
            throw new ProblemException("urn:dure:learn:bad-judgement", $"What is drawn again is of {Clusters?.Length ?? Count} rows; {rows} are judged.", "resampling", "Make it from the rows that are judged.");
    }

    private static int HashCode(int seed, int draw) => unchecked(seed * 486187739 + draw * 16777619 + 374761393);
}
