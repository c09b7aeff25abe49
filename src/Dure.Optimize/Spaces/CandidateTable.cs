using Dure.Kernel;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Spaces;

/// <summary>A finite list of points, found again by their numbers.</summary>
internal sealed class CandidateTable
{
    private readonly Dictionary<long, List<int>> rowsByHash = [];

    private CandidateTable(double[][] rows, SpaceCoding code)
    {
        (Rows, Coded) = (rows, new TrialTable(code.Points, rows.Length));
        var coded = new double[code.Points.Columns];
        foreach (var row in rows)
        {
            code.Encode(row, coded);
            Coded.Add(coded);
        }
        for (var i = 0; i < rows.Length; i++)
        {
            var hash = HashOf(rows[i]);
            if (!rowsByHash.TryGetValue(hash, out var same))
                rowsByHash[hash] = same = [];
            same.Add(i);
        }
    }

    public double[][] Rows { get; }

    /// <summary>The same rows in coded form.</summary>
    public TrialTable Coded { get; }

    public int Count => Rows.Length;

    public ReadOnlySpan<double> Row(int row) => Rows[row];

    /// <summary>The first row with these numbers; -1 for none.</summary>
    public int IndexOf(ReadOnlySpan<double> point)
    {
        if (rowsByHash.TryGetValue(HashOf(point), out var rows))
            foreach (var row in rows)
                if (point.SequenceEqual(Rows[row]))
                    return row;
        return -1;
    }

    /// <summary>The rows that keep a space's constraints.</summary>
    public static CandidateTable Of(SearchSpace space, IReadOnlyList<double[]> candidates)
    {
        var kept = new List<double[]>();
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates[i].Length != space.Factors.Count)
                throw new ProblemException("urn:dure:optimize:bad-candidates", $"It has {candidates[i].Length} numbers.", $"candidate {i + 1}", $"Give {space.Factors.Count}, one for each factor.");
            if (Violations.IsFree(space.Rules, candidates[i]))
                kept.Add([.. candidates[i]]);
        }
        if (kept.Count == 0)
            throw new ProblemException("urn:dure:optimize:contradiction", candidates.Count == 0 ? "The table of candidates has no rows."
                : $"None of {candidates.Count} candidates keeps the constraints. The first: {string.Join(" ", Violations.Of(space.Rules, space.Constraints, candidates[0]))}",
                "search space", "Add candidates, or relax a constraint.");
        return new CandidateTable([.. kept], space.Code);
    }

    private static long HashOf(ReadOnlySpan<double> point)
    {
        var hash = 1469598103934665603L;
        foreach (var number in point)
            hash = unchecked((hash ^ BitConverter.DoubleToInt64Bits(number == 0 ? 0 : number)) * 1099511628211L + (hash >>> 29));
        return hash;
    }
}
