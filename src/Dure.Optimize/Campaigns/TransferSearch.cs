using Dure.Optimize.Bayesian;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// A search for the best row of a table that may read earlier campaigns over the same points, one trial after another. Without any it is the plain rule:
/// first trials that fill the space, then the greatest expected improvement. With some, <see cref="TransferRule"/> says whose turn it is; the plain rule's
/// choices are exactly those it would make alone, so the search is never later than it by more than the trials that earlier campaigns proposed.
/// Deterministic by seed; for one thread at a time.
/// </summary>
public sealed class TransferSearch
{
    private readonly TrialTable table;
    private readonly ProcessSurrogate[] sources;
    private readonly int sign;
    private readonly Random plain, ties;
    private readonly SurrogateOptions options;
    private readonly TransferOptions transfer;
    private readonly List<int> tried = [], own = [];
    private readonly List<double> values = [];
    private (int Row, bool IsByEarlier)? asked;

    /// <param name="table">All rows that may be tried.</param>
    /// <param name="sources">Surrogates of earlier campaigns, of outcomes of which more is better where it is here; those that explain nothing are not read.</param>
    /// <param name="sign">1 where more is better, -1 where less is.</param>
    public TransferSearch(TrialTable table, IReadOnlyList<ProcessSurrogate> sources, int sign, int seed, SurrogateOptions? options = null, TransferOptions? transfer = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(table.Count);
        (this.table, this.sign, this.options, this.transfer) = (table, sign, options ?? new SurrogateOptions(), transfer ?? new TransferOptions());
        (plain, ties) = (new Random(seed), new Random(seed ^ 0x5eed));
        this.sources = [.. sources.Where(source => TransferSurrogate.Skill(source) >= this.transfer.LeastSkill)];
    }

    public int Trials => tried.Count;

    /// <summary>Trials that earlier campaigns proposed and the plain rule has not come to by itself.</summary>
    public int ByEarlier => tried.Count - own.Count;

    /// <summary>How probable it is that no earlier campaign helps, as of the last suggestion; 1 where none is read.</summary>
    public double Doubt { get; private set; } = 1;

    /// <summary>The row to try next; null when all are tried. Tell its value before the next is asked for.</summary>
    public int? Next(CancellationToken cancel = default)
    {
        if (asked is { } open)
            return open.Row;
        if (tried.Count == table.Count)
            return null;
        asked = ByEarlierCampaigns(cancel) is { } row ? (row, true) : (ByPlainRule(cancel), false);
        return asked.Value.Row;
    }

    /// <summary>What the trial asked for brought.</summary>
    /// <exception cref="InvalidOperationException">None was asked for.</exception>
    public void Tell(double value)
    {
        var (row, isByEarlier) = asked ?? throw new InvalidOperationException("No trial was asked for.");
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "A trial's value must be a number.");
        tried.Add(row);
        values.Add(value);
        if (!isByEarlier)
            own.Add(row);
        asked = null;
    }

    private int? ByEarlierCampaigns(CancellationToken cancel)
    {
        if (sources.Length == 0)
            return null;
        var belief = TransferSurrogate.Fit(sources, table.Rows(tried), values.ToArray(), options, transfer, cancel: cancel);
        Doubt = belief.Doubt;
        ProposedTrial[] trials = [.. tried.Select((row, i) => new ProposedTrial(values[i], !own.Contains(row)))];
        if (!TransferRule.IsEarlierNext(Doubt, trials, sign, transfer))
            return null;
        var rows = Without(tried);
        return rows[MostPromising(belief, table.Rows(rows), values.Count == 0 ? null : values.Max(value => sign * value), ties)];
    }

    /// <summary>The next of the rows that the plain rule would try; those already tried for earlier campaigns' sake cost nothing and are passed.</summary>
    private int ByPlainRule(CancellationToken cancel)
    {
        while (true)
        {
            var rows = Without(own);
            var (candidates, mine) = (table.Rows(rows), table.Rows(own));
            int chosen;
            if (own.Count < StartRule.Trials(table.Coding))
                chosen = rows[StartRule.Next(candidates, mine, plain)];
            else
            {
                double[] known = [.. own.Select(row => values[tried.IndexOf(row)])];
                chosen = rows[MostPromising(ProcessSurrogate.Fit(mine, known, options, cancel: cancel), candidates, known.Max(value => sign * value), plain)];
            }
            if (!tried.Contains(chosen))
                return chosen;
            own.Add(chosen);
        }
    }

    private int[] Without(List<int> some)
    {
        var isIn = new bool[table.Count];
        foreach (var row in some)
            isIn[row] = true;
        return [.. Enumerable.Range(0, table.Count).Where(row => !isIn[row])];
    }

    /// <summary>By expected improvement on the best so far; by the mean where there is none.</summary>
    private int MostPromising(ISurrogate belief, TrialTable candidates, double? best, Random random)
    {
        var (means, variances) = (new double[candidates.Count], new double[candidates.Count]);
        belief.Predict(candidates, means, variances);
        var (chosen, most) = (0, double.NegativeInfinity);
        for (var i = 0; i < means.Length; i++)
        {
            var worth = best is { } value ? Acquisition.LogExpectedImprovement(-sign * means[i], Math.Sqrt(variances[i]), -value) : sign * means[i];
            worth += 1e-9 * random.NextDouble(); // of equals any
            if (worth > most)
                (chosen, most) = (i, worth);
        }
        return chosen;
    }
}
